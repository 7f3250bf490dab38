package billing

import "time"

// Rows appear in the log some seconds after their own time. A lateness learns
// how late that is at most: everything older has settled.
type lateness struct {
	longest time.Duration // the latest that a recent row has been seen to be
	seen    int           // rows that were seen to be late
	changed time.Time     // when longest was last set
}

const (
	// startLateness applies until enough rows have been seen to arrive.
	startLateness = 10 * time.Second
	minLateness   = 5 * time.Second
	// maxLateness bounds how far behind the figures may fall.
	maxLateness = 2 * time.Minute
	// latenessMargin is added to the latest row seen.
	latenessMargin = 2 * time.Second
	// enoughLate is how many late rows it takes to trust the lateness.
	enoughLate = 50
	// latenessMemory is how long a single very late row is remembered.
	latenessMemory = 30 * time.Minute
)

// observe notes a row that appeared at least this long after its time.
func (l *lateness) observe(late time.Duration, now time.Time) {
	l.seen++
	if late >= l.longest || now.Sub(l.changed) > latenessMemory {
		l.longest, l.changed = max(late, 0), now
	}
}

// span returns how far back rows may still be added to the log.
func (l *lateness) span() time.Duration {
	span := l.longest + l.longest/4 + latenessMargin
	if l.seen < enoughLate {
		return max(min(span, maxLateness), startLateness)
	}
	return max(min(span, maxLateness), minLateness)
}
