package events

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// eventJSON is a line as encoding/json reads it.
type eventJSON struct {
	At      stamp        `json:"at"`
	Source  string       `json:"source,omitempty"`
	From    string       `json:"generator,omitempty"`
	Call    *callJSON    `json:"call,omitempty"`
	Reading *readingJSON `json:"reading,omitempty"`
	Account *accountJSON `json:"account,omitempty"`
	Health  *healthJSON  `json:"health,omitempty"`
	Notice  *noticeJSON  `json:"notice,omitempty"`
	Beat    *beatJSON    `json:"beat,omitempty"`
	Clock   string       `json:"clock,omitempty"`
}

type callJSON struct {
	Vantage model.Vantage           `json:"vantage,omitempty"`
	Method  string                  `json:"method,omitempty"`
	Path    string                  `json:"path"`
	Status  int                     `json:"status,omitempty"`
	Denial  givenDenial             `json:"denial,omitzero"`
	Cost    model.Opt[model.Micros] `json:"cost_usd,omitzero"`
	Tokens  int64                   `json:"tokens,omitempty"`
	Model   string                  `json:"model,omitempty"`
}

// givenDenial is a denial that may be null, which says that there was none, or
// omitted, in which case the status decides.
type givenDenial struct {
	given  bool
	denial *denialJSON
}

func (s givenDenial) MarshalJSON() ([]byte, error) { return json.Marshal(s.denial) }

func (s *givenDenial) UnmarshalJSON(text []byte) error {
	s.given = true
	return json.Unmarshal(text, &s.denial)
}

type denialJSON struct {
	Kind       model.Kind `json:"kind,omitempty"`
	Status     int        `json:"status,omitempty"` // if it differs from the call's
	RetryAfter wait       `json:"retry_after_s,omitzero"`
	Reason     string     `json:"reason,omitempty"`
	Detail     string     `json:"detail,omitempty"`
	Headers    string     `json:"headers,omitempty"`
	URL        string     `json:"resolution_url,omitempty"`
	Limit      int        `json:"limit,omitempty"`
	Per        seconds    `json:"per_s,omitempty"`
}

// wait is a number of seconds, or the text of a Retry-After header.
type wait string

func (w wait) MarshalJSON() ([]byte, error) { return []byte(w), nil }

func (w *wait) UnmarshalJSON(text []byte) error {
	switch {
	case string(text) == "null":
	case text[0] == '"':
		var said string
		err := json.Unmarshal(text, &said)
		*w = wait(said)
		return err
	default:
		*w = wait(text)
	}
	return nil
}

type readingJSON struct {
	From        stamp      `json:"from"`
	To          stamp      `json:"to"`
	Sampled     bool       `json:"sampled,omitempty"`
	Total       int        `json:"total,omitempty"`
	TotalMargin int        `json:"total_margin,omitempty"`
	Rows        []callJSON `json:"rows,omitempty"`
}

type accountJSON struct {
	Plan        string                  `json:"plan,omitempty"`
	Team        string                  `json:"team,omitempty"`
	Used        model.Opt[model.Micros] `json:"used_usd,omitzero"`
	Limit       model.Opt[model.Micros] `json:"limit_usd,omitzero"`
	ResetsAt    stamp                   `json:"resets_at,omitzero"`
	Period      string                  `json:"period,omitempty"`
	ResetSource string                  `json:"reset_source,omitempty"`
	Interval    seconds                 `json:"interval_s,omitempty"`
}

type healthJSON struct {
	State        model.State   `json:"state"`
	Vantage      model.Vantage `json:"vantage,omitempty"`
	Live         bool          `json:"live,omitempty"`
	Since        stamp         `json:"since,omitzero"`
	Error        string        `json:"error,omitempty"`
	Note         string        `json:"note,omitempty"`
	RetryAt      stamp         `json:"retry_at,omitzero"`
	Interval     seconds       `json:"interval_s,omitempty"`
	BudgetMinute int           `json:"budget_minute,omitempty"`
	BudgetHour   int           `json:"budget_hour,omitempty"`
	ClockOffset  seconds       `json:"clock_offset_s,omitempty"`
	ClockStep    seconds       `json:"clock_step_s,omitempty"`
}

