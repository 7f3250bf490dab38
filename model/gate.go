package model

import "time"

// A Gate is what must be left of the quota for a script to continue. A condition
// that is not set always holds.
type Gate struct {
	// Headroom is the part of each limit that must be left, from 0 to 1.
	Headroom Opt[float64]
	// Endpoint is the ID of the only endpoint to look at; empty for all.
	Endpoint string
	// CapLeft is what must be left of the spending cap.
	CapLeft Opt[Micros]
}

// A Verdict is a Gate's answer.
type Verdict int

// The verdicts. An unknown figure neither opens nor shuts a gate.
const (
	VerdictUnknown Verdict = iota
	Open
	Shut
)

// A Judgment is a Gate's answer and the figures behind it.
type Judgment struct {
	At       time.Time // when it was judged
	Verdict  Verdict
	Endpoint string      // the one with the least headroom
	Limit    *LimitUsage // its fullest; nil if the gate does not ask for it, or none is known
	Cap      *Cap        // nil if the gate does not ask for it
	// OfCap is set if the cap decided, not the headroom.
	OfCap bool
	// Wall is the wall of Limit, or the cap that refuses all calls, whatever the
	// gate asks for.
	Wall Wall
	// Stale is set if a figure that the gate asks for is too old.
	Stale bool
	// ClockInDoubt is set if the figures may be those of another time; see Snapshot.
	ClockInDoubt bool
	// Problem is the source that keeps the figures from being known or fresh.
	Problem *Source
}

// Headroom is the part of the limit that is left: 0 if calls are being refused,
// unknown if the used part is.
func (w Wall) Headroom() Opt[float64] {
	if w.Pressure == Full {
		return Some(0.0)
	}
	used, ok := w.Used.Get()
	if !ok {
		return Opt[float64]{}
	}
	return Some(max(1-used, 0))
}

// Judge judges a snapshot. Too little of anything shuts the gate, even if something
// else is unknown. Old figures count as unknown.
func (g Gate) Judge(s *Snapshot) Judgment {
	j := Judgment{At: s.At}
	if w, reached := s.CapWall(); reached && w.Kind == WallRefused {
		j.Verdict, j.OfCap, j.Cap, j.Wall = Shut, true, &s.Cap, w
		return j
	}
	for i := range s.Sources {
		if src := &s.Sources[i]; src.Vantage == VantageAccount && src.State != StateOK {
			j.Problem = src
		}
	}
	j.ClockInDoubt = s.ClockInDoubt
	headroom := Open
	if least, ok := g.Headroom.Get(); ok {
		headroom = VerdictUnknown
		if left, known := g.least(s, &j).Get(); known {
			headroom = verdict(left >= least-tiny)
		}
	}
	capLeft := Open
	if least, ok := g.CapLeft.Get(); ok {
		j.Cap, j.Stale = &s.Cap, j.Stale || s.CapStale()
		capLeft = VerdictUnknown
		if left, known := s.Cap.Remaining.Get(); known {
			capLeft = verdict(left >= least)
		}
	}
	switch {
	case j.Problem != nil, j.Stale, j.ClockInDoubt:
	case headroom == Shut:
		j.Verdict = Shut
	case capLeft == Shut:
		j.Verdict, j.OfCap = Shut, true
	case headroom == Open && capLeft == Open:
		j.Verdict = Open
	default:
		j.OfCap = headroom == Open
	}
	return j
}

// tiny is more than the rounding error of a part of a limit: 1 - 160.0/200 is a little
// less than 0.2.
const tiny = 1e-9

func verdict(holds bool) Verdict {
	if holds {
		return Open
	}
	return Shut
}

// least returns the least headroom of the limits that the gate checks, unknown if
// none is known.
func (g Gate) least(s *Snapshot, j *Judgment) (least Opt[float64]) {
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		if g.Endpoint != "" && e.ID != g.Endpoint {
			continue
		}
		for k := range e.Limits {
			w, _ := s.WallOf(e.ID, &e.Limits[k])
			left, ok := w.Headroom().Get()
			if ok && (!least.Known() || left < least.Or(0)) {
				least, j.Endpoint, j.Limit, j.Wall = Some(left), e.ID, &e.Limits[k], w
			}
			j.Stale = j.Stale || ok && w.Stale
		}
	}
	return least
}
