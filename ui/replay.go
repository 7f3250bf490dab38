package ui

import (
	"slices"
	"strconv"
	"time"

	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
)

// A Player is a recorded run that is being played. Its methods do not wait.
type Player interface {
	Toggle() // pauses, or goes on
	SeekBy(time.Duration)
	// NextDenial and PrevDenial go to a denial and report whether there is one.
	NextDenial() bool
	PrevDenial() bool
	SetSpeed(float64)
	Status() Replay
}

// A Replay is how a Player stands.
type Replay struct {
	At       time.Time // the time that is shown
	From, To time.Time // the part that is played
	Speed    float64
	Paused   bool
	Ended    bool // At is To
}

// seekStep is how far an arrow goes in a recording.
const seekStep = 10 * time.Second

// replayKeys is the table of actions for a replay: the arrows and the space bar
// are the player's, and there is nothing to poll.
func replayKeys(keys []action) []action {
	seek := func(d time.Duration) func(*App, string) tea.Cmd {
		return func(a *App, _ string) tea.Cmd { a.opts.Player.SeekBy(d); return nil }
	}
	table := []action{
		{"play", on("space", "pause, or go on", "space", "p"), "pause", true, nil, (*App).play},
		{"seek-back", on("←", "10 s back", "left"), "seek", false, nil, seek(-seekStep)},
		{"seek-forward", on("→", "10 s on", "right"), "", false, nil, seek(seekStep)},
		{"seek-minute-back", on("shift+←", "a minute back", "shift+left"), "", false, nil, seek(-time.Minute)},
		{"seek-minute-forward", on("shift+→", "a minute on", "shift+right"), "", false, nil, seek(time.Minute)},
		{"previous-denial", on("[", "to the denial before", "["), "denials", false, nil, (*App).prevDenial},
		{"next-denial", on("]", "to the next denial", "]"), "", false, nil, (*App).nextDenial},
		{"slower", on("-", "half as fast", "-"), "", false, nil, (*App).slower},
		{"faster", on("+", "twice as fast", "+", "="), "speed", false, nil, (*App).faster},
	}
	var taken []string
	for i := range table {
		taken = append(taken, table[i].Keys()...)
	}
	for _, k := range keys {
		free := slices.DeleteFunc(slices.Clone(k.Keys()), func(name string) bool { return slices.Contains(taken, name) })
		if k.name == "pause" || k.name == "poll" || len(free) == 0 {
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

// bound is the table of actions with these keys.
func (a *App) bound(keys map[string][]string) []action {
	if a.opts.Player != nil {
		return replayKeys(bind(keys))
	}
	return bind(keys)
}

func (a *App) play(string) tea.Cmd { a.opts.Player.Toggle(); return nil }

func (a *App) prevDenial(string) tea.Cmd {
	if !a.opts.Player.PrevDenial() {
		a.say("no denial before")
	}
	return nil
}

func (a *App) nextDenial(string) tea.Cmd {
	if !a.opts.Player.NextDenial() {
		a.say("no more denials")
	}
	return nil
}

func (a *App) slower(string) tea.Cmd { a.opts.Player.SetSpeed(a.replay.Speed / 2); return nil }
func (a *App) faster(string) tea.Cmd { a.opts.Player.SetSpeed(a.replay.Speed * 2); return nil }

// follow notes how the replay stands.
func (a App) follow() App {
	if a.opts.Player != nil {
		a.replay = a.opts.Player.Status()
	}
	return a
}

// replayWords say that this is the past, and how it is played.
func (a *App) replayWords() []word {
	r := &a.replay
	words := []word{{theme.Warm, "REPLAY"}}
	switch {
	case r.Ended:
		words = append(words, word{theme.Warm, "ended"})
	case r.Paused:
		words = append(words, word{theme.Warm, "paused"})
	default:
		words = append(words, word{theme.Text, strconv.FormatFloat(r.Speed, 'g', 4, 64) + "x"})
	}
	if whole := r.To.Sub(r.From); whole > 0 && !r.Ended {
		words = append(words, word{theme.Dim, percent(float64(r.At.Sub(r.From))/float64(whole), " %")})
	}
	return words
}
