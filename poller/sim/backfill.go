package sim

import (
	"errors"
	"fmt"
	"math"
	"net/http"
)

// A Backfill is simulated traffic before now.
type Backfill struct {
	// History is a plan that ends now. Limits do not deny its calls, but they
	// use quota.
	History Plan
	// IP is the client address of this machine's calls; "127.0.0.1" if empty.
	IP string
	// SpentUSD is what the current UTC day has cost so far, history included.
	// Spending before the history has no rows.
	SpentUSD float64
}

// Backfill gives the server a past. Call it before the first request.
func (s *Server) Backfill(b Backfill) error {
	if err := b.History.check(); err != nil {
		return fmt.Errorf("backfill: %w", err)
	}
	if b.History.Repeat {
		return errors.New("backfill: the history must end: it cannot repeat")
	}
	if b.IP == "" {
		b.IP = "127.0.0.1"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seq > 0 || s.last > 0 {
		return errors.New("backfill: the server has already been used")
	}
	now := s.opts.Now().Add(s.skew)
	begin := now.Add(-b.History.Length)
	for at, a := range b.History.arrivals(s.opts.Seed) {
		q := request{method: http.MethodPost, path: b.History.Streams[a.stream].Path, ip: b.IP, model: a.model, past: true}
		if a.machine > 0 {
			q.ip = a.ip()
		}
		q.billed = billable(q.method, q.path)
		s.decide(q, s.clock(begin.Add(at)))
	}
	end := s.clock(now)
	s.settle(end)
	spent := int64(math.Round(b.SpentUSD * 1e6))
	s.total += spent - s.spent
	s.spent = spent
	return nil
}
