package billing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"quotatop/model"
)

// row is one line of the billing log.
type row struct {
	id   string
	at   time.Time
	call model.Call
}

// page is one page of the billing log, newest first.
type page struct {
	number int // as asked for, from 1
	size   int // rows on a full page, according to the server
	total  int // rows in the whole log since its start_date; -1 if unknown
	rows   []row
	bad    int       // rows that cannot be read
	asked  time.Time // server time at which we asked for it
}

// point is a position in the log: rank rows lie before the time. The rank of a
// time that is far enough back never changes, whatever is added to the log.
type point struct {
	at   time.Time
	rank int // -1 when unknown
}

// point returns the position just after row i of the page.
func (p *page) point(i int) point {
	rank := -1
	if p.total >= 0 {
		rank = max(p.total-(p.number-1)*p.size-i, 0)
	}
	return point{p.rows[i].at.Add(time.Nanosecond), rank}
}

// behind returns the position just before row i of the page.
func (p *page) behind(i int) point {
	pt := point{p.rows[i].at, -1}
	if after := p.point(i); after.rank > 0 {
		pt.rank = after.rank - 1
	}
	return pt
}

// before returns the first row of the page that is older than t, or the number
// of its rows.
func (p *page) before(t time.Time) int {
	i := slices.IndexFunc(p.rows, func(r row) bool { return r.at.Before(t) })
	if i < 0 {
		return len(p.rows)
	}
	return i
}

// last reports whether this is the last page.
func (p *page) last() bool {
	return len(p.rows)+p.bad == 0 || p.total >= 0 && p.number*p.size >= p.total
}

// wireRow and wirePage are the JSON of the log, read leniently: numbers may be
// strings, anything may be null, and unknown keys are ignored.
type wireRow struct {
	ID        text   `json:"id"`
	CreatedAt text   `json:"created_at"`
	Credits   number `json:"credit_usage"`
	Tokens    number `json:"token_usage"`
	Cost      number `json:"cost"`
	Endpoint  text   `json:"endpoint"`
	Model     text   `json:"model"`
}

type wirePage struct {
	Items wireRows `json:"items"`
	Total number   `json:"total_count"`
	Size  number   `json:"page_size"`
}

// maxPageRows bounds the rows of a page, which is ten times what is asked for.
const maxPageRows = 10 * largePage

// wireRows decodes rows one by one, up to maxPageRows: a small response can hold
// millions of empty ones.
type wireRows []wireRow

// errTooManyRows says that a page holds more rows than anybody asked for.
var errTooManyRows error = tooManyRows{}

type tooManyRows struct{}

func (tooManyRows) Error() string {
	return fmt.Sprintf("the response has more than %d items: check the base URL", maxPageRows)
}

func (rows *wireRows) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	in := json.NewDecoder(bytes.NewReader(data))
	if open, err := in.Token(); *rows != nil || err != nil || open != json.Delim('[') { // the second list of a page, or none
		return &json.UnmarshalTypeError{Value: "value", Type: reflect.TypeFor[wireRows]()}
	}
	*rows = wireRows{}
	for in.More() {
		if len(*rows) == maxPageRows {
			return errTooManyRows
		}
		var row wireRow
		if err := in.Decode(&row); err != nil {
			return err
		}
		*rows = append(*rows, row)
	}
	return nil
}

// errNoRows says that a body is JSON but not a page of the log.
var errNoRows = errors.New("the response has no list of items")

