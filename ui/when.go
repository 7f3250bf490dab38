package ui

import (
	"errors"
	"strings"
	"time"

	"quotatop/ui/words"

	tea "charm.land/bubbletea/v2"
)

var errNoTime = errors.New("write a time like 12:04, 12:04:30 or -5m")

// startsTime reports whether what is typed as a command is a time to go to.
func startsTime(text string) bool {
	return text != "" && (text[0] >= '0' && text[0] <= '9' || text[0] == '-')
}

// parseWhen reads a time: of day in UTC (12:04, 12:04:30), the last one up to now;
// with a date (2026-06-17 12:04, or RFC 3339); or a span before now (-5m, -1h30m).
func parseWhen(text string, now time.Time) (time.Time, error) {
	now = now.UTC()
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "-") {
		d, err := time.ParseDuration(text)
		if err != nil || d > 0 || d < -100*365*24*time.Hour {
			return time.Time{}, errNoTime
		}
		return now.Add(d), nil
	}
	for _, layout := range [...]string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			at := now.Truncate(24 * time.Hour).Add(t.Sub(t.Truncate(24 * time.Hour)))
			if at.After(now) {
				at = at.Add(-24 * time.Hour)
			}
			return at, nil
		}
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errNoTime
}

// timeCommand is the command that goes to the time that is typed.
func (a *App) timeCommand() command {
	end := a.newest.At
	if a.opts.Player != nil {
		end = a.replay.To
	}
	t, err := parseWhen(a.asked, end)
	if err != nil {
		return command{text: "go to a time", help: err.Error(), do: func(a *App) tea.Cmd { a.say(errNoTime.Error()); return nil }}
	}
	text := "go to " + words.Clock(t) + " UTC"
	if !words.SameDay(t, end) {
		text += t.Format(", 2 Jan 2006")
	}
	return command{text: text, do: func(a *App) tea.Cmd { return a.goTo(t) }}
}
