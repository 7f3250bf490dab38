package model

import (
	"slices"
	"time"
)

// alertMemory is how many groups of denials are kept. A new one replaces the one
// that has been quiet for longest.
const alertMemory = 64

// How long a group is kept after its last denial: a rate limit for rateMemory or
// until its Retry-After is over, the cap until its reset, others for otherMemory.
const (
	rateMemory  = time.Hour
	otherMemory = 24 * time.Hour
)

// A groupKey is what the denials of one group have in common.
type groupKey struct {
	kind     Kind
	endpoint int // its index in the table, or ownPolls
	reason   string
	source   string
}

// groupOf returns the group of a denied call.
func groupOf(c *countedCall, d *Denial) groupKey {
	key := groupKey{kind: d.Kind, endpoint: c.endpoint, reason: d.Reason, source: c.source}
	if c.vantage == VantageOwn {
		key.endpoint = ownPolls
	}
	return key
}

// ownPolls is the endpoint of denials of quotatop's own requests.
const ownPolls = -1

// A group counts the denials of a DenialGroup.
type group struct {
	key       groupKey
	last      Denial
	first, at time.Time
	count     int
	minute    *Window
	retryAt   time.Time // zero without a Retry-After
	waitFrom  time.Time // the first denial of the current wait
	early     int       // calls that came during a wait
	by        []GeneratorDenials
}

func newGroup(key groupKey) *group {
	return &group{key: key, minute: newDetailWindow()}
}

// inFlightTime is how long after a denial calls may already have been on their way:
// they are not early.
const inFlightTime = time.Second

// alerts are the recent groups of denials, newest first.
type alerts struct{ groups []*group }

// observe adds a denial. generator is the one of a fleet that got it, or empty.
func (a *alerts) observe(key groupKey, d Denial, generator string, at time.Time, reset func(t time.Time) time.Time) {
	i := slices.IndexFunc(a.groups, func(g *group) bool { return g.key == key })
	if i >= 0 && a.groups[i].over(at, reset) { // start a new group
		a.groups, i = slices.Delete(a.groups, i, i+1), -1
	}
	if i < 0 {
		if len(a.groups) == alertMemory {
			a.groups = slices.Delete(a.groups, alertMemory-1, alertMemory)
		}
		i = len(a.groups)
		g := newGroup(key)
		g.first, g.at, g.last = at, at, d
		a.groups = append(a.groups, g)
	}
	g := a.groups[i]
	if g.waitFrom.IsZero() || key.kind == KindRate && at.After(g.retryAt) {
		g.waitFrom = at
	}
	g.count++
	g.by = countGenerator(g.by, GeneratorDenials{Name: generator, Count: 1})
	g.minute.Add(at, 1)
	g.first = minTime(g.first, at)
	if !at.Before(g.at) {
		g.at, g.last = at, d
	}
	if wait, ok := d.RetryAfter.Get(); ok {
		g.retryAt = maxTime(g.retryAt, at.Add(wait))
	}
	a.sort()
}

// confirmCap makes cap denials of those of unknown reason since a time: the cap
// turned out to be used up.
func (a *alerts) confirmCap(since time.Time, reset func(t time.Time) time.Time) {
	for _, g := range slices.Clone(a.groups) {
		if !g.last.unexplained() || g.at.Before(since) {
			continue
		}
		key := g.key
		key.kind = KindCap
		moved, at := newGroup(key), g.at
		n := min(g.minute.move(since, moved.minute), g.count)
		if n == 0 {
			continue
		}
		moved.by = slices.Clone(g.by) // nearly all of them, as a rule
		moved.first, moved.at, moved.last, moved.count, moved.waitFrom = maxTime(g.first, since), at, *g.last.as(KindCap), n, maxTime(g.first, since)
		if g.count -= n; g.count == 0 {
			a.remove(g)
		} else {
			g.at = minTime(g.at, since)
		}
		a.add(moved, reset)
	}
}

// add adds a group, or its denials to the group that has its key.
func (a *alerts) add(g *group, reset func(t time.Time) time.Time) {
	i := slices.IndexFunc(a.groups, func(o *group) bool { return o.key == g.key })
	if i >= 0 && a.groups[i].over(g.at, reset) {
		a.remove(a.groups[i])
		i = -1
	}
	if i < 0 {
		if len(a.groups) == alertMemory {
			a.groups = slices.Delete(a.groups, alertMemory-1, alertMemory)
		}
		a.groups = append(a.groups, g)
	} else {
		o := a.groups[i]
		o.count += g.count
		for _, c := range g.by {
			o.by = countGenerator(o.by, c)
		}
		o.first, o.at, o.waitFrom = minTime(o.first, g.first), maxTime(o.at, g.at), minTime(o.waitFrom, g.waitFrom)
		g.minute.move(time.Unix(0, 0), o.minute)
	}
	a.sort()
}

func (a *alerts) remove(g *group) {
	a.groups = slices.DeleteFunc(a.groups, func(o *group) bool { return o == g })
}

