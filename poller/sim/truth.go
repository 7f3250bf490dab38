package sim

import (
	"sort"
	"time"
)

// A moments is a list of times in order.
type moments []micros

func (m *moments) add(t micros) {
	if len(*m) >= maxRows {
		*m = append((*m)[:0], (*m)[maxRows/8:]...)
	}
	*m = append(*m, t)
}

// count is how many of the times are in [from, to).
func (m moments) count(from, to time.Time) int {
	before := func(t time.Time) int {
		return sort.Search(len(m), func(i int) bool { return !time.UnixMicro(m[i]).Before(t) })
	}
	return max(before(to)-before(from), 0)
}

// A record is what became of the calls of one endpoint. It reaches back as far
// as the last three million calls of each kind.
type record struct {
	accepted, unbilled, capped moments // those that belong to the endpoint
	rejected                   moments // those that its limits denied
}

// Counts are the calls of an endpoint over some time.
type Counts struct {
	Accepted int // made a row, or two that stand for one call
	Unbilled int // used quota and made no row: billing GETs, 404s, 422s
	Rejected int // denied by a limit of this endpoint; uses no quota
	Capped   int // denied by the daily cap; uses no quota
}

// Truth counts the calls over [from, to), in server time, that count against
// the limits of the endpoint with this ID, whether they came over HTTP, by
// Call or from Backfill. With an unknown ID it counts nothing.
//
// A call's time is when it was decided. Its row's created_at is that plus
// Options.Latency; of the two rows of a chat call, it is the one that bears the
// path.
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

// Polls counts the requests below /billing/ over [from, to), whatever they
// were answered.
func (s *Server) Polls(from, to time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.polls.count(from, to)
}

// SpentUSD is what has been charged in the current UTC day: the rows' cost, of
// a chat call's two rows only one.
func (s *Server) SpentUSD() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(s.clock(time.Time{}))
	return usd(s.spent)
}
