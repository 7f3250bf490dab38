package billing

import "time"

// Rows appear in the log some seconds after the time they bear. A lateness
// learns how late that is at most: everything older has settled.
type lateness struct {
	most    time.Duration // the latest that a row has been seen to be, of late
	seen    int           // rows that were seen to be late
	changed time.Time     // when most was last set
}

const (
	// startLateness holds until enough rows have been seen to arrive.
	startLateness = 10 * time.Second
	leastLateness = 5 * time.Second
	// mostLateness bounds how far behind the figures may fall.
	mostLateness = 2 * time.Minute
	// latenessMargin is kept beyond the latest row seen.
	latenessMargin = 2 * time.Second
	// enoughLate is how many late rows make a habit.
	enoughLate = 50
	// latenessMemory is how long one very late row is remembered.
	latenessMemory = 30 * time.Minute
)

// observe notes a row that appeared at least this long after its time.
func (l *lateness) observe(late time.Duration, now time.Time) {
	l.seen++
	if late >= l.most || now.Sub(l.changed) > latenessMemory {
		l.most, l.changed = max(late, 0), now
	}
}

// span is how far back rows may still be added to the log.
func (l *lateness) span() time.Duration {
	span := l.most + l.most/4 + latenessMargin
	if l.seen < enoughLate {
		return max(min(span, mostLateness), startLateness)
	}
	return max(min(span, mostLateness), leastLateness)
}