// sort puts the newest first, so that the last one is the one to replace.
func (a *alerts) sort() {
	slices.SortStableFunc(a.groups, func(x, y *group) int { return y.at.Compare(x.at) })
}

// sent counts a call that a local source saw as early if it came during its
// endpoint's Retry-After, or after the cap was reached, here and in the log.
func (a *alerts) sent(endpoint int, source string, at time.Time, reset func(t time.Time) time.Time, log *eventLog) {
	for _, g := range a.groups {
		if g.key.source != source || g.key.endpoint != endpoint {
			continue
		}
		switch g.key.kind {
		case KindRate:
			if tooEarly(at, g.waitFrom, g.retryAt) {
				g.early++
				log.early(g.key)
			}
		case KindCap:
			if tooEarly(at, g.waitFrom, reset(g.waitFrom)) {
				g.early++
				log.early(g.key)
			}
		}
	}
}

// tooEarly reports whether a call at a time ignored a wait.
func tooEarly(at, from, until time.Time) bool {
	return at.Before(until) && at.After(from.Add(inFlightTime))
}

// over reports whether the group no longer matters at t. reset returns the cap's
// next reset.
func (g *group) over(t time.Time, reset func(t time.Time) time.Time) bool {
	switch g.key.kind {
	case KindRate, KindBusy, KindUnknown:
		return t.Sub(g.at) >= rateMemory && !t.Before(g.retryAt)
	case KindCap:
		return !t.Before(reset(g.at)) // a new period has begun
	}
	return t.Sub(g.at) >= otherMemory
}

// snapshot lists the groups that still matter at now. reset returns the spending
// cap's next reset after t.
func (a *alerts) snapshot(m *moment, table Table, reset func(t time.Time) time.Time) []DenialGroup {
	out := make([]DenialGroup, 0, len(a.groups))
	var capped []*group // newest first
	for _, g := range a.groups {
		switch {
		case g.over(m.now, reset):
			continue
		case g.key.kind == KindCap:
			if capped = append(capped, g); len(capped) > 1 {
				continue
			}
		}
		out = append(out, g.snapshot(m, table, reset))
	}
	if len(capped) > 1 {
		i := slices.IndexFunc(out, func(d DenialGroup) bool { return d.Kind == KindCap })
		merge(&out[i], capped, m, table)
	}
	return out
}

func (g *group) snapshot(m *moment, table Table, reset func(t time.Time) time.Time) DenialGroup {
	d := DenialGroup{
		Kind: g.key.kind, Status: g.last.Status, First: g.first, At: g.at, Count: g.count, Minute: g.lastMinute(m),
		Early: g.early, Reason: g.key.reason, Detail: g.last.Detail, Headers: g.last.Headers, URL: g.last.URL, Source: g.key.source,
		Endpoints: []EndpointCount{}, Generators: mostDenied(g.by),
	}
	if g.key.endpoint != ownPolls {
		d.Endpoint = table.Endpoints[g.key.endpoint].ID
		d.Endpoints = append(d.Endpoints, EndpointCount{d.Endpoint, g.count})
	}
	if !g.retryAt.IsZero() {
		d.RetryAt = Some(g.retryAt)
	}
	switch g.key.kind {
	case KindRate, KindBusy:
		d.ClearsAt = d.RetryAt
	case KindCap:
		d.ClearsAt = Some(reset(g.at))
	}
	return d
}

// lastMinute returns the denials of the last minute.
func (g *group) lastMinute(m *moment) int {
	return g.minute.Count(m.local.Add(-time.Minute), m.countEnd())
}

// merge makes one group of several, of which d is the newest. Sources may have
// seen the same calls: of each endpoint, the one that saw most counts.
func merge(d *DenialGroup, groups []*group, m *moment, table Table) {
	d.Count, d.Minute, d.Early, d.Endpoints = 0, 0, 0, []EndpointCount{}
	for e := ownPolls; e < len(table.Endpoints); e++ {
		var count, minute, early int
		for i, first := range groups {
			if slices.ContainsFunc(groups[:i], func(g *group) bool { return g.key.source == first.key.source }) {
				continue
			}
			var counts, minutes, earlies int // of one source
			for _, g := range groups {
				if g.key.endpoint == e && g.key.source == first.key.source {
					counts, minutes, earlies = counts+g.count, minutes+g.lastMinute(m), earlies+g.early
				}
			}
			count, minute, early = max(count, counts), max(minute, minutes), max(early, earlies)
		}
		d.Count, d.Minute, d.Early = d.Count+count, d.Minute+minute, d.Early+early
		if count > 0 && e != ownPolls {
			d.Endpoints = append(d.Endpoints, EndpointCount{table.Endpoints[e].ID, count})
		}
	}
	var by []GeneratorDenials
	for _, g := range groups {
		for _, c := range g.by {
			by = countGenerator(by, c)
		}
		d.First = minTime(d.First, g.first)
		if !g.retryAt.IsZero() {
			d.RetryAt = Some(maxTime(d.RetryAt.Or(g.retryAt), g.retryAt))
		}
	}
	d.Generators = mostDenied(by)
}
