package sim

import (
	"sort"
	"time"
)

// moments is a list of times in order.
type moments []micros

func (m *moments) add(t micros) {
	if len(*m) >= maxRows {
		*m = append((*m)[:0], (*m)[maxRows/8:]...)
	}
	*m = append(*m, t)
}

// count returns how many of the times are in [from, to).
func (m moments) count(from, to time.Time) int {
	before := func(t time.Time) int {
		return sort.Search(len(m), func(i int) bool { return !time.UnixMicro(m[i]).Before(t) })
	}
	return max(before(to)-before(from), 0)
}

// A record has the outcomes of the calls to one endpoint: at most the last three
// million calls of each kind.
type record struct {
	accepted, unbilled, capped moments // calls to the endpoint
	rejected                   moments // calls that its limits denied
}

// Counts are the calls to an endpoint over a period.
type Counts struct {
	Accepted int // wrote a row, or two for one call
	Unbilled int // used quota but wrote no row: billing GETs, 404s, 422s
	Rejected int // denied by a limit of this endpoint; uses no quota
	Capped   int // denied by the daily cap; uses no quota
}

// Truth counts the calls in [from, to), in server time, against the limits of the
// endpoint with this ID, whether they came over HTTP, from Call or from Backfill.
// For an unknown ID it returns zeros.
//
// A call's time is when it was decided. The created_at of its row is that plus
// Options.Latency; for a chat call, that of the row with the path.
func (s *Server) Truth(endpoint string, from, to time.Time) Counts {
	var c Counts
	e := s.table.Index(endpoint)
	if e < 0 {
		return c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for own := range s.records {
		if r := &s.records[own]; own == e || s.table.Covered(e, own) {
			c.Accepted += r.accepted.count(from, to)
			c.Unbilled += r.unbilled.count(from, to)
			c.Capped += r.capped.count(from, to)
		}
	}
	c.Rejected = s.records[e].rejected.count(from, to)
	return c
}

// Polls counts the requests below /billing/ in [from, to), whatever the response.
func (s *Server) Polls(from, to time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.polls.count(from, to)
}

// SpentUSD returns what has been charged on the current UTC day: the cost of the
// rows, counting one of the two rows of a chat call.
func (s *Server) SpentUSD() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(s.clock(time.Time{}))
	return usd(s.spent)
}
