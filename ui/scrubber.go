package ui

import (
	"slices"
	"time"

	"quotatop/theme"
	"quotatop/ui/words"
)

// scrubs reports whether the screen has room for the scrubber.
func (a *App) scrubs() bool {
	return (a.opts.Player != nil || a.inPast()) && a.live && a.w >= 40 && a.h >= 12
}

// scrubSpans are the spans that the scrubber of the past can have. It takes the
// shortest that reaches back to the time shown.
var scrubSpans = [...]time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

// scrubbed returns the part of time that the scrubber shows.
func (a *App) scrubbed() (from, to time.Time) {
	from, to = a.replay.From, a.replay.To
	if a.inPast() {
		for _, span := range scrubSpans {
			if start := to.Add(-span); start.After(from) && a.replay.At.After(start.Add(span/20)) {
				return start, to
			}
		}
	}
	return from, to
}

// drawScrubber draws the time played as a line, with its start and end, the denials,
// the time shown, and the speed.
func (a *App) drawScrubber(at area) {
	r := &a.replay
	from, to := a.scrubbed()
	start, end := words.Clock(from), words.Clock(to)
	if !words.SameDay(from, to) {
		start = words.Day(to, from)
	}
	state := []word{{theme.Text, speedText(r.Speed)}}
	label, now := theme.Dim, theme.Warm
	if a.inPast() {
		end, label, now = "now", theme.Warm, theme.Alarm
	}
	state = append(state, a.playWords()...)
	x := at.put(1, 0, label, start) + 1
	right := at.w - 1 - wordsWidth(state)
	at.words(right, 0, state)
	right -= 2 + width(end)
	at.put(right, 0, label, end)
	line := at.sub(x, 0, right-1-x, 1)
	whole := to.Sub(from)
	if line.w < 8 || whole <= 0 {
		return
	}
	begins := func(x int) time.Time { return from.Add(time.Duration(float64(whole) * float64(x) / float64(line.w))) }
	played := int(float64(r.At.Sub(from)) / float64(whole) * float64(line.w))
	for x := range line.w {
		role, char := theme.Track, '─'
		if x < played {
			role, char = theme.Accent, '━'
		}
		if i, _ := slices.BinarySearchFunc(r.Denials, begins(x), time.Time.Compare); i < len(r.Denials) && r.Denials[i].Before(begins(x+1)) {
			role, char = theme.Rejected, '╳'
		}
		line.set(x, 0, role, char)
	}
	line.set(min(max(played, 0), line.w-1), 0, now, '●')
}
