package ui

import (
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
}

// seekStep is how far an arrow key seeks.
const seekStep = 10 * time.Second

// replayKeys returns the table of actions for a replay. It adds the player's, whose
// keys go before others, and drops those that make no sense in a replay.
func replayKeys(keys []action) []action {
	seek := func(d time.Duration) func(*App, string) tea.Cmd {
		return func(a *App, _ string) tea.Cmd { a.opts.Player.SeekBy(d); return nil }
	}
	step := func(n int) func(*App, string) tea.Cmd {
		return func(a *App, key string) tea.Cmd {
			if a.moveCursor(n) {
				return nil
			}
			return seek(time.Duration(n)*seekStep)(a, key)
		}
	}
	table := []action{
		{playAction, on("space", "pause or resume", "space", "p"), "pause", true, nil, (*App).play},
		{"seek-back", on("←", "back 10 s, or left on the chart", "left"), "seek", false, nil, step(-1)},
		{"seek-forward", on("→", "forward 10 s", "right"), "seek", false, nil, seek(seekStep)},
		{"seek-minute-back", on("shift+←", "back 1 min", "shift+left"), "", false, nil, seek(-time.Minute)},
		{"seek-minute-forward", on("shift+→", "forward 1 min", "shift+right"), "", false, nil, seek(time.Minute)},
		{"previous-denial", on("[", "previous denial", "["), "denials", false, nil, (*App).prevDenial},
		{"next-denial", on("]", "next denial", "]"), "denials", false, nil, (*App).nextDenial},
		{"slower", on("-", "half speed", "-"), "speed", false, nil, (*App).slower},
		{"faster", on("+", "double speed", "+", "="), "speed", false, nil, (*App).faster},
	}
	var taken []string
	for i := range table {
		taken = append(taken, table[i].Keys()...)
	}
	for _, k := range keys {
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

// bound returns the table of actions with these keys.
func (a *App) bound(keys map[string][]string) []action {
	if a.opts.Player != nil {
		return replayKeys(bind(keys))
	}
	return bind(keys)
}

func (a *App) play(string) tea.Cmd { a.opts.Player.Toggle(); return nil }

func (a *App) prevDenial(string) tea.Cmd {
	if !a.opts.Player.PrevDenial() {
		a.say("no earlier denial")
	}
	return nil
}

func (a *App) nextDenial(string) tea.Cmd {
	if !a.opts.Player.NextDenial() {
		a.say("no later denial")
	}
	return nil
}

func (a *App) slower(string) tea.Cmd { a.opts.Player.SetSpeed(a.replay.Speed / 2); return nil }
func (a *App) faster(string) tea.Cmd { a.opts.Player.SetSpeed(a.replay.Speed * 2); return nil }

// syncReplay reads the state of the replay.
func (a App) syncReplay() App {
	if a.opts.Player != nil {
		a.replay = a.opts.Player.Status()
	}
	return a
}

// replayWords say that this is a replay, and its state.
func (a *App) replayWords() []word {
	r := &a.replay
	parts := []word{{theme.Warm, "REPLAY"}}
	switch {
	case r.Ended:
		parts = append(parts, word{theme.Warm, "ended"})
	case r.Paused:
		parts = append(parts, word{theme.Warm, "paused"})
	default:
		parts = append(parts, word{theme.Text, strconv.FormatFloat(r.Speed, 'g', 4, 64) + "x"})
	}
	if whole := r.To.Sub(r.From); whole > 0 && !r.Ended {
		parts = append(parts, word{theme.Dim, words.Percent(float64(r.At.Sub(r.From)) / float64(whole))})
	}
	return parts
}
