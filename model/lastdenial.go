package model

import "time"

// A lastDenial is the last time that a limit denied a call.
type lastDenial struct {
	at    time.Time // zero before the first denial
	named int       // the limit that the response named; 0 for none
}

// unexpected is the part of a limit below which a denial is not expected.
const unexpected = 0.9

// record notes that the limit denied a call.
func (l *lastDenial) record(d *Denial, at time.Time) {
	if !at.Before(l.at) {
		l.at, l.named = at, d.Limit.Max
	}
}

// fillDenied sets the DeniedAt and Learned of a gauge from the last denial of its
// limit, as long as the whole window before the denial is kept.
//
// A denial at far fewer calls than the limit allows has two explanations: calls
// from elsewhere, or a lower limit. The account's figure decides, once the billing
// log has been read up to the denial: if it is low too, and not an estimate, the
// limit is lower.
func (l *Ledger) fillDenied(g *LimitUsage, e, span int, now time.Time) {
	denial := l.lastDenials[e][span]
	if denial.at.IsZero() || now.Sub(denial.at) > streamLag {
		return
	}
	from, to := denial.at.Add(-g.Per()), denial.at
	held := l.localCount(e, span, from, to)
	known := l.localCovers(g.Per(), to)
	settled := !l.horizon.Before(to) && l.billing.covers(g.Per(), to)
	if settled {
		_, estimated := l.sampling.margin(from, to, func(own int) bool { return l.table.Covered(e, own) })
		held, known, settled = max(held, l.accountCount(e, span, from, to)), true, !estimated
	}
	if known {
		g.DeniedAt = Some(held)
	}
	switch {
	case denial.named > 0 && denial.named != g.Limit:
		g.Learned = Some(denial.named)
	case denial.named == 0 && settled && held > 0 && float64(held) < unexpected*float64(g.Limit):
		g.Learned = Some(held)
	}
}
