package model

import "math"

// An estimate is what the rows of a sampled reading say of all its rows. Its
// figures are those of the sample; scale is how many rows of the log each
// sampled row stands for, 0 without any.
type estimate struct {
	rows, calls []float64 // by endpoint: all rows, and the calls that count
	unnamed     float64   // the rows that do not name their endpoint
	patterns    []float64 // the calls that count, by pattern; 0 for aliases
	models      []sampledModel
	cost        float64 // micro-dollars
	scale       float64
}

// A sampledModel is the sampled calls of one model to one endpoint. They add up
// to estimate.calls; their cost is that of all their rows that count.
type sampledModel struct {
	endpoint               int
	model                  string
	requests, tokens, cost float64
}

// estimate judges a sample.
//
// Both rows of a call that was logged twice are in the log; the share of alias
// rows that were such rows so far is taken off the count and off the money.
func (a *attribution) estimate(r *Reading) *estimate {
	endpoints := len(a.table.Endpoints)
	e := &estimate{rows: make([]float64, endpoints), calls: make([]float64, endpoints), patterns: make([]float64, len(a.table.patterns))}
	aliases, aliasCost := make([]float64, endpoints), make([]float64, endpoints)
	for i := range r.Rows {
		c := &r.Rows[i]
		endpoint, pattern, alias := a.classify(c)
		e.rows[endpoint]++
		if unnamed(c) {
			e.unnamed++
		}
		e.cost += float64(c.Cost)
		switch {
		case internal(pattern, c.Path):
		case alias && !a.countDoubles:
			aliases[endpoint]++
			aliasCost[endpoint] += float64(c.Cost)
		default:
			e.calls[endpoint]++
			if pattern >= 0 && !alias {
				e.patterns[pattern]++
			}
		}
	}
	worth := make([]float64, endpoints) // the calls that one alias row counts for
	for endpoint, n := range aliases {
		paired := n * a.doubles.share()
		if e.calls[endpoint] == 0 {
			paired = 0 // an alias without any path beside it is no double
		}
		e.cost -= aliasCost[endpoint] * paired / max(n, 1)
		e.calls[endpoint] += n - paired
		worth[endpoint] = (n - paired) / max(n, 1)
	}
	e.models = a.sampledModels(r.Rows, worth)
	if len(r.Rows) > 0 {
		e.scale = float64(r.Total) / float64(len(r.Rows))
	}
	return e
}

// sampledModels adds up the sampled calls by model, in the order of their first
// row. An alias row of an endpoint counts for aliasWorth calls.
func (a *attribution) sampledModels(rows []Call, aliasWorth []float64) (list []sampledModel) {
	type key struct {
		endpoint int
		model    string
	}
	places := make(map[key]int)
	for i := range rows {
		c := &rows[i]
		endpoint, pattern, alias := a.classify(c)
		if internal(pattern, c.Path) {
			continue
		}
		k := key{endpoint, c.Model}
		place, known := places[k]
		if !known {
			place = len(list)
			places[k] = place
			list = append(list, sampledModel{endpoint: endpoint, model: c.Model})
		}
		worth := 1.0
		if alias && !a.countDoubles {
			worth = aliasWorth[endpoint]
		}
		m := &list[place]
		m.requests += worth
		m.tokens += worth * float64(max(c.Tokens, 0))
		m.cost += worth * float64(max(c.Cost, 0))
	}
	return list
}

// usage returns what the sampled calls stand for, at a scale.
func (m *sampledModel) usage(scale float64) ModelUsage {
	return ModelUsage{
		Model: m.model, Requests: round(m.requests * scale),
		Tokens: saturate(m.tokens * scale), Cost: Micros(saturate(m.cost * scale)), Estimated: true,
	}
}

// saturate rounds x, to the largest number there is where x is larger.
func saturate(x float64) int64 {
	if x >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(x + 0.5)
}

func round(x float64) int { return int(x + 0.5) }
