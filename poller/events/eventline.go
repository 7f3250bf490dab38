// Package events reads and writes model.Events as lines of text, so that any
// client can report its calls and a file can be followed while it grows. Its
// Writer writes them without keeping anybody waiting for the disk.
//
// A file of event lines is JSON Lines: one line is one event, an object with
// the time and what happened. The shortest useful line is
//
//	{"at":"2026-06-17T12:04:31.2Z","call":{"method":"POST","path":"/v1/chat/completions","status":200}}
//
// and the line of a call that was denied is
//
//	{"at":1781697871.2,"call":{"method":"POST","path":"/inference","status":429,"denial":{"retry_after_s":7,"detail":"Rate limit exceeded: 1200 per 1 minute"}}}
//
// The fields:
//
//   - at: RFC 3339, or Unix seconds as a number, either with an optional
//     fraction. A time without a zone is local time.
//   - clock: "server" if at is the API server's time, which a reader must not
//     correct; omitted if it is the writer's.
//   - source: who reports it; optional.
//   - generator: the load generator of a fleet that made the call; omitted for what
//     this machine saw itself.
//   - call: path (without a query), method, status (0 or omitted if there was
//     no response), tokens, model, cost_usd; vantage, "local" if omitted,
//     "own" for quotatop's own polls; and denial.
//   - call.denial: kind ("rate", "cap", "credits", "ceiling", "auth"),
//     retry_after_s (seconds), reason (as in X-RateLimit-Reason), detail (the
//     body's text), resolution_url, headers, and limit with per_s for the limit
//     that was named. If kind or the whole denial is omitted, it follows from
//     status and reason; null says that there was none.
//   - reading, account, health, notice instead of call: what quotatop's own
//     sources report; beat: what a load generator says about itself. Amounts are in
//     US dollars (…_usd), durations in seconds (…_s).
//
// Fields may come in any order; unknown ones are ignored. Texts are cut to a
// bounded length and lose their control characters.
package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// What can be wrong with a line.
var (
	errNotObject = errors.New("event line: not a JSON object")
	errNoTime    = errors.New(`event line: no time: write "at" in RFC 3339 or Unix seconds`)
	errNotOne    = errors.New("event line: needs exactly one of call, reading, account, health, notice or beat")
	errNoPath    = errors.New("event line: call has no path")
	errVantage   = errors.New(`event line: vantage must be "local", "account" or "own"`)
	errNotice    = errors.New(`event line: kind of notice must be "warning", "reloaded" or "changed"`)
	errStatus    = errors.New("event line: not an HTTP status")
)

// Parse reads one line, with or without its newline. Times are in UTC.
func Parse(line []byte) (model.Event, error) {
	e, _, err := ParseClock(line)
	return e, err
}

// ParseClock is like Parse, and reports whether the line says that its time is the
// API server's.
func ParseClock(line []byte) (e model.Event, server bool, err error) {
	line = bytes.TrimRight(line, " \t\r\n")
	var quick callEvent
	if quick.scan(line) {
		e, err = quick.event()
		return e, quick.clock == clockServer, err
	}
	if len(line) == 0 || line[0] != '{' {
		return e, false, errNotObject
	}
	var l eventJSON
	if err := json.Unmarshal(line, &l); err != nil {
		return e, false, fmt.Errorf("event line: %w", err)
	}
	e, err = l.event()
	return e, l.Clock == clockServer, err
}

// clockServer is the clock in a line whose time is the API server's.
const clockServer = "server"

// appendClock marks the line at the end of dst as one in the server's time.
func appendClock(dst []byte) []byte {
	return append(dst[:len(dst)-len("}\n")], `,"clock":"`+clockServer+"\"}\n"...)
}

// Append appends e to dst as a line with its newline. Parse reads an equal event
// from it, provided that e's texts and amounts are within bounds.
func Append(dst []byte, e model.Event) []byte {
	if e.Call != nil {
		return appendCallEvent(dst, e)
	}
	l := eventJSON{At: stamp(e.At), Source: e.Source, From: e.Generator}
	if r := e.Reading; r != nil {
		l.Reading = newReadingJSON(r)
	}
	if a := e.Account; a != nil {
		l.Account = &accountJSON{
			Plan: a.Plan, Team: a.Team, Used: a.Used, Limit: a.Limit,
			ResetsAt: stamp(a.ResetsAt), Period: a.Period, ResetSource: a.ResetSource, Interval: seconds(a.Interval),
		}
	}
	if h := e.Health; h != nil {
		l.Health = &healthJSON{
			State: h.State, Vantage: h.Vantage, Live: h.Live, Since: stamp(h.Since), Error: h.Error, Note: h.Note, RetryAt: stamp(h.RetryAt), Interval: seconds(h.Interval),
			BudgetMinute: h.BudgetMinute, BudgetHour: h.BudgetHour, ClockOffset: seconds(h.ClockOffset), ClockStep: seconds(h.ClockStep),
		}
	}
	if n := e.Notice; n != nil {
		l.Notice = &noticeJSON{n.Kind, n.Endpoint, n.Text}
	}
	if e.Beat != nil {
		l.Beat = newBeatJSON(e.Beat)
	}
	text, err := json.Marshal(l)
	if err != nil { // cannot happen: every field encodes
		return dst
	}
	return append(append(dst, text...), '\n')
}

// AppendServer is like Append for an event in the API server's time; the line says
// that it is.
func AppendServer(dst []byte, e model.Event) []byte {
	before := len(dst)
	if dst = Append(dst, e); len(dst) > before {
		dst = appendClock(dst)
	}
	return dst
}

// CutPath returns the path of a request's target, without query and fragment, cut
// to a bounded length.
func CutPath[T string | []byte](target T) T {
	for i := range len(target) {
		if target[i] == '?' || target[i] == '#' {
			target = target[:i]
			break
		}
	}
	if len(target) > pioneer.MaxPath {
		target = target[:pioneer.MaxPath]
	}
	return target
}

// within returns d, or nothing if no response would ask for such a wait.
func within(d time.Duration, ok bool) model.Opt[time.Duration] {
	if !ok || d < 0 || d > 31*24*time.Hour {
		return model.Opt[time.Duration]{}
	}
	return model.Some(d)
}
