// Package metrics exports the newest snapshot to Prometheus. Unknown values are
// left out, never 0. No metric contains the API key.
package metrics

import (
	"strconv"
	"sync/atomic"
	"time"

	"quotatop/model"
)

// An Exporter serves metrics of the newest snapshot it has seen.
type Exporter struct {
	// Host is the name or address that the user gave to listen on; may be empty.
	Host   string
	newest atomic.Pointer[model.Snapshot]
}

// Seen sets the newest snapshot. It never blocks, and may be called from any
// goroutine.
func (e *Exporter) Seen(s model.Snapshot) { e.newest.Store(&s) }

// A metric is one metric family.
type metric struct {
	name, help string
	kind       string   // gauge or counter
	labels     []string // names, in alphabetical order
}

func gauge(name, help string, labels ...string) metric {
	return metric{"quotatop_" + name, help, "gauge", labels}
}

// families are all metrics. Windows are labelled by endpoint and by the length of
// the window; timestamps are in the server's time.
type families struct {
	used, limit, ratio, others, rejected, margin, learned, peak, toLimit, windowAge metric
	bound                                                                           metric
	calls                                                                           metric

	capUsed, capLimit, capLeft, capBurn, capReset, capExhausted, capEstimated, capAge metric

	denials metric

	up, sourceAge, polls, pollBudget metric
	serviceUp                        metric

	offset, at, info metric

	fleetFamilies
}

// newFamilies describes all metrics.
func newFamilies() families {
	window := []string{"endpoint", "window"}
	return families{
		used:      gauge("window_requests", "Accepted requests in the sliding window of a limit.", window...),
		limit:     gauge("window_limit_requests", "Requests that the limit allows in its window.", window...),
		ratio:     gauge("window_used_ratio", "Fraction of the limit that is used; it can exceed 1.", window...),
		others:    gauge("window_others_requests", "Accepted requests of the window that came from other machines on the same key.", window...),
		rejected:  gauge("window_rejected_requests", "Requests of the window that the limit denied, as far as this machine saw them.", window...),
		margin:    gauge("window_margin_requests", "95% error of the accepted requests; absent if they were counted.", window...),
		learned:   gauge("window_learned_limit_requests", "Limit observed from denials; absent if it is the documented one.", window...),
		peak:      gauge("window_peak_requests", "Most accepted requests of the last 15 windows.", window...),
		toLimit:   gauge("window_time_to_limit_seconds", "Time until the limit is reached at the current rate; absent if it would not be.", window...),
		windowAge: gauge("window_age_seconds", "Age of the window's figures.", window...),
		bound: gauge("window_bound", "1 if quotatop_window_requests is an upper or a lower bound; absent if it is exact.",
			"bound", "endpoint", "window"),
		calls: gauge("endpoint_requests", "Accepted requests in the last minute, for endpoints with and without a limit.", "endpoint"),

		capUsed:      gauge("cap_used_dollars", "Spending in the period of the cap.", "period"),
		capLimit:     gauge("cap_limit_dollars", "Spending cap of the period.", "period"),
		capLeft:      gauge("cap_remaining_dollars", "Amount left of the cap.", "period"),
		capBurn:      gauge("cap_burn_dollars_per_second", "Spending rate over the last minutes.", "period"),
		capReset:     gauge("cap_reset_timestamp_seconds", "When the cap resets.", "period"),
		capExhausted: gauge("cap_exhausted_timestamp_seconds", "When the cap runs out at the current rate; absent if it lasts until the reset.", "period"),
		capEstimated: gauge("cap_estimated", "1 if the spending is estimated from samples, else 0.", "period"),
		capAge:       gauge("cap_age_seconds", "Age of the cap's figures.", "period"),

		denials: metric{"quotatop_denials_total", "Responses in which the API denied a request.", "counter",
			[]string{"endpoint", "kind", "reason", "source"}},

		up:         gauge("source_up", "1 if a source works, else 0.", "source"),
		sourceAge:  gauge("source_age_seconds", "Time since a source's last good data.", "source"),
		polls:      gauge("source_polls", "Requests that a source itself sent in the last window.", "source", "window"),
		pollBudget: gauge("source_budget_polls", "Requests that a source may send in a window.", "source", "window"),
		serviceUp:  gauge("service_up", "1 if a service that runs alongside the sources (journal, record, state file, metrics) works, else 0.", "service"),

		offset: gauge("clock_offset_seconds", "Server clock minus local clock."),
		at:     gauge("snapshot_timestamp_seconds", "When the snapshot was taken."),
		info:   gauge("account_info", "Plan of the account and table of limits; always 1.", "plan", "profile"),

		fleetFamilies: newFleetFamilies(),
	}
}

// all returns all metrics.
func (f *families) all() []metric {
	return append(f.fleetFamilies.all(),
		f.used, f.limit, f.ratio, f.others, f.rejected, f.margin, f.learned, f.peak, f.toLimit, f.windowAge, f.bound, f.calls,
		f.capUsed, f.capLimit, f.capLeft, f.capBurn, f.capReset, f.capExhausted, f.capEstimated, f.capAge,
		f.denials, f.up, f.sourceAge, f.polls, f.pollBudget, f.serviceUp, f.offset, f.at, f.info,
	)
}

