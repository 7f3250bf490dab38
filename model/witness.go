package model

import "time"

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

func (w *witness) open(name string, t Table, lag time.Duration, steps *timeline) {
	w.name, w.models = name, map[string]*ModelReport{}
	for _, e := range t.Endpoints {
		y := testimony{limited: make([]int, len(e.Limits)), accepts: steps.strip(false), rejects: steps.strip(false)}
		for _, limit := range e.Limits {
			y.meters = append(y.meters, newMeter(limit.Max, limit.Per, lag, steps))
		}
		w.endpoints = append(w.endpoints, y)
	}
}

// charge counts calls of a model.
func (w *witness) charge(model string, calls int, tokens int64, cost Micros) {
	cost, tokens = max(cost, 0), max(tokens, 0) // a log of usage has no negative cost
	w.cost += cost
	if model == "" {
		return
	}
	if w.last == nil || w.last.Model != model {
		m := w.models[model]
		if m == nil {
			if len(w.models) >= maxReportModels {
				model = ModelOthers
			}
			if m = w.models[model]; m == nil {
				m = &ModelReport{Model: model, Source: w.name}
				w.models[model] = m
			}
		}
		w.last = m
	}
	w.last.Calls += calls
	if tokens > 0 {
		w.last.Tokens = Some(w.last.Tokens.Or(0) + tokens)
	}
	if cost > 0 {
		w.last.Cost = Some(w.last.Cost.Or(0) + cost)
	}
}

// sampleModel counts a row that stands for scale of its like.
func (w *witness) sampleModel(c Call, scale float64) {
	before := w.cost
	w.charge(c.Model, round(scale), int64(float64(c.Tokens)*scale), Micros(float64(c.Cost)*scale))
	w.cost = before // the money of the sample has been counted as a whole
}
