package model

import "time"

// A Gate is what must be left of the quota for a script to go on. A part of it
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

// The verdicts. Nothing that is not known opens a gate, or shuts it.
const (
	VerdictUnknown Verdict = iota
	Open
	Shut
)

// A Judgment is a Gate's answer with what it rests on.
type Judgment struct {
	At       time.Time // when it was judged
	Verdict  Verdict
	Endpoint string      // the one with the least headroom
	Limit    *LimitUsage // its fullest; nil when the gate does not ask, or none is known
	Cap      *Cap        // nil when the gate does not ask
	// OfCap is set when the cap decided, not the headroom.
	OfCap bool
	// Trouble is the source that keeps a figure from being known or fresh.
	Trouble *Source
}

// Headroom is the part of the limit that is left: 0 where calls are being
// rejected, unknown with Used.
func (u LimitUsage) Headroom() Opt[float64] {
	if u.Rejected.Or(0) > 0 {
		return Some(0.0)
	}
	ratio, ok := u.Ratio().Get()
	if !ok {
		return Opt[float64]{}
	}
	return Some(max(1-ratio, 0))
}

// Judge looks at a snapshot. What is too little shuts the gate, even where
// something else is not known; what is old counts as not known.
func (g Gate) Judge(s *Snapshot) Judgment {
	j := Judgment{At: s.At}
	for i := range s.Sources {
		if src := &s.Sources[i]; src.Vantage == VantageAccount && src.State != StateOK {
			j.Trouble = src
		}
	}
	room := Open
	if least, ok := g.Headroom.Get(); ok {
		room = VerdictUnknown
		if left, known := g.least(s, &j).Get(); known {
			room = verdict(left >= least)
		}
	}
	purse := Open
	if least, ok := g.CapLeft.Get(); ok {
		j.Cap = &s.Cap
		purse = VerdictUnknown
		if left, known := s.Cap.Remaining.Get(); known {
			purse = verdict(left >= least)
		}
	}
	switch {
	case j.Trouble != nil:
	case room == Shut:
		j.Verdict = Shut
	case purse == Shut:
		j.Verdict, j.OfCap = Shut, true
	case room == Open && purse == Open:
		j.Verdict = Open
	default:
		j.OfCap = room == Open
	}
	return j
}

func verdict(holds bool) Verdict {
	if holds {
		return Open
	}
	return Shut
}

// least is the least headroom of the limits that the gate looks at, unknown
// where that of none is.
func (g Gate) least(s *Snapshot, j *Judgment) (least Opt[float64]) {
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		if g.Endpoint != "" && e.ID != g.Endpoint {
			continue
		}
		for k := range e.Limits {
			left, ok := e.Limits[k].Headroom().Get()
			if ok && (!least.Known() || left < least.Or(0)) {
				least, j.Endpoint, j.Limit = Some(left), e.ID, &e.Limits[k]
			}
		}
	}
	return least
}
