package sim

import (
	"fmt"
	"slices"
	"time"

	"quotatop/model"
)

// micros is a time in microseconds since 1970, the resolution of the log.
type micros = int64

const (
	perSecond micros = 1_000_000
	perDay           = 24 * 60 * 60 * perSecond
)

// span returns d in microseconds.
func span(d time.Duration) micros { return micros(d / time.Microsecond) }

// A rule is one limit of the table.
type rule struct {
	endpoint int
	scope    model.Scope
	max      int
	per      micros
	detail   string // in the body of a 429
}

// rulesOf returns the limits of t, and for each endpoint the indexes of those
// that its calls count against.
func rulesOf(t model.Table) (rules []rule, under [][]int) {
	under = make([][]int, len(t.Endpoints))
	for e, endpoint := range t.Endpoints {
		for _, l := range endpoint.Limits {
			for own := range t.Endpoints {
				if t.Covered(e, own) {
					under[own] = append(under[own], len(rules))
				}
			}
			rules = append(rules, rule{e, endpoint.Scope, l.Max, span(l.Per), "Rate limit exceeded: " + describe(l)})
		}
	}
	return rules, under
}

// describe returns a limit in the words of a 429's body: "200 per 1 minute".
func describe(l model.Limit) string {
	unit, name := time.Second, "second"
	switch {
	case l.Per%time.Hour == 0:
		unit, name = time.Hour, "hour"
	case l.Per%time.Minute == 0:
		unit, name = time.Minute, "minute"
	}
	return fmt.Sprintf("%d per %d %s", l.Max, l.Per/unit, name)
}

// A usage is the calls of one client address, or of the user, that count against
// one rule.
type usage struct {
	times []micros // sliding: those in the window, from head on
	head  int
	since micros // fixed: the start of the window of used
	used  int
}

// wait returns how long until r allows a call; 0 if it does now.
func (u *usage) wait(r rule, now micros, fixed bool) micros {
	if fixed {
		if u.since != now-now%r.per || u.used < r.max {
			return 0
		}
		return u.since + r.per - now
	}
	for u.head < len(u.times) && u.times[u.head] <= now-r.per {
		u.head++
	}
	if u.head > 1024 && u.head > len(u.times)/2 {
		u.times = slices.Delete(u.times, 0, u.head)
		u.head = 0
	}
	if len(u.times)-u.head < r.max {
		return 0
	}
	return u.times[len(u.times)-r.max] + r.per - now
}

// take uses quota for one call.
func (u *usage) take(r rule, now micros, fixed bool) {
	if !fixed {
		u.times = append(u.times, now)
		return
	}
	if start := now - now%r.per; u.since != start {
		u.since, u.used = start, 0
	}
	u.used++
}

// maxAddresses is the most client addresses that are remembered.
const maxAddresses = 4096

// quotas records what is used of every rule.
type quotas struct {
	rules []rule
	under [][]int // by endpoint: the indexes of the rules that its calls count against
	fixed bool

	user []usage // by rule
	ip   map[string][]usage
}

func newQuotas(t model.Table, fixed bool) *quotas {
	rules, under := rulesOf(t)
	return &quotas{rules: rules, under: under, fixed: fixed, user: make([]usage, len(rules)), ip: map[string][]usage{}}
}

// of returns the usage of the per-IP rules by an address, by rule.
func (q *quotas) of(ip string) []usage {
	u, ok := q.ip[ip]
	if !ok {
		if len(q.ip) >= maxAddresses {
			for old := range q.ip { // any one: no load run has so many addresses
				delete(q.ip, old)
				break
			}
		}
		u = make([]usage, len(q.rules))
		q.ip[ip] = u
	}
	return u
}

// admit takes quota for a call to endpoint own. If a limit does not allow the
// call, it takes none and returns the rule with the longest wait, and that wait;
// otherwise over is -1. With force it always takes quota.
func (q *quotas) admit(own int, ip string, now micros, force bool) (over int, wait micros) {
	byIP := q.of(ip)
	usageOf := func(i int) *usage {
		if q.rules[i].scope == model.ScopeIP {
			return &byIP[i]
		}
		return &q.user[i]
	}
	over = -1
	for _, i := range q.under[own] {
		if w := usageOf(i).wait(q.rules[i], now, q.fixed); w > wait {
			over, wait = i, w
		}
	}
	if over >= 0 && !force {
		return over, wait
	}
	for _, i := range q.under[own] {
		usageOf(i).take(q.rules[i], now, q.fixed)
	}
	return -1, 0
}
