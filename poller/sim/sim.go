// Package sim simulates Pioneer: an HTTP handler that enforces a table of limits
// and a daily cap and keeps a billing log that behaves like the real one, a load run
// against it, and a fleet of load generators. The demo and the accuracy tests use it.
//
// Of this module it uses only the table of limits in model, and the events that a
// fleet reports, so that it cannot share the client's bugs.
package sim

import (
	"cmp"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"quotatop/model"
)

// TeamID is the team_id of every Server.
const TeamID = "7c0e2b1a-44d5-4f3c-9e77-5a1d8b6f0c10"

// Options configure a Server. The zero value is ready to use.
type Options struct {
	// Table is the limits to enforce; the default profile if empty.
	Table model.Table
	// Key is the API key to accept; if empty, any key is accepted.
	Key string
	// CapUSD is the spending cap per UTC day: 50 if 0, none if negative.
	CapUSD float64
	// Plan is the payment_plan; "pro" if empty.
	Plan string
	// Now is the server's clock; time.Now if nil.
	Now func() time.Time
	// Seed is the seed of all random values: tokens, lag, delays.
	Seed uint64
	// FixedWindows makes the windows of limits start at full minutes and hours
	// instead of sliding.
	FixedWindows bool
	// Lag is the time from a row's created_at until it is visible in the log,
	// plus or minus a sixth: 3 s if 0, none if negative.
	Lag time.Duration
	// PageSizeMax is the most rows on a page of the log; 100 if 0.
	PageSizeMax int
	// Latency is how long an inference call takes, which is the time from its
	// acceptance to the created_at of its rows.
	Latency time.Duration
}

// A Server is a simulated Pioneer with one team. It is safe for concurrent
// use.
type Server struct {
	opts  Options
	table model.Table
	limit int64 // the cap, in micro-dollars

	faults faults

	mu     sync.Mutex
	skew   time.Duration
	last   micros // the latest result of clock
	rng    *rand.Rand
	quotas *quotas
	log    rowLog
	seq    uint64

	day   micros // the start of the day of spent
	spent int64  // micro-dollars charged on that day
	total int64  // micro-dollars charged in all

	records []record // by endpoint
	polls   moments
}

// New returns a Server that has seen no calls yet.
func New(o Options) *Server {
	if len(o.Table.Endpoints) == 0 {
		o.Table, _ = model.Profile(model.DefaultProfile) // it exists
	}
	o.CapUSD = cmp.Or(o.CapUSD, 50)
	o.Plan = cmp.Or(o.Plan, "pro")
	o.PageSizeMax = cmp.Or(o.PageSizeMax, 100)
	o.Lag = max(cmp.Or(o.Lag, 3*time.Second), 0)
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{
		opts:    o,
		table:   o.Table,
		limit:   math.MaxInt64,
		rng:     rand.New(rand.NewPCG(o.Seed, 0)),
		quotas:  newQuotas(o.Table, o.FixedWindows),
		records: make([]record, len(o.Table.Endpoints)),
	}
	if o.CapUSD > 0 {
		s.limit = int64(math.Round(o.CapUSD * 1e6))
	}
	s.log = rowLog{slack: span(o.Lag) * 7 / 6, most: maxRows}
	return s
}

// A Call is an inference call without HTTP.
type Call struct {
	At     time.Time // the server's time if zero; must not precede an earlier call
	IP     string    // the client's address; "127.0.0.1" if empty
	Path   string    // e.g. "/v1/chat/completions"; an unknown one gives a 404
	Model  string    // the path's default if empty
	Tokens int       // random if 0
}

// A Result is the outcome of a call.
type Result struct {
	At         time.Time // when it was decided, to the microsecond
	Status     int
	RetryAfter time.Duration // whole seconds; 0 if there is none
	Reason     string        // X-RateLimit-Reason; empty if there is none
	Detail     string        // the detail in the body of an error
	Limit      model.Limit   // that denied it; zero for none
	Model      string        // this and the following: of an accepted call
	Tokens     int
	CostUSD    float64
}

// Call decides a call as if it had come over HTTP.
func (s *Server) Call(c Call) Result {
	q := request{method: http.MethodPost, path: c.Path, ip: cmp.Or(c.IP, "127.0.0.1"), model: c.Model, tokens: c.Tokens}
	q.billed = billable(q.method, q.path)
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.decide(q, s.clock(c.At))
	if r.Status == http.StatusOK && !q.billed {
		r.Status, r.Detail = http.StatusNotFound, "Not Found"
	}
	return r
}

// A request is what decide needs to know about a request.
type request struct {
	method, path, ip string
	billed           bool // writes rows when accepted
	model            string
	tokens           int
	past             bool // before now: limits and the cap do not apply
}

