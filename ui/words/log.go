package words

import (
	"strings"
	"time"

	"quotatop/model"
)

// LogName names what an entry of the log is about: an endpoint's ID, "cap", a source.
func LogName(e *model.LogEntry) string {
	switch e.Kind {
	case model.LogRefused:
		if name, ok := refused[e.Denial]; ok {
			return name[0]
		}
		return Endpoint(e.Endpoint)
	case model.LogCap, model.LogReset:
		return "cap"
	case model.LogSource, model.LogService:
		return e.Source
	case model.LogReloaded:
		return "config"
	case model.LogChanged:
		return "settings"
	}
	if name, _, ok := strings.Cut(e.Text, ": "); ok && (name == e.Endpoint || name == "cap") {
		return name
	}
	return Endpoint(e.Endpoint)
}

// LogText says what happened, and for how long by now: "43 calls refused in 31s;
// 21 calls ignored Retry-After".
func LogText(e *model.LogEntry, now time.Time) string {
	until := e.Until.Or(e.At)
	if e.On {
		until = now
	}
	span := Duration(max(until.Sub(e.At), 0).Truncate(time.Second))
	switch e.Kind {
	case model.LogRefused:
		return refusals(e, span)
	case model.LogCap:
		text := "reached at " + Opt(e.Used, Money) + " of " + Opt(e.Limit, Money)
		if e.On {
			return text + ", calls are refused until the reset"
		}
		return text + ", over after " + span
	case model.LogReset:
		return "reset, " + Opt(e.Used, Money) + " spent before"
	case model.LogSource, model.LogService:
		return outage(e, span)
	case model.LogReloaded:
		return with("configuration reloaded", e.Text)
	}
	return strings.TrimPrefix(e.Text, LogName(e)+": ")
}

// refusals says how many calls were refused, and how many of them came too early.
func refusals(e *model.LogEntry, span string) string {
	text := Calls(e.Count) + " refused"
	switch {
	case e.On:
		text = "refusing, " + Calls(e.Count) + " in " + span + " so far"
	case span != "0s":
		text += " in " + span
	}
	switch {
	case e.Early > 0 && e.Denial == model.KindCap:
		text += "; " + Calls(e.Early) + " sent after the cap was reached"
	case e.Early > 0:
		text += "; " + Calls(e.Early) + " ignored Retry-After"
	}
	return with(text, e.Text)
}

// outage says how long a source was lost, or a service failed.
func outage(e *model.LogEntry, span string) string {
	switch {
	case e.Kind == model.LogService && e.On:
		return with("failing for "+span, e.Text)
	case e.Kind == model.LogService:
		return with("failed for "+span, e.Text)
	case e.On:
		return with("lost for "+span+" so far", e.Text)
	}
	return with("back, was lost for "+span, e.Text)
}

// with adds a detail, if there is one.
func with(text, detail string) string {
	if detail == "" {
		return text
	}
	return text + ": " + detail
}
