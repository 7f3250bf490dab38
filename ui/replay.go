package ui

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"quotatop/theme"
	"quotatop/ui/words"

	tea "charm.land/bubbletea/v2"
)

// A Player plays a recorded run. Its methods do not block.
type Player interface {
	Toggle() // pauses or resumes
	SeekBy(time.Duration)
	SeekTo(time.Time)
	// NextDenial and PrevDenial seek to a denial and report whether there is one.
	NextDenial() bool
	PrevDenial() bool
	SetSpeed(float64)
	Status() Replay
}

// A Replay is the state of a Player.
type Replay struct {
	At       time.Time // the time shown
	From, To time.Time // the part to play
	Speed    float64
	Paused   bool
	Ended    bool // At is To
	Reading  bool // what is shown is not yet of At
	// Denials are the times of the denials, in order.
	Denials []time.Time
}

// seekStep is how far an arrow key seeks.
const seekStep = 10 * time.Second

// playerKeys returns the actions that only a player has; when says when.
func playerKeys(when func(*App) bool) []action {
	outside := func(a *App) bool { return !a.log.open && (when == nil || when(a)) }
	return []action{
		{playAction, on("space", "pause or resume", "space", "p"), "pause", false, when, (*App).play},
		{"seek-back", on("←", "back 10 s, or chart left", "left"), "seek", false, when, step(-1)},
		{"seek-forward", on("→", "on 10 s, or chart right", "right"), "seek", false, when, step(1)},
		{"slower", on("-", "half speed", "-"), "speed", false, when, (*App).slower},
		{"faster", on("+", "double speed", "+", "="), "speed", false, when, (*App).faster},
		{"start", on("home", "to the start", "home"), "", false, outside, (*App).toStart},
	}
}

// denialsHint is the hint of the keys that go to denials.
const denialsHint = "denials"

// hintsDenials reports whether the footer shows those keys: where one moves in time,
// and where there is room.
func (a *App) hintsDenials() bool {
	return a.opts.Player != nil || a.inPast() || a.canTravel() && a.w >= 110
}

// travelKeys returns the actions that move in time, in a recording and out of now.
func travelKeys() []action {
	return []action{
		{"earlier-denial", on("[", "earlier denial (past)", "["), denialsHint, false, nil, (*App).prevDenial},
		{"later-denial", on("]", "later denial (past)", "]"), denialsHint, false, nil, (*App).nextDenial},
		{"minute-back", on("shift+←", "back 1 min (past)", "shift+left"), "", false, nil, seek(-time.Minute)},
		{"minute-forward", on("shift+→", "forward 1 min (past)", "shift+right"), "", false, nil, seek(time.Minute)},
	}
}

func seek(d time.Duration) func(*App, string) tea.Cmd {
	return func(a *App, _ string) tea.Cmd {
		if d > 0 && a.opts.Player == nil && !a.inPast() {
			a.say("this is now: there is nothing later")
			return nil
		}
		return a.travel(func(p Player) string { p.SeekBy(d); return "" })
	}
}

// step moves the cursor of the chart that has the focus, or seeks by a step.
func step(n int) func(*App, string) tea.Cmd {
	return func(a *App, key string) tea.Cmd {
		if a.moveCursor(n) {
			return nil
		}
		return seek(time.Duration(n)*seekStep)(a, key)
	}
}

// bound returns the table of actions with these keys. Those of the player go before
// others, and then those that move in time. In a replay it drops those that make no
// sense there.
func (a *App) bound(keys map[string][]string) []action {
	bound := bind(keys)
	slices.SortStableFunc(bound, func(j, k action) int {
		return cmp.Compare(travelOrder(j.name), travelOrder(k.name))
	})
	if a.opts.Player == nil {
		return append(pastKeys(), bound...)
	}
	table := append(playerKeys(nil), action{"end", on("end", "to the end", "end"), "", false, func(a *App) bool { return !a.log.open }, (*App).toFinish})
	var taken []string
	for i := range table {
		if name := table[i].name; name != "start" && name != "end" {
			taken = append(taken, table[i].Keys()...)
		}
	}
	for _, k := range bound {
		free := slices.DeleteFunc(slices.Clone(k.Keys()), func(name string) bool { return slices.Contains(taken, name) })
		if k.name == pauseAction || k.name == "poll" || len(free) == 0 {
			continue
		}
		if len(free) < len(k.Keys()) {
			k.SetKeys(free...)
			k.SetHelp(keySign(free[0]), k.Help().Desc)
		}
		table = append(table, k)
	}
	return table
}

// travelOrder is 0 for an action that moves in time, 1 for others.
func travelOrder(name string) int {
	if slices.ContainsFunc(travelKeys(), func(k action) bool { return k.name == name }) {
		return 0
	}
	return 1
}

func (a *App) play(string) tea.Cmd {
	return a.travel(func(p Player) string { p.Toggle(); return "" })
}

func (a *App) prevDenial(string) tea.Cmd {
	return a.travel(func(p Player) string {
		if !p.PrevDenial() {
			return "no earlier denial"
		}
		return ""
	})
}

func (a *App) nextDenial(string) tea.Cmd {
	if a.opts.Player == nil && !a.inPast() {
		a.say("this is now: there is no later denial")
		return nil
	}
	return a.travel(func(p Player) string {
		if !p.NextDenial() {
			return "no later denial"
		}
		return ""
	})
}

func (a *App) slower(string) tea.Cmd { return a.speed(0.5) }
func (a *App) faster(string) tea.Cmd { return a.speed(2) }

func (a *App) speed(by float64) tea.Cmd {
	to := a.replay.Speed * by
	return a.travel(func(p Player) string { p.SetSpeed(to); return "" })
}

func (a *App) toStart(string) tea.Cmd {
	return a.travel(func(p Player) string { p.SeekTo(p.Status().From); return "" })
}

func (a *App) toFinish(string) tea.Cmd {
	return a.travel(func(p Player) string { p.SeekTo(p.Status().To); return "" })
}

// goToEntry goes to the time of the entry of the log under the cursor, and shows the
// endpoint that it is about.
func (a *App) goToEntry() tea.Cmd {
	e := a.entry()
	a.log.open = false
	if e.Endpoint != "" {
		a.picked[endpointsPane] = item{endpoint: e.Endpoint}
	}
	return a.goTo(e.At)
}

// goTo goes to a time.
func (a *App) goTo(t time.Time) tea.Cmd {
	return a.travel(func(p Player) string {
		from := p.Status().From
		p.SeekTo(t)
		if t.Before(from) {
			return "the first time that is known is " + words.Clock(from) + " UTC, " + from.UTC().Format("2 Jan")
		}
		return ""
	})
}

// syncReplay reads the state of the player.
func (a App) syncReplay() App {
	if p := a.player(); p != nil {
		a.replay = p.Status()
	}
	return a
}

// replayWords say that this is a replay, and its state.
func (a *App) replayWords() []word {
	r := &a.replay
	parts := append([]word{{theme.Warm, "REPLAY"}}, a.playWords()...)
	parts = append(parts, word{theme.Text, speedText(r.Speed)})
	if whole := r.To.Sub(r.From); whole > 0 && !r.Ended {
		parts = append(parts, word{theme.Dim, words.Percent(float64(r.At.Sub(r.From)) / float64(whole))})
	}
	return parts
}

func speedText(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) + "x" }
