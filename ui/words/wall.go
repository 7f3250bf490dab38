package words

import (
	"strings"
	"time"

	"quotatop/model"
)

// A Wall is a wall of a snapshot in words. All that says what comes next takes
// its words from here.
type Wall struct {
	Name   string // what it is: an endpoint's ID, "cap", "credits", "key", a source's name
	Figure string // how it stands: "≈92%", "refused", "reached", "stale"
	// Left is the time until the wall is reached, or until calls continue by
	// themselves; 0 if that is unknown.
	Left time.Duration
	// Time is Left in few characters: "14s", "00:41". Then is a sentence about it:
	// "limit in 14s", "retry in 00:41", "action required". Both may be empty.
	Time, Then string
}

// String returns what it is and how it stands: "chat ≈92%", "cap reached".
func (w Wall) String() string { return w.Name + " " + w.Figure }

// Brief returns Then in fewer characters: "retry 00:41".
func (w Wall) Brief() string { return strings.Replace(w.Then, " in ", " ", 1) }

// NextOf returns the first wall of a snapshot; nothing if there are none.
func NextOf(s *model.Snapshot) (model.Wall, Wall) {
	w, ok := s.Next()
	if !ok {
		return w, Wall{}
	}
	return w, WallOf(s, w)
}

// WallOf returns a wall of a snapshot in words.
func WallOf(s *model.Snapshot, w model.Wall) Wall {
	switch w.Kind {
	case model.WallRefused:
		return refusal(s, w)
	case model.WallCap:
		return capWall(s, w)
	case model.WallSource:
		return lostSource(s, w)
	}
	said := Wall{Name: w.Endpoint, Figure: Unknown}
	if _, u := s.LimitOf(w); u != nil {
		said.Figure = UsedPercent(u)
	}
	in, ok := w.In.Get()
	switch {
	case w.Pressure == model.Full:
		said.Then = "limit reached"
	case ok && in <= 0:
		said.Then = "limit imminent"
	case ok:
		said.Left = Seconds(in)
		said.Time = Coarse(said.Left)
		said.Then = "limit in " + said.Time
	}
	return said
}

// refused are the names of what refuses all calls, and what it does.
var refused = map[model.Kind][2]string{
	model.KindCap:     {"cap", "reached"},
	model.KindCredits: {"credits", "used up"},
	model.KindCeiling: {"ceiling", "reached"},
	model.KindAuth:    {"key", "refused"},
}

func refusal(s *model.Snapshot, w model.Wall) Wall {
	if w.Endpoint != "" {
		said := Wall{Name: w.Endpoint, Figure: "refused"}.until(s, w, "retry in ", Countdown)
		if said.Left <= 0 {
			said.Then = "no Retry-After given"
		}
		return said
	}
	said := Wall{Name: refused[w.Denial][0], Figure: refused[w.Denial][1]}.until(s, w, "resets in ", Countdown)
	if said.Left <= 0 {
		said.Then = "action required"
	}
	return said
}

// capWall returns the cap in words. It is reached, or runs out before its reset, or
// neither.
func capWall(s *model.Snapshot, w model.Wall) Wall {
	if w.Pressure == model.Full {
		return Wall{Name: "cap", Figure: "reached"}.until(s, w, "resets in ", Countdown)
	}
	said := Wall{Name: "cap", Figure: CapPercent(&s.Cap)}
	if in, ok := w.In.Get(); ok {
		said.Left = Seconds(in)
		said.Time = Coarse(said.Left)
		said.Then = "runs out in " + said.Time
	}
	return said
}

// until sets the times of a wall from when calls continue by themselves.
func (w Wall) until(s *model.Snapshot, of model.Wall, then string, write func(time.Duration) string) Wall {
	at, ok := of.Until.Get()
	if left := at.Sub(s.At); ok && left > 0 {
		w.Left, w.Time = left, write(left)
		w.Then = then + w.Time
	}
	return w
}

// lostSource returns a source in words, with its next try, or else its last data.
func lostSource(s *model.Snapshot, w model.Wall) Wall {
	said := Wall{Name: w.Source, Figure: Unknown}
	for i := range s.Sources {
		if src := &s.Sources[i]; src.Name == w.Source {
			said.Figure = string(src.State)
			if at, ok := src.AsOf.Get(); ok {
				said.Then = "last data " + Ago(s.At, at)
			}
		}
	}
	return said.until(s, w, "retry in ", Countdown)
}
