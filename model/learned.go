package model

import "time"

// A lesson is what a limit's last denial taught: the limit it named, and the
// state of the window at that time.
type lesson struct {
	at    time.Time // zero before the first denial
	named int       // the limit that the response named; 0 for none
}

// wellUnder is the part of a limit below which a denial is a surprise.
const wellUnder = 0.9

// learn notes that a limit denied a call.
func (l *lesson) learn(d *Denial, at time.Time) {
	if !at.Before(l.at) {
		l.at, l.named = at, d.Limit.Max
	}
}

// tell fills in what the last denial of the gauge's limit teaches. It holds for
// as long as all of the window before the denial is remembered.
//
// A denial at far fewer calls than the limit allows has two explanations: calls
// from elsewhere, or a lower limit. The account's figure tells which, once the
// billing log has been read up to the denial: if it is low too, and no
// estimate, the limit is lower.
func (l *Ledger) tell(g *LimitUsage, e, span int, now time.Time) {
	lesson := l.lessons[e][span]
	if lesson.at.IsZero() || now.Sub(lesson.at) > laneLag {
		return
	}
	from, to := lesson.at.Add(-g.Per()), lesson.at
	held := l.here(e, span, from, to)
	known := l.localCovers(g.Per(), to)
	settled := !l.horizon.Before(to) && l.billing.covers(g.Per(), to)
	if settled {
		_, estimated := l.sampling.margin(from, to, func(own int) bool { return l.table.Covered(e, own) })
		held, known, settled = max(held, l.there(e, span, from, to)), true, !estimated
	}
	if known {
		g.DeniedAt = Some(held)
	}
	switch {
	case lesson.named > 0 && lesson.named != g.Limit:
		g.Learned = Some(lesson.named)
	case lesson.named == 0 && settled && held > 0 && float64(held) < wellUnder*float64(g.Limit):
		g.Learned = Some(held)
	}
}