// collect returns the metrics of the newest snapshot.
func (e *Exporter) collect() *collection {
	c := &collection{families: newFamilies(), series: map[string]map[string]float64{}}
	s := e.newest.Load()
	if s == nil {
		return c
	}
	now := func(at model.Opt[time.Time]) model.Opt[float64] { return age(s.At, at) }
	for i := range s.Endpoints {
		c.endpoint(&s.Endpoints[i], now)
	}
	c.spend(&s.Cap, now)
	for _, d := range s.Denials {
		c.put(c.denials, float64(d.Count), d.Endpoint, string(d.Kind), d.Reason, d.Source)
	}
	for _, source := range s.Sources {
		c.put(c.up, flag(source.State == model.StateOK), source.Name)
		c.some(c.sourceAge, now(source.AsOf), source.Name)
		c.some(c.polls, number(source.PollsMinute), source.Name, "1m")
		c.some(c.polls, number(source.PollsHour), source.Name, "1h")
		c.some(c.pollBudget, number(source.BudgetMinute), source.Name, "1m")
		c.some(c.pollBudget, number(source.BudgetHour), source.Name, "1h")
	}
	for _, service := range s.Services {
		c.put(c.serviceUp, flag(service.State == model.StateOK), service.Name)
	}
	c.fleet(s)
	c.put(c.offset, float64(s.ClockOffsetMS)/1000)
	c.put(c.at, stamp(s.At))
	c.put(c.info, 1, s.Account.Plan, s.Profile)
	return c
}

// A collection is the values of all metrics, by the metric's name and the labels as
// they are written.
type collection struct {
	families
	series map[string]map[string]float64
}

// put adds a value. Labels may come from the API.
func (c *collection) put(m metric, value float64, labels ...string) {
	if c.series[m.name] == nil {
		c.series[m.name] = map[string]float64{}
	}
	c.series[m.name][m.labelled(labels)] = value
}

// some adds a value if it is known.
func (c *collection) some(m metric, value model.Opt[float64], labels ...string) {
	if v, ok := value.Get(); ok {
		c.put(m, v, labels...)
	}
}

func (c *collection) endpoint(e *model.EndpointUsage, age func(model.Opt[time.Time]) model.Opt[float64]) {
	c.some(c.calls, number(e.Calls), e.ID)
	for i := range e.Limits {
		u := &e.Limits[i]
		window := span(u.Per())
		c.put(c.limit, float64(u.Limit), e.ID, window)
		c.some(c.used, number(u.Used), e.ID, window)
		c.some(c.ratio, u.Ratio(), e.ID, window)
		c.some(c.others, number(u.Others), e.ID, window)
		c.some(c.rejected, number(u.Rejected), e.ID, window)
		c.some(c.learned, number(u.Learned), e.ID, window)
		c.some(c.peak, number(u.Peak), e.ID, window)
		c.some(c.toLimit, u.TimeToLimit, e.ID, window)
		c.some(c.windowAge, age(u.AsOf), e.ID, window)
		if !u.Used.Known() {
			continue
		}
		if u.Estimated {
			c.put(c.margin, float64(u.Margin), e.ID, window)
		}
		if u.UpperBound {
			c.put(c.bound, 1, "upper", e.ID, window)
		}
		if u.LowerBound {
			c.put(c.bound, 1, "lower", e.ID, window)
		}
	}
}

func (c *collection) spend(p *model.Cap, age func(model.Opt[time.Time]) model.Opt[float64]) {
	c.some(c.capUsed, dollars(p.Used), p.Period)
	c.some(c.capLimit, dollars(p.Limit), p.Period)
	c.some(c.capLeft, dollars(p.Remaining), p.Period)
	if burn, ok := p.BurnPerMin.Get(); ok {
		c.put(c.capBurn, burn.USD()/60, p.Period)
	}
	if !p.ResetsAt.IsZero() {
		c.put(c.capReset, stamp(p.ResetsAt), p.Period)
	}
	if at, ok := p.ExhaustsAt.Get(); ok {
		c.put(c.capExhausted, stamp(at), p.Period)
	}
	if p.Used.Known() {
		c.put(c.capEstimated, flag(p.Estimated), p.Period)
	}
	c.some(c.capAge, age(p.AsOf), p.Period)
}

// age returns the seconds from at to now.
func age(now time.Time, at model.Opt[time.Time]) model.Opt[float64] {
	t, ok := at.Get()
	if !ok {
		return model.Opt[float64]{}
	}
	return model.Some(max(now.Sub(t), 0).Seconds())
}

func number(n model.Opt[int]) model.Opt[float64] {
	v, ok := n.Get()
	if !ok {
		return model.Opt[float64]{}
	}
	return model.Some(float64(v))
}

func dollars(m model.Opt[model.Micros]) model.Opt[float64] {
	v, ok := m.Get()
	if !ok {
		return model.Opt[float64]{}
	}
	return model.Some(v.USD())
}

// stamp returns seconds since 1970.
func stamp(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func flag(set bool) float64 {
	if set {
		return 1
	}
	return 0
}

// span returns the name of a window: 1m, 1h, 30s.
func span(per time.Duration) string {
	switch {
	case per >= time.Hour && per%time.Hour == 0:
		return strconv.Itoa(int(per/time.Hour)) + "h"
	case per >= time.Minute && per%time.Minute == 0:
		return strconv.Itoa(int(per/time.Minute)) + "m"
	}
	return strconv.FormatFloat(per.Seconds(), 'f', -1, 64) + "s"
}