type noticeJSON struct {
	Kind     model.LogKind `json:"kind"`
	Endpoint string        `json:"endpoint,omitempty"`
	Text     string        `json:"text,omitempty"`
}

// notice returns the notice; one of another kind is an error.
func (n *noticeJSON) notice() (*model.Notice, error) {
	out := &model.Notice{Kind: n.Kind, Endpoint: n.Endpoint, Text: n.Text}
	switch n.Kind {
	case model.LogWarning, model.LogReloaded, model.LogChanged:
		return out, nil
	}
	return nil, errNotice
}

func (l *eventJSON) event() (model.Event, error) {
	e := model.Event{At: time.Time(l.At), Source: l.Source, Generator: l.From}
	if e.At.IsZero() {
		return model.Event{}, errNoTime
	}
	var err error
	things := 0
	if l.Call != nil {
		things++
		e.Call = new(model.Call)
		*e.Call, err = l.Call.call(e.At)
		e.Call.Vantage = saidBy(e.Source, e.Call.Vantage)
	}
	if l.Reading != nil {
		things++
		e.Reading, err = l.Reading.reading()
	}
	if a := l.Account; a != nil {
		things++
		e.Account = &model.Account{
			Plan: a.Plan, Team: a.Team, Used: a.Used, Limit: a.Limit,
			ResetsAt: time.Time(a.ResetsAt), Period: a.Period, ResetSource: a.ResetSource,
			Interval: time.Duration(a.Interval),
		}
	}
	if h := l.Health; h != nil {
		things++
		e.Health = &model.Health{
			State: h.State, Since: time.Time(h.Since), Error: h.Error, Note: h.Note,
			RetryAt: time.Time(h.RetryAt), Interval: time.Duration(h.Interval),
			BudgetMinute: h.BudgetMinute, BudgetHour: h.BudgetHour, ClockOffset: time.Duration(h.ClockOffset), ClockStep: time.Duration(h.ClockStep),
		}
		switch h.Vantage {
		case "":
			e.Health.Vantage, e.Health.Live = model.SourceVantage(e.Source)
		case model.VantageLocal, model.VantageAccount:
			e.Health.Vantage, e.Health.Live = h.Vantage, h.Live
		default:
			err = errVantage
		}
	}
	if l.Notice != nil {
		things++
		e.Notice, err = l.Notice.notice()
	}
	if l.Beat != nil {
		things++
		e.Beat, err = l.Beat.beat(l.From)
	}
	switch {
	case things != 1:
		return model.Event{}, errNotOne
	case err != nil:
		return model.Event{}, err
	}
	return gated(e)
}

// gated returns the event of a line as it may be shown.
func gated(e model.Event) (model.Event, error) {
	e = pioneer.Gate{}.Event(e)
	if e.Call != nil && !named(e.Call) {
		return model.Event{}, errNoPath
	}
	if e.Reading != nil {
		for i := range e.Reading.Rows {
			if !named(&e.Reading.Rows[i]) {
				return model.Event{}, errNoPath
			}
		}
	}
	return e, nil
}

// named reports whether a call has a path. The billing log has rows without one,
// which become "other".
func named(c *model.Call) bool {
	if c.Path == "" && c.Vantage == model.VantageAccount {
		c.Path = model.EndpointOther
	}
	return c.Path != ""
}