// decodePage reads one page. Rows without a readable time are counted and
// skipped; it is an error if all of them are.
func decodePage(body []byte, number int) (page, error) {
	var wire wirePage
	if err := json.Unmarshal(body, &wire); err != nil {
		return page{}, notJSON(body, err)
	}
	if wire.Items == nil {
		return page{}, errNoRows
	}
	p := page{number: number, total: wire.Total.count(-1), size: wire.Size.count(0), rows: make([]row, 0, len(wire.Items))}
	if p.size < len(wire.Items) || p.size == 0 {
		p.size = max(len(wire.Items), 1)
	}
	for i := range wire.Items {
		at, err := parseTime(string(wire.Items[i].CreatedAt))
		if err != nil {
			p.bad++
			continue
		}
		p.rows = append(p.rows, wire.Items[i].row(at))
	}
	if len(p.rows) == 0 && p.bad > 0 {
		return page{}, fmt.Errorf("none of the %d rows has a readable created_at", p.bad)
	}
	slices.SortStableFunc(p.rows, func(a, b row) int { return b.at.Compare(a.at) })
	return p, nil
}

func (w *wireRow) row(at time.Time) row {
	cost := w.Cost.value
	if !w.Cost.known {
		cost = w.Credits.value / 100 // 1 credit is 1 US cent
	}
	r := row{id: string(w.ID), at: at, call: model.Call{
		Vantage: model.VantageAccount,
		Path:    string(w.Endpoint),
		Cost:    max(model.MicrosFromUSD(cost), 0), // usage never costs less than nothing
		Tokens:  int64(w.Tokens.count(0)),
		Model:   string(w.Model),
	}}
	if r.call.Path == "" {
		r.call.Path = model.EndpointOther
	}
	if r.id == "" {
		r.id = fmt.Sprint(w.CreatedAt, w.Endpoint, w.Model, w.Tokens.value)
	}
	return r
}

// notJSON returns an error that says in one line what a body is instead.
func notJSON(body []byte, err error) error {
	switch body = bytes.TrimSpace(body); {
	case len(body) == 0:
		return errors.New("the response is empty")
	case body[0] == '<':
		return errors.New("the response is a web page, not JSON: check the base URL")
	}
	if errors.Is(err, errTooManyRows) {
		return errTooManyRows
	}
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return errors.New("the response is JSON with an unexpected shape")
	}
	return errors.New("the response is malformed JSON")
}

// text is a JSON string; null and numbers are accepted too. It is cut to maxText,
// and an object or a list is too much to be one.
type text string

// maxText bounds a text, in bytes: none that the API documents is half as long.
const maxText = 512

func (t *text) UnmarshalJSON(data []byte) error {
	switch {
	case data[0] == '"':
		if len(data) > 8*maxText {
			data = append(bytes.TrimRight(data[:maxText:maxText], `\`), '"')
		}
		var said string
		if err := json.Unmarshal(data, &said); err != nil {
			return err
		}
		*t = text(strings.Clone(said[:min(len(said), maxText)]))
	case data[0] == '{' || data[0] == '[' || len(data) > maxText || string(data) == "null":
	default:
		*t = text(data)
	}
	return nil
}

// number is a JSON number, or one in a string. Anything else is unknown.
type number struct {
	value float64
	known bool
}

func (n *number) UnmarshalJSON(data []byte) error {
	if len(data) > maxText {
		return nil
	}
	v, err := strconv.ParseFloat(strings.Trim(string(data), `" `), 64)
	if err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
		n.value, n.known = v, true
	}
	return nil
}

// count returns the number as a non-negative integer, or unknown if it is not
// one.
func (n number) count(unknown int) int {
	if !n.known || n.value < 0 || n.value > 1e15 {
		return unknown
	}
	return int(n.value)
}

// timeLayouts are the forms of created_at that clients have met, apart from the
// separator. time.Parse accepts a fraction after the seconds by itself.
var timeLayouts = [...]string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05"}

// parseTime reads a time with a space or a T, any fraction, and Z, a numeric
// offset or neither (UTC).
func parseTime(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	if len(s) > len("2006-01-02") && s[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			if y := t.Year(); y < 1970 || y > 2200 { // outside what arithmetic in nanoseconds can hold
				return time.Time{}, fmt.Errorf("time %q has an impossible year", s)
			}
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q cannot be read", s)
}
