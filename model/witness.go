package model

import (
	"slices"
	"time"
)

// A witness is what one source saw. Calls are never matched across witnesses.
type witness struct {
	name      string
	watching  bool
	endpoints []testimony
	cost      Micros
	models    map[string]*ModelReport
	last      *ModelReport // of the last call, as runs use few models
	sampled   bool
}

// A testimony is what one source saw of one endpoint.
type testimony struct {
	accepted, rejected int
	meters             []*meter // by limit
	limited            []int    // calls that each limit denied
	kinds              [len(kinds)]int
	discipline         discipline
	accepts, rejects   *strip
}

var kinds = [...]Kind{KindRate, KindCap, KindCredits, KindCeiling, KindAuth}

// maxReportModels bounds the models that are told apart: names come from outside.
const maxReportModels = 256

func newWitness(t Table, lag time.Duration, steps *timeline) *witness {
	w := &witness{models: map[string]*ModelReport{}}
	for _, e := range t.Endpoints {
		y := testimony{limited: make([]int, len(e.Limits)), accepts: steps.strip(false), rejects: steps.strip(false)}
		for _, limit := range e.Limits {
			y.meters = append(y.meters, newMeter(limit.Max, limit.Per, lag, steps))
		}
		w.endpoints = append(w.endpoints, y)
	}
	return w
}

// watch notes the source that has begun to watch.
func (w *witness) watch(source string) {
	if !w.watching {
		w.name, w.watching = source, true
	}
}

// poll counts one of quotatop's own requests.
func (y *testimony) poll(at time.Time, step int) {
	y.accepted++
	y.accepts[step]++
	for _, m := range y.meters {
		m.add(at.UnixNano(), 1)
	}
}

// clone returns a copy of a witness of which only polls are known.
func (w *witness) clone(steps *timeline) *witness {
	c := &witness{models: map[string]*ModelReport{}, endpoints: slices.Clone(w.endpoints)}
	for e := range c.endpoints {
		y := &c.endpoints[e]
		y.limited = slices.Clone(y.limited)
		y.accepts, y.rejects = steps.copyOf(y.accepts), steps.copyOf(y.rejects)
		y.meters = slices.Clone(y.meters)
		for i, m := range y.meters {
			y.meters[i] = m.clone()
		}
	}
	return c
}

// charge counts the money and the model of calls.
func (w *witness) charge(u ModelUsage) {
	w.cost += max(u.Cost, 0) // a log of usage has no negative cost
	w.countModel(u)
}

// countModel counts calls of a model.
func (w *witness) countModel(u ModelUsage) {
	if u.Model == "" {
		return
	}
	if w.last == nil || w.last.Model != u.Model {
		m := w.models[u.Model]
		if m == nil {
			if len(w.models) >= maxReportModels {
				u.Model = ModelOthers
			}
			if m = w.models[u.Model]; m == nil {
				m = &ModelReport{Model: u.Model, Source: w.name}
				w.models[u.Model] = m
			}
		}
		w.last = m
	}
	w.last.Calls += u.Requests
	if u.Tokens > 0 {
		w.last.Tokens = Some(w.last.Tokens.Or(0) + u.Tokens)
	}
	if u.Cost > 0 {
		w.last.Cost = Some(w.last.Cost.Or(0) + u.Cost)
	}
}
