package status

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode"

	"quotatop/model"
)

// The formats of Line. Any text that contains "{{" is a format too: a
// text/template over a Report.
const (
	Plain = "plain"
	Tmux  = "tmux" // plain with tmux's styles; a # in data is doubled
	JSON  = "json" // a Report
)

// Line writes a snapshot on one line, without a line break. Its time is the
// snapshot's. An error is about the format.
func Line(s model.Snapshot, format string) (string, error) {
	r := Of(s)
	switch {
	case format == Plain || format == "":
		return r.line(func(_, text string) string { return text }), nil
	case format == Tmux:
		return r.line(tmux), nil
	case format == JSON:
		text, err := json.Marshal(r)
		if err != nil {
			return "", fmt.Errorf("status: %w", err)
		}
		return string(text), nil
	case strings.Contains(format, "{{"):
		return r.fill(format)
	}
	return "", fmt.Errorf("status format %q is not known: use plain, tmux, json, or a template such as {{.Figure}} {{.Left}}", format)
}

// fill runs a template of the user's.
func (r Report) fill(format string) (string, error) {
	t, err := template.New("format").Parse(format)
	if err != nil {
		return "", fmt.Errorf("status format: %s", oneLine(strings.TrimPrefix(err.Error(), "template: ")))
	}
	var b strings.Builder
	if err := t.Execute(&b, r); err != nil {
		return "", fmt.Errorf("status format: %s", oneLine(strings.TrimPrefix(err.Error(), "template: ")))
	}
	return oneLine(b.String()), nil
}

// line is the words of a report; style dresses a text by a pressure.
func (r Report) line(style func(pressure, text string) string) string {
	var words []string
	add := func(pressure, text string) {
		if text != "" {
			words = append(words, style(pressure, text))
		}
	}
	add("full", r.Refused())
	level := r.Pressure
	if r.Stale {
		level = "stale"
	}
	add(level, r.Figure())
	add("", r.Wall())
	add("", r.Age())
	level = ""
	if r.CapStale {
		level = "stale"
	}
	return strings.Join(words, " ") + "  " + style(level, r.Left()) + " " + style("", r.Reset())
}

// styles are tmux's, by pressure. They name both colours, since a status bar
// may have any; what is calm looks like the rest of the bar.
var styles = map[string]string{
	"warm":  "fg=black,bg=yellow",
	"hot":   "fg=colour16,bg=colour208",
	"full":  "fg=colour231,bg=colour160,bold",
	"stale": "dim",
}

func tmux(pressure, text string) string {
	text = strings.ReplaceAll(text, "#", "##")
	if s := styles[pressure]; s != "" {
		return "#[" + s + "]" + text + "#[default]"
	}
	return text
}

// unknown stands for a figure that is not known. It is never a zero.
const unknown = "–"

// Refused is what refuses calls, with how long ago that was heard where it may
// have passed: "cap reached", "key refused (3m ago)".
func (r Report) Refused() string {
	at, ok := r.DeniedAt.Get()
	if !ok {
		return ""
	}
	if age := r.At.Sub(at); age > staleAge {
		return r.Denial + " (" + rough(age) + " ago)"
	}
	return r.Denial
}

// Figure is the worst endpoint and how full it is: "chat ≈92%".
func (r Report) Figure() string {
	if r.Endpoint == "" {
		return unknown
	}
	part, ok := r.Percent.Get()
	if !ok {
		return oneLine(r.Endpoint) + " " + unknown
	}
	text := strconv.Itoa(part) + "%"
	few := part == 0 && r.Used.Or(0) > 0
	switch { // one sign, as on the dashboard
	case few && (!r.LowerBound || r.Estimated || r.UpperBound):
		text = "<1%"
	case r.Estimated:
		text = "≈" + text
	case r.UpperBound:
		text = "≤" + text
	case r.LowerBound:
		text = "≥" + text
	}
	return oneLine(r.Endpoint) + " " + text
}

// Wall is the time until the limit is met: "41s". Empty when it would not be.
func (r Report) Wall() string {
	if s, ok := r.TimeToLimit.Get(); ok && s > 0 {
		return rough(time.Duration(s * float64(time.Second)))
	}
	return ""
}

// Age is how old a stale figure is: "(2m ago)". Empty for a fresh one.
func (r Report) Age() string {
	at, ok := r.AsOf.Get()
	if !ok || !r.Stale {
		return ""
	}
	return "(" + rough(r.At.Sub(at)) + " ago)"
}

// Left is what is left of the cap: "$18.73".
func (r Report) Left() string {
	left, ok := r.CapLeft.Get()
	if !ok {
		return unknown
	}
	if r.CapEstimated {
		return "≈" + left.String()
	}
	return left.String()
}

// Reset is the time to the cap's reset in hours and minutes: "11:55". Of the
// last minute it is the seconds: "41s".
func (r Report) Reset() string {
	at, ok := r.ResetsAt.Get()
	if !ok {
		return unknown
	}
	left := max(at.Sub(r.At), 0)
	minutes := int(left / time.Minute)
	switch {
	case left < time.Minute:
		return rough(left)
	case left >= 48*time.Hour:
		return rough(left)
	}
	return fmt.Sprintf("%d:%02d", minutes/60, minutes%60)
}

// rough writes a time in its largest unit, rounded down: 41s, 3m, 2h, 5d.
func rough(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 100*time.Second:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d < 100*time.Minute:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + "d"
}

// oneLine makes a blank of what would break the line or command the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}
