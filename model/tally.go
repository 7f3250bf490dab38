package model

import (
	"slices"
	"time"
)

// A sourceTally counts the calls that one source saw in a run. The same call may be
// in several, which are never matched call by call.
type sourceTally struct {
	name      string
	watching  bool
	endpoints []endpointTally
	cost      Micros
	models    map[string]*ModelReport
	last      *ModelReport // the model of the last call: runs use few models
	sampled   bool
}

// An endpointTally counts one source's calls to one endpoint.
type endpointTally struct {
	accepted, rejected int
	sampled            sampledError // of accepted
	meters             []*meter     // by limit
	limited            []int        // by limit: the calls that it denied
	kinds              [len(kinds)]int
	early              earlyCalls
	accepts, rejects   *series
}

var kinds = [...]Kind{KindRate, KindCap, KindCredits, KindCeiling, KindAuth, KindUnknown}

// maxReportModels bounds the models that are counted separately, as their names
// come from outside.
const maxReportModels = 256

func newSourceTally(t Table, lag time.Duration, steps *timeline) *sourceTally {
	w := &sourceTally{models: map[string]*ModelReport{}}
	for _, e := range t.Endpoints {
		y := endpointTally{limited: make([]int, len(e.Limits)), accepts: steps.newSeries(false), rejects: steps.newSeries(false)}
		for _, limit := range e.Limits {
			y.meters = append(y.meters, newMeter(limit.Max, limit.Per, lag, steps))
		}
		w.endpoints = append(w.endpoints, y)
	}
	return w
}

// watch sets the source when it starts to watch.
func (w *sourceTally) watch(source string) {
	if !w.watching {
		w.name, w.watching = source, true
	}
}

// poll counts one of quotatop's own requests.
func (y *endpointTally) poll(at time.Time, step int) {
	y.accepted++
	y.accepts[step]++
	for _, m := range y.meters {
		m.add(at.UnixNano(), 1)
	}
}

// clone returns a copy of a tally that has counted nothing but polls.
func (w *sourceTally) clone(steps *timeline) *sourceTally {
	c := &sourceTally{models: map[string]*ModelReport{}, endpoints: slices.Clone(w.endpoints)}
	for e := range c.endpoints {
		y := &c.endpoints[e]
		y.limited = slices.Clone(y.limited)
		y.accepts, y.rejects = steps.copySums(y.accepts), steps.copySums(y.rejects)
		y.meters = slices.Clone(y.meters)
		for i, m := range y.meters {
			y.meters[i] = m.clone()
		}
	}
	return c
}

// charge counts the money and the model of calls.
func (w *sourceTally) charge(u ModelUsage) {
	w.cost += max(u.Cost, 0) // a log of usage has no negative cost
	w.countModel(u)
}

// countModel counts calls of a model.
func (w *sourceTally) countModel(u ModelUsage) {
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