// clock returns the time of the next event: at, or the server's time if at is
// zero. It never goes back.
func (s *Server) clock(at time.Time) micros {
	if at.IsZero() {
		at = s.opts.Now().Add(s.skew)
	}
	s.last = max(s.last, at.UnixMicro())
	return s.last
}

// now returns the time on the server's clock.
func (s *Server) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts.Now().Add(s.skew).UTC()
}

// SetSkew sets the difference of the server's clock to Options.Now. After a step
// back, requests are decided at the latest earlier time until the clock has caught
// up.
func (s *Server) SetSkew(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew = d
}

// decide admits or denies a request, and writes its rows. The cap is checked
// before the limits, so that a capped call has no Retry-After.
func (s *Server) decide(q request, now micros) Result {
	s.settle(now)
	own := s.table.Match(q.method, q.path)
	mine := &s.records[own]
	r := Result{At: time.UnixMicro(now).UTC(), Status: http.StatusOK}
	if q.billed && !q.past && s.spent >= s.limit {
		mine.capped.add(now)
		r.Status, r.Reason, r.Detail = http.StatusTooManyRequests, capReason, "Daily spending cap reached."
		return r
	}
	if over, wait := s.quotas.admit(own, q.ip, now, q.past); over >= 0 {
		rule := s.quotas.rules[over]
		s.records[rule.endpoint].rejected.add(now)
		r.Status, r.Detail = http.StatusTooManyRequests, rule.detail
		r.Limit = model.Limit{Max: rule.max, Per: time.Duration(rule.per) * time.Microsecond}
		r.RetryAfter = time.Duration((wait+perSecond-1)/perSecond) * time.Second
		return r
	}
	if !q.billed {
		mine.unbilled.add(now)
		return r
	}
	mine.accepted.add(now)
	r.Model = cmp.Or(q.model, defaultModel(q.path))
	tariff := tariffOf(r.Model)
	r.Tokens = q.tokens
	if r.Tokens <= 0 {
		r.Tokens = tariff.draw(s.rng)
	}
	cost := tariff.cost(r.Tokens)
	r.CostUSD = usd(cost)
	s.bill(q.path, r.Model, r.Tokens, cost, now)
	return r
}

// capReason is the X-RateLimit-Reason of a call over the daily cap.
const capReason = "daily_spend_cap_exceeded"

// bill writes the rows of an accepted call. A chat completion is logged twice and
// charged once; a call to Opus is judged some seconds later, which is charged too.
func (s *Server) bill(path, model string, tokens int, cost int64, now micros) {
	done := now + span(s.opts.Latency)
	r := row{cost: cost, tokens: int32(min(tokens, math.MaxInt32)), model: s.log.name(model)}
	if path == chatPath {
		double := r
		double.created = done - 20_000 - s.rng.Int64N(170_000)
		double.endpoint = s.log.name("openai_compat")
		s.write(double, now)
	}
	r.created, r.endpoint, r.charged = done, s.log.name(path), true
	s.write(r, now)
	if model == modelOpus {
		judge := judgeTariff()
		tokens := judge.draw(s.rng)
		s.write(row{
			created:  done + 5*perSecond + s.rng.Int64N(10*perSecond),
			cost:     judge.cost(tokens),
			tokens:   int32(tokens),
			endpoint: s.log.name("/llmaj/judge"),
			model:    s.log.name(modelDeepSeek),
			charged:  true,
		}, now)
	}
}

// write adds a row to the log, which is visible after the lag.
func (s *Server) write(r row, now micros) {
	s.seq++
	r.seq = s.seq
	lag := span(s.opts.Lag)
	r.shown = r.created + lag
	if jitter := lag / 6; jitter > 0 {
		r.shown += s.rng.Int64N(2*jitter+1) - jitter
	}
	if r.created <= now {
		s.charge(r)
	}
	s.log.add(r, now)
}

// settle applies what is due by now: rows created ahead of time, and a new day.
func (s *Server) settle(now micros) {
	for {
		r, ok := s.log.next(now)
		if !ok {
			break
		}
		s.charge(r)
		s.log.add(r, now)
	}
	s.startDay(now)
}

// charge adds a row's cost to the day's spending.
func (s *Server) charge(r row) {
	if !r.charged {
		return
	}
	s.total += r.cost
	s.startDay(r.created)
	if r.created >= s.day {
		s.spent += r.cost
	}
}

// startDay starts the day of t, if it is a new one.
func (s *Server) startDay(t micros) {
	if day := t - t%perDay; day > s.day {
		s.day, s.spent = day, 0
	}
}