func (r *readingJSON) reading() (*model.Reading, error) {
	out := &model.Reading{
		From: time.Time(r.From), To: time.Time(r.To),
		Sampled: r.Sampled, Total: r.Total, TotalMargin: r.TotalMargin,
	}
	for i := range r.Rows {
		row, err := r.Rows[i].call(out.To)
		if err != nil {
			return nil, err
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

func newReadingJSON(r *model.Reading) *readingJSON {
	out := &readingJSON{
		From: stamp(r.From), To: stamp(r.To),
		Sampled: r.Sampled, Total: r.Total, TotalMargin: r.TotalMargin,
	}
	for i := range r.Rows {
		out.Rows = append(out.Rows, newCallJSON(&r.Rows[i]))
	}
	return out
}

// call returns the call; at is when it was made.
func (c *callJSON) call(at time.Time) (model.Call, error) {
	call := model.Call{
		Vantage: c.Vantage, Method: c.Method, Path: CutPath(c.Path), Status: c.Status,
		Cost: c.Cost.Or(0), Tokens: c.Tokens, Model: c.Model,
	}
	if call.Status < 0 || call.Status > 999 {
		return model.Call{}, errStatus
	}
	switch c.Vantage {
	case "":
		call.Vantage = model.VantageLocal
	case model.VantageLocal, model.VantageAccount, model.VantageOwn:
	default:
		return model.Call{}, errVantage
	}
	switch {
	case c.Denial.denial != nil:
		call.Denial = c.Denial.denial.read(c.Status, at)
	case !c.Denial.given && pioneer.MayBeDenied(c.Status):
		call.Denial = new(denialJSON).read(c.Status, at)
	}
	return call, nil
}

// saidBy returns the vantage of a call. A source that polls the account has no
// local calls: before polls had a vantage of their own, those were its polls.
func saidBy(source string, v model.Vantage) model.Vantage {
	if v == model.VantageLocal {
		if of, _ := model.SourceVantage(source); of == model.VantageAccount {
			return model.VantageOwn
		}
	}
	return v
}

// read returns the denial, or nil if status and reason are not those of one.
func (d *denialJSON) read(status int, at time.Time) *model.Denial {
	limit := model.Limit{Max: d.Limit, Per: time.Duration(d.Per)}
	if limit.Max < 0 || limit.Max > model.MaxLimit || limit.Per < 0 {
		limit = model.Limit{}
	}
	if d.Status != 0 {
		status = d.Status
	}
	switch d.Kind {
	case model.KindRate, model.KindCap, model.KindCredits, model.KindCeiling, model.KindAuth, model.KindBusy, model.KindUnknown:
		return &model.Denial{
			Kind: d.Kind, Status: status, RetryAfter: within(parseSeconds(d.RetryAfter.text())),
			Reason: d.Reason, Detail: d.Detail, Headers: d.Headers,
			URL: d.URL, Limit: limit,
		}
	}
	header := http.Header{}
	header.Set("Retry-After", d.RetryAfter.text())
	header.Set("X-RateLimit-Reason", d.Reason)
	if limit.Max > 0 {
		header.Set("X-RateLimit-Limit", strconv.Itoa(limit.Max))
	}
	denial, ok := pioneer.ReadDenial(status, header, d.body(), at)
	if !ok {
		return nil
	}
	denial.Headers = d.Headers // what the client saw, not what was made up here
	if limit.Per > 0 {
		denial.Limit.Per = limit.Per
	}
	return &denial
}

func (w wait) text() string { return string(w) }

// body returns a response body that says what the line says.
func (d *denialJSON) body() []byte {
	if d.Reason == "" && d.Detail == "" && d.URL == "" {
		return nil
	}
	body, _ := json.Marshal(map[string]string{"code": d.Reason, "message": d.Detail, "resolution_url": d.URL}) // cannot fail
	return body
}

func newCallJSON(c *model.Call) callJSON {
	out := callJSON{Method: c.Method, Path: c.Path, Status: c.Status, Tokens: c.Tokens, Model: c.Model}
	if c.Vantage != model.VantageLocal {
		out.Vantage = c.Vantage
	}
	if c.Cost != 0 {
		out.Cost = model.Some(c.Cost)
	}
	switch d := c.Denial; {
	case d != nil:
		out.Denial = givenDenial{true, newDenialJSON(d, c.Status)}
	case pioneer.MayBeDenied(c.Status):
		out.Denial.given = true
	}
	return out
}

func newDenialJSON(d *model.Denial, status int) *denialJSON {
	out := &denialJSON{
		Kind: d.Kind, Reason: d.Reason, Detail: d.Detail, Headers: d.Headers, URL: d.URL,
		Limit: d.Limit.Max, Per: seconds(d.Limit.Per),
	}
	if d.Status != status {
		out.Status = d.Status
	}
	if after, ok := d.RetryAfter.Get(); ok {
		out.RetryAfter = wait(appendSeconds(nil, after))
	}
	return out
}
