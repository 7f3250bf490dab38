package model

import "time"

// Calls are the calls of a run to all endpoints, each call once.
type Calls struct {
	// Accepted and Rejected are unknown if no source could see such calls of any
	// endpoint.
	Accepted, Rejected Opt[int]
	// Estimated is set if billing rows were sampled.
	Estimated bool
}

// Calls returns the calls of the run.
func (r *Report) Calls() (c Calls) {
	add := func(sum *Opt[int], n Opt[int]) {
		if v, ok := n.Get(); ok {
			*sum = Some(sum.Or(0) + v)
		}
	}
	for i := range r.Endpoints {
		e := &r.Endpoints[i]
		if e.Stacks {
			continue
		}
		add(&c.Accepted, e.Accepted)
		add(&c.Rejected, e.Rejected)
		c.Estimated = c.Estimated || e.Estimated
	}
	return c
}

// A WorstMoment is when a run had the most trouble with one endpoint: the minute with
// the most rejected calls or, without any, the fullest window of a limit.
type WorstMoment struct {
	Endpoint *EndpointReport
	// Limit is the limit that was the fullest, or that denied the most calls of the
	// endpoint; nil if none is known to have denied any.
	Limit *LimitReport
	// Rejected is how many calls were rejected over a span that begins at At; 0 if
	// none were, and At is the end of the window. Span is a minute, or the length of a
	// step if that is longer.
	Rejected int
	At       time.Time
	Span     time.Duration
}

// Worst returns the worst moment of the run; false if no call was counted.
func (r *Report) Worst() (w WorstMoment, ok bool) {
	from, placed := r.Steps.From.Get()
	each := time.Duration(r.Steps.EachS * float64(time.Second))
	for i := range r.Endpoints {
		e := &r.Endpoints[i]
		if e.Stacks || !placed {
			continue
		}
		width := max(int(time.Minute/each), 1)
		if n, step := most(e.RejectedSteps, width); n > w.Rejected {
			w = WorstMoment{Endpoint: e, Rejected: n, At: from.Add(time.Duration(step) * each), Span: time.Duration(width) * each}
		}
	}
	if w.Rejected > 0 {
		w.Limit = r.denier(w.Endpoint)
		return w, true
	}
	fullest := 0.0
	for i := range r.Endpoints {
		e := &r.Endpoints[i]
		for j := range e.Limits {
			l := &e.Limits[j]
			if at, known := l.PeakAt.Get(); known && l.PeakRatio().Or(0) > fullest {
				w, ok, fullest = WorstMoment{Endpoint: e, Limit: l, At: at}, true, l.PeakRatio().Or(0)
			}
		}
	}
	return w, ok
}

// most returns the largest sum of so many steps in a row, and the first of them that is
// not 0.
func most(steps []int, width int) (sum, first int) {
	now := 0
	for i, n := range steps {
		now += n
		if i >= width {
			now -= steps[i-width]
		}
		if now > sum {
			sum, first = now, max(i-width+1, 0)
		}
	}
	for first < len(steps) && steps[first] == 0 {
		first++
	}
	return sum, first
}

// denier returns the limit that denied the most of an endpoint's calls: one of its
// own or, if those denied none, one that counts other endpoints' calls too; nil
// without any.
func (r *Report) denier(of *EndpointReport) (found *LimitReport) {
	most := 0
	consider := func(e *EndpointReport) {
		for j := range e.Limits {
			if l := &e.Limits[j]; l.Rejected.Or(0) > most {
				found, most = l, l.Rejected.Or(0)
			}
		}
	}
	consider(of)
	for i := range r.Endpoints {
		if e := &r.Endpoints[i]; found == nil && e.Stacks {
			consider(e)
		}
	}
	return found
}
