package model

import (
	"slices"
	"time"
)

// alertMemory is how many groups of denials are remembered; the one that has
// been quiet for longest gives way.
const alertMemory = 64

// How long a group is shown after its last denial: what passes by itself for
// an hour or until Retry-After is over, what a person must clear for a day; the
// cap until its reset.
const (
	rateMemory  = time.Hour
	otherMemory = 24 * time.Hour
)

// groupKey is what the denials of one group have in common.
type groupKey struct {
	kind     Kind
	endpoint int // the place in the table, or ownPolls
	reason   string
	source   string
}

// ownPolls stands for an endpoint: the denials of quotatop's own requests.
const ownPolls = -1

// group is a DenialGroup in the making.
type group struct {
	key       groupKey
	last      Denial
	first, at time.Time
	count     int
	minute    *Window
	retryAt   time.Time // zero when the API did not say
	told      time.Time // when the client was first told to wait, in this wait
	early     int       // calls that came within a wait
}

func newGroup(key groupKey) *group {
	return &group{key: key, minute: NewWindow(detailWidth, time.Minute+laneLag)}
}

// heardAfter is how long a client is given to hear of a denial: calls that were
// on their way by then are not early.
const heardAfter = time.Second

// alerts is the short memory of denials.
type alerts struct{ groups []*group }

func (a *alerts) observe(key groupKey, d Denial, at time.Time, reset func(t time.Time) time.Time) {
	i := slices.IndexFunc(a.groups, func(g *group) bool { return g.key == key })
	if i >= 0 && a.groups[i].over(at, reset) { // it begins anew
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
	if g.told.IsZero() || key.kind == KindRate && at.After(g.retryAt) {
		g.told = at
	}
	g.count++
	g.minute.Add(at, 1)
	g.first = minTime(g.first, at)
	if !at.Before(g.at) {
		g.at, g.last = at, d
	}
	if wait, ok := d.RetryAfter.Get(); ok {
		g.retryAt = maxTime(g.retryAt, at.Add(wait))
	}
	// Newest first, so that the last one has been quiet for longest.
	slices.SortStableFunc(a.groups, func(x, y *group) int { return y.at.Compare(x.at) })
}

// sent notes a call that a local source saw, and counts it where it came too
// early: within its endpoint's Retry-After, or after the cap had closed.
func (a *alerts) sent(endpoint int, source string, at time.Time, reset func(t time.Time) time.Time) {
	for _, g := range a.groups {
		if g.key.source != source || g.key.endpoint != endpoint {
			continue
		}
		switch g.key.kind {
		case KindRate:
			if tooEarly(at, g.told, g.retryAt) {
				g.early++
			}
		case KindCap:
			if tooEarly(at, g.told, reset(g.told)) {
				g.early++
			}
		}
	}
}

// tooEarly reports whether a call at a time ignored that its client had been
// told to wait until another.
func tooEarly(at, told, until time.Time) bool {
	return at.Before(until) && at.After(told.Add(heardAfter))
}

// over reports whether the group no longer matters at t.
func (g *group) over(t time.Time, reset func(t time.Time) time.Time) bool {
	switch g.key.kind {
	case KindRate:
		return t.Sub(g.at) >= rateMemory && !t.Before(g.retryAt)
	case KindCap:
		return !t.Before(reset(g.at)) // a new period has begun
	}
	return t.Sub(g.at) >= otherMemory
}

// snapshot lists the groups that still matter at now. reset is the spending
// cap's next reset after t.
func (a *alerts) snapshot(now time.Time, table Table, reset func(t time.Time) time.Time) []DenialGroup {
	out := make([]DenialGroup, 0, len(a.groups))
	for _, g := range a.groups {
		d := DenialGroup{
			Kind: g.key.kind, Status: g.last.Status, First: g.first, At: g.at, Count: g.count,
			Minute: g.minute.Count(now.Add(-time.Minute), soon(now)),
			Early:  g.early, Reason: g.key.reason, Detail: g.last.Detail, Headers: g.last.Headers, URL: g.last.URL, Source: g.key.source,
		}
		if g.key.endpoint != ownPolls {
			d.Endpoint = table.Endpoints[g.key.endpoint].ID
		}
		if !g.retryAt.IsZero() {
			d.RetryAt = Some(g.retryAt)
		}
		switch g.key.kind {
		case KindRate:
			d.ClearsAt = d.RetryAt
		case KindCap:
			d.ClearsAt = Some(reset(g.at))
		}
		if !g.over(now, reset) {
			out = append(out, d)
		}
	}
	return out
}
