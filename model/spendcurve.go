package model

import (
	"slices"
	"time"
)

// A SpendCurve is what had been spent at the end of each step of the cap's period. It
// never changes, and snapshots may share it.
type SpendCurve struct {
	From time.Time // the last reset
	Step time.Duration
	// Used is by step, up to the newest figure; that step may not be over. It is
	// Unknown where nothing is known.
	Used []Micros
}

// curveSteps is how many steps a period has: of 5 minutes, if it is a day.
const curveSteps = 288

// A spendTracker keeps the spend curve of the current period.
type spendTracker struct {
	period period
	stated bool     // the figures are the account's, not the cost of rows
	used   []Micros // by step, as in SpendCurve
	costs  *Window  // of the billing rows by step of a day
}

func newSpendTracker() spendTracker {
	return spendTracker{costs: NewWindow(day/curveSteps, day)}
}

func (t *spendTracker) step() time.Duration { return t.period.to.Sub(t.period.from) / curveSteps }

// observe notes a figure of the cap's period p; stated is whether it is the account's.
// read is what has been read of the
// billing log: as far as it reaches back from the first figure without a gap, the cost
// of its rows says what had been spent before.
func (t *spendTracker) observe(f figure, stated bool, p period, read coverage) {
	if f.at.Before(p.from) || !f.at.Before(p.to) || p.to.Sub(p.from) < curveSteps {
		return
	}
	if p != t.period || stated != t.stated { // the two may differ
		t.period, t.stated, t.used = p, stated, nil
	}
	i := min(int(f.at.Sub(p.from)/t.step()), curveSteps-1)
	t.used = slices.Clone(t.used) // snapshots share the old one
	for len(t.used) <= i {
		t.used = append(t.used, Unknown)
	}
	if i == len(t.used)-1 || t.used[i] == Unknown {
		t.used[i] = f.used
	}
	t.fillBack(read)
}

// fillBack fills the steps before the first figure from the cost of rows, unless these
// were read since the reset and do not explain what was spent.
func (t *spendTracker) fillBack(read coverage) {
	first := slices.IndexFunc(t.used, func(m Micros) bool { return m != Unknown })
	if first <= 0 || t.step() != t.costs.width {
		return
	}
	covered := make([]bool, first)
	read.mark(covered, t.period.from, t.step())
	end := t.period.from.Add(time.Duration(first) * t.step()) // of the step before
	if !slices.ContainsFunc(read, func(p period) bool { return !p.from.After(end) && p.to.After(end) }) {
		return
	}
	filled := slices.Clone(t.used)
	used := t.used[first]
	for ; first > 0; first-- {
		used = max(used-Micros(t.costs.Count(end, end.Add(t.step()))), 0)
		filled[first-1] = used
		if !covered[first-1] {
			t.used = filled
			return
		}
		end = end.Add(-t.step())
	}
	if before := used - Micros(t.costs.Count(end, end.Add(t.step()))); before <= t.used[len(t.used)-1]/20 {
		t.used = filled
	}
}

func (t *spendTracker) serialize(c *codec) {
	c.time(&t.period.from)
	c.time(&t.period.to)
	c.flag(&t.stated)
	list(c, &t.used, curveSteps, func(m *Micros) { number(c, m) })
	c.window(t.costs)
}

// charge adds the cost of billing rows to the spending.
func (l *Ledger) charge(from, to time.Time, cost Micros, sampled bool) {
	l.spend.charge(from, to, cost, sampled)
	l.spent.costs.count(from, to, int(max(cost, 0)))
}

// noteSpend notes in the spend curve what is known to be used.
func (l *Ledger) noteSpend() {
	c := l.spend.snapshot(l.now, l.log())
	used, known := c.Used.Get()
	at, ok := c.AsOf.Get()
	if !known || !ok || c.Inferred {
		return
	}
	var read coverage
	if l.billing != nil {
		read = l.billing.watched
	}
	from, to := l.spend.period(at)
	l.spent.observe(figure{at, used}, l.spend.account.Used.Known(), period{from, to}, read)
}

// spendCurve returns the curve of the period that now is in; nil if nothing is known.
func (l *Ledger) spendCurve(now time.Time) *SpendCurve {
	t := &l.spent
	if len(t.used) == 0 || now.Before(t.period.from) || !now.Before(t.period.to) {
		return nil
	}
	return &SpendCurve{t.period.from, t.step(), t.used}
}
