package ui

import (
	"time"

	"quotatop/ui/words"
)

// windowTitle is the next wall in a few words, for the window list of a terminal
// or of tmux: quotatop chat 92% 40s. It is about the newest snapshot even while
// the screen is paused, or shows the past, which it says. Its times are coarse, because each change is written to
// the terminal.
func (a App) windowTitle() string {
	wall, w := words.NextOf(&a.newest)
	title := "quotatop"
	if a.inPast() {
		title += " PAST, now"
	}
	if w.Name == "" {
		return title
	}
	title += " " + plain(w.Name, maxID) + " " + w.Figure
	switch {
	case wall.Stale:
		title += " stale"
	case w.Left > 0:
		title += " " + words.Coarse(coarse(w.Left))
	}
	return title
}

// coarse rounds times of less than a minute up to ten seconds.
func coarse(d time.Duration) time.Duration {
	const step = 10 * time.Second
	if d < time.Minute {
		return (d + step - 1) / step * step
	}
	return d
}
