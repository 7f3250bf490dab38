// Package events reads and writes model.Events as lines of text, so that any
// client can report its calls and a file can be followed while it grows.
//
// A file of event lines is JSON Lines: one line is one event, an object with
// the time and what happened. The shortest line worth writing is
//
//	{"at":"2026-06-17T12:04:31.2Z","call":{"method":"POST","path":"/v1/chat/completions","status":200}}
//
// and one for a call that was denied
//
//	{"at":1781697871.2,"call":{"method":"POST","path":"/inference","status":429,"denial":{"retry_after_s":7,"detail":"Rate limit exceeded: 1200 per 1 minute"}}}
//
// The fields:
//
//   - at: RFC 3339, or Unix seconds as a number, both with a fraction if there
//     is one. A time without a zone is local time.
//   - source: who says so. May be left out.
//   - call: path (without a query), method, status (0 or left out when there
//     was no response), tokens, model, cost_usd; vantage, "local" if left out;
//     and denial.
//   - call.denial: kind ("rate", "cap", "credits", "ceiling", "auth"),
//     retry_after_s (seconds), reason (as in X-RateLimit-Reason), detail (the
//     body's text), resolution_url, headers, and limit with per_s for the limit
//     that was named. A kind that is left out follows from status and reason,
//     and so does a denial: null says that there was none.
//   - reading, account, health in place of call: what quotatop's own sources
//     report. Amounts are in US dollars (…_usd), durations in seconds (…_s).
//
// Fields may come in any order; those that are not known are ignored. Texts are
// cut to a bounded length and lose their control characters.
package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"quotatop/model"
)

// What may be wrong with a line.
var (
	errNotObject = errors.New("event line: not a JSON object")
	errNoTime    = errors.New(`event line: no time: write "at" in RFC 3339 or Unix seconds`)
	errNotOne    = errors.New("event line: wants one of call, reading, account and health")
	errNoPath    = errors.New("event line: a call without a path")
	errVantage   = errors.New(`event line: vantage is neither "local" nor "account"`)
	errStatus    = errors.New("event line: status is no HTTP status")
)

// Parse reads one line, with or without its line end. Times come out in UTC.
func Parse(line []byte) (model.Event, error) {
	line = bytes.TrimRight(line, " \t\r\n")
	var quick callEvent
	if quick.scan(line) {
		return quick.event()
	}
	if len(line) == 0 || line[0] != '{' {
		return model.Event{}, errNotObject
	}
	var l eventJSON
	if err := json.Unmarshal(line, &l); err != nil {
		return model.Event{}, fmt.Errorf("event line: %w", err)
	}
	return l.event()
}

// Append appends e as a line, with its line end, to dst. What Parse reads from
// it equals e, as long as e's texts and amounts are within bounds.
func Append(dst []byte, e model.Event) []byte {
	if e.Call != nil {
		return appendCallEvent(dst, e)
	}
	l := eventJSON{At: stamp(e.At), Source: e.Source}
	if r := e.Reading; r != nil {
		l.Reading = newReadingJSON(r)
	}
	if a := e.Account; a != nil {
		l.Account = &accountJSON{
			Plan: a.Plan, Team: a.Team, Used: a.Used, Limit: a.Limit,
			ResetsAt: stamp(a.ResetsAt), Period: a.Period, ResetSource: a.ResetSource,
		}
	}
	if h := e.Health; h != nil {
		l.Health = &healthJSON{
			State: h.State, Error: h.Error, Note: h.Note, RetryAt: stamp(h.RetryAt), Interval: seconds(h.Interval),
			BudgetMinute: h.BudgetMinute, BudgetHour: h.BudgetHour, ClockOffset: seconds(h.ClockOffset),
		}
	}
	text, err := json.Marshal(l)
	if err != nil { // nothing in it can fail
		return dst
	}
	return append(append(dst, text...), '\n')
}

// Bounds on what is kept of a line, in bytes.
const (
	maxWord = 64  // a source, a method, a state
	maxPath = 256 // as the tap has it
	maxText = 256 // a detail, a URL, a note
)

// CutPath is the path of a request's target: without its query and fragment,
// and bounded.
func CutPath[T string | []byte](target T) T {
	for i := range len(target) {
		if target[i] == '?' || target[i] == '#' {
			target = target[:i]
			break
		}
	}
	if len(target) > maxPath {
		target = target[:maxPath]
	}
	return target
}

// within returns d, or nothing when no response could ask for such a wait.
func within(d time.Duration, ok bool) model.Opt[time.Duration] {
	if !ok || d < 0 || d > 31*24*time.Hour {
		return model.Opt[time.Duration]{}
	}
	return model.Some(d)
}
