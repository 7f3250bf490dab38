package ui

import (
	"strings"
	"time"
)

// windowTitle is the worst fact in a few words, for the list of windows of a
// terminal or of tmux: quotatop chat 92% 40s. It is of the newest snapshot even
// while the screen is held, and coarse, because each change is written.
func (a App) windowTitle() string {
	a.snap = a.newest
	w := a.worst()
	if w.name == "" {
		return "quotatop"
	}
	figure, _, _ := strings.Cut(w.figure, " +") // how many were rejected changes all the time
	words := []string{"quotatop", plain(w.name, maxID), strings.ReplaceAll(figure, " ", "")}
	switch {
	case a.stale(a.newestFigure()):
		words = append(words, "stale")
	case w.left > 0:
		words = append(words, strings.ReplaceAll(rough(coarse(w.left)), " ", ""))
	}
	return strings.Join(words, " ")
}

// coarse rounds times of less than a minute up to ten seconds.
func coarse(d time.Duration) time.Duration {
	const step = 10 * time.Second
	if d < time.Minute {
		return (d + step - 1) / step * step
	}
	return d
}
