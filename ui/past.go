package ui

import (
	"time"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"

	tea "charm.land/bubbletea/v2"
)

// A Past plays what was observed before now on a running screen.
type Past struct {
	Player
	Feed  <-chan model.Snapshot
	Close func() // ends the Feed; it must not block
}

// A pastView is the past while it is shown. Until it is open, and its first snapshot
// has come, the screen keeps what it showed.
type pastView struct {
	on    bool
	past  *Past                 // nil until it is open
	moves []func(Player) string // to make once it is open
	nth   int                   // how often the past was opened: messages of an earlier one are dropped
}

// maxMoves bounds the moves that wait.
const maxMoves = 64

// inPast reports whether the running screen shows the past.
func (a *App) inPast() bool { return a.past.on }

// canTravel reports whether there is a past to go to.
func (a *App) canTravel() bool { return a.opts.Player != nil || a.opts.Past != nil }

// player is what plays now: a recording, or the past; nil otherwise.
func (a *App) player() Player {
	switch {
	case a.opts.Player != nil:
		return a.opts.Player
	case a.past.past != nil:
		return a.past.past
	}
	return nil
}

// travel makes a move in time: in the recording, or in the past, which it opens. A
// move returns what to say about it.
func (a *App) travel(move func(Player) string) tea.Cmd {
	switch p := a.player(); {
	case p != nil:
		a.say(move(p))
		*a = a.syncReplay()
		return a.endPast()
	case a.past.on:
		if len(a.past.moves) < maxMoves {
			a.past.moves = append(a.past.moves, move)
		}
	case a.opts.Past == nil:
		a.say(a.opts.NoPast)
	case a.live:
		a.past = pastView{on: true, moves: []func(Player) string{move}, nth: a.past.nth + 1}
		a.replay = Replay{At: a.snap.At, From: a.snap.At, To: a.newest.At, Speed: 1, Paused: true, Reading: true}
		a.paused = false
		a.title = a.windowTitle()
		return a.openPast
	}
	return nil
}

// A pastOpenedMsg brings the past, or why it cannot be shown.
type pastOpenedMsg struct {
	nth  int
	past Past
	err  error
}

// A pastMsg is the next snapshot of the past; ok is false after the last.
type pastMsg struct {
	nth  int
	snap model.Snapshot
	ok   bool
}

// openPast opens the past. It reads files, so it is a command.
func (a App) openPast() tea.Msg {
	p, err := a.opts.Past()
	return pastOpenedMsg{a.past.nth, p, err}
}

// nextPast waits for the next snapshot of the past. Only one such command runs at a
// time.
func (a App) nextPast() tea.Msg {
	select {
	case s, ok := <-a.past.past.Feed:
		return pastMsg{a.past.nth, s, ok}
	case <-a.done:
		return nil
	}
}

// opened makes the moves that waited for the past.
func (a App) opened(msg pastOpenedMsg) (App, tea.Cmd) {
	switch {
	case msg.nth != a.past.nth || !a.past.on:
		if msg.err == nil {
			msg.past.Close()
		}
		return a, nil
	case msg.err != nil:
		a.leavePast("")
		a.say("no past: " + plain(msg.err.Error(), maxWarning))
		return a, nil
	}
	moves := a.past.moves
	a.past.past, a.past.moves = &msg.past, nil
	for _, move := range moves {
		a.say(move(a.past.past))
	}
	a = a.syncReplay()
	cmd := a.endPast()
	if !a.past.on {
		return a, cmd
	}
	return a, a.nextPast
}

// takePast shows the next snapshot of the past.
func (a App) takePast(msg pastMsg) (App, tea.Cmd) {
	if msg.nth != a.past.nth || !a.past.on {
		return a, nil
	}
	if !msg.ok {
		a.leavePast("")
		return a, nil
	}
	a = a.syncReplay()
	a.snap = msg.snap
	a.restand()
	if cmd := a.endPast(); !a.past.on {
		return a, cmd
	}
	return a, a.nextPast
}

// endPast returns to now if the past has come to its end.
func (a *App) endPast() tea.Cmd {
	if a.past.past != nil && a.replay.Ended {
		a.leavePast("")
	}
	return nil
}

// leavePast returns to now.
func (a *App) leavePast(string) tea.Cmd {
	if a.past.past != nil {
		a.past.past.Close()
	}
	a.past = pastView{nth: a.past.nth}
	a.replay = Replay{}
	a.snap = a.newest
	a.title = a.windowTitle()
	a.restand()
	return nil
}

// pastKeys returns the actions that go before others while the past is shown.
func pastKeys() []action {
	keys := playerKeys((*App).inPast)
	return append([]action{
		{"now", on("end", "back to now", "end"), "now", true, (*App).inPast, (*App).leavePast},
	}, keys...)
}

// pastWords say that this is the past, and how far back.
func (a *App) pastWords() []word {
	parts := []word{{theme.Alarm, "PAST"}}
	if back := a.newest.At.Sub(a.snap.At); back >= time.Second {
		parts = append(parts, word{theme.Alarm, words.Duration(back.Truncate(time.Second)) + " ago"})
	}
	return append(parts, a.playWords()...)
}

// nowText is what the time shown is called on a chart: now, or the time of the past.
func (a *App) nowText() string {
	if a.inPast() || a.opts.Player != nil {
		return words.Clock(a.snap.At)
	}
	return "now"
}

// playWords say how the player plays.
func (a *App) playWords() []word {
	switch r := &a.replay; {
	case r.Reading:
		return []word{{theme.Warm, "reading…"}}
	case r.Ended:
		return []word{{theme.Warm, "ended"}}
	case r.Paused:
		return []word{{theme.Warm, "paused"}}
	}
	return nil
}
