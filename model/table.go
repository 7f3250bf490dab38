package model

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Limit allows Max calls in any span of Per.
type Limit struct {
	Max int
	Per time.Duration
}

// A Scope is whose calls share one limit.
type Scope string

// The scopes in the API's limit tables.
const (
	ScopeIP   Scope = "ip"   // all calls from one client IP
	ScopeUser Scope = "user" // all calls of one authenticated user or team
)

// Covers says which calls count against an endpoint's limits.
type Covers int

// The kinds of coverage.
const (
	CoversPaths      Covers = iota // calls that match Paths
	CoversEverything               // every call: the limits stack on the others
	CoversRest                     // every call that matches no other endpoint
)

// EndpointOther is the ID of the endpoint of all calls that no other endpoint's
// Paths match. It is the last in every Table and has no limits.
const EndpointOther = "other"

// An Endpoint is a group of paths that share limits: a row of the API's table.
type Endpoint struct {
	ID     string // short and stable: "chat"
	Name   string // as in the API's table: "POST /v1/chat/completions +3"
	Scope  Scope
	Covers Covers
	// Paths are the patterns for CoversPaths: a path, or a path that ends in
	// "/*" for itself and everything below it, after a method if the limit is
	// for one method only. A pattern without a leading "/" is for an alias that
	// billing rows use in place of a path; it may start with "*".
	Paths  []string
	Limits []Limit
}

// A Table is a list of endpoints with their limits, in display order.
type Table struct {
	Profile   string
	Endpoints []Endpoint // the last one is EndpointOther
	patterns  []pattern  // longest first
}

// A pattern is a parsed entry of Endpoint.Paths.
type pattern struct {
	text     string // as written
	method   string // empty for any method
	path     string // without the wildcard
	below    bool   // matches everything below path, too
	suffix   bool   // matches an alias that ends in path
	alias    bool   // for an alias that rows use in place of a path
	endpoint int
}

// DefaultProfile is the default profile.
const DefaultProfile = "2026-06"

// Profiles returns the names of all profiles, oldest first.
func Profiles() []string { return []string{"2026-06", "2026-07", "2026-09"} }

// Profile returns the limits that the API documented at a date:
//
//   - 2026-06: the page of 2026-06-01. Per-endpoint limits stack on the per-IP
//     default.
//   - 2026-07: the page of 2026-07-24. Per-endpoint limits replace the default;
//     an edge limit always holds.
//   - 2026-09: the page of late September 2026, with the /v1 paths.
func Profile(name string) (Table, error) {
	const minute, hour = time.Minute, time.Hour
	switch name {
	case "2026-06":
		return NewTable(name,
			Endpoint{ID: "all", Name: "All endpoints", Scope: ScopeIP, Covers: CoversEverything, Limits: []Limit{{1_000, minute}, {10_000, hour}}},
			Endpoint{ID: "inference", Name: "POST /inference", Scope: ScopeUser, Paths: []string{"POST /inference"}, Limits: []Limit{{1_200, minute}}},
			Endpoint{ID: "chat", Name: "POST /v1/chat/completions +3", Scope: ScopeUser, Paths: []string{"POST /v1/chat/completions", "POST /v1/completions", "POST /v1/responses", "POST /v1/messages", "*_compat"}, Limits: []Limit{{200, minute}}},
			Endpoint{ID: "gliner", Name: "POST /gliner-2/*", Scope: ScopeUser, Paths: []string{"POST /gliner-2/*"}, Limits: []Limit{{15_000, minute}}},
			Endpoint{ID: "generate", Name: "POST /generate/*", Scope: ScopeUser, Paths: []string{"POST /generate/*"}, Limits: []Limit{{120, minute}}},
			Endpoint{ID: "training", Name: "POST /felix/training-jobs", Scope: ScopeUser, Paths: []string{"POST /felix/training-jobs"}, Limits: []Limit{{20, minute}}},
		)
	case "2026-07":
		return NewTable(name,
			Endpoint{ID: "all", Name: "All other endpoints", Scope: ScopeIP, Covers: CoversRest, Limits: []Limit{{20_000, minute}, {1_000_000, hour}}},
			Endpoint{ID: "edge", Name: "Edge, all traffic", Scope: ScopeIP, Covers: CoversEverything, Limits: []Limit{{100_000, minute}}},
			Endpoint{ID: "inference", Name: "POST /inference", Scope: ScopeUser, Paths: []string{"POST /inference"}, Limits: []Limit{{5_000, minute}}},
			Endpoint{ID: "chat", Name: "POST /v1/chat/completions +3", Scope: ScopeUser, Paths: []string{"POST /v1/chat/completions", "POST /v1/completions", "POST /v1/responses", "POST /v1/messages", "*_compat"}, Limits: []Limit{{5_000, minute}}},
			Endpoint{ID: "gliner", Name: "POST /gliner-2/*", Scope: ScopeUser, Paths: []string{"POST /gliner-2/*"}, Limits: []Limit{{15_000, minute}}},
			Endpoint{ID: "generate", Name: "POST /generate/*", Scope: ScopeUser, Paths: []string{"POST /generate/*"}, Limits: []Limit{{120, minute}}},
			Endpoint{ID: "training", Name: "POST /felix/training-jobs", Scope: ScopeUser, Paths: []string{"POST /felix/training-jobs"}, Limits: []Limit{{20, minute}}},
		)
	case "2026-09":
		return NewTable(name,
			Endpoint{ID: "all", Name: "All other endpoints", Scope: ScopeIP, Covers: CoversRest, Limits: []Limit{{20_000, minute}, {1_000_000, hour}}},
			Endpoint{ID: "edge", Name: "Edge, all traffic", Scope: ScopeIP, Covers: CoversEverything, Limits: []Limit{{100_000, minute}}},
			Endpoint{ID: "chat", Name: "POST /v1/chat/completions +2", Scope: ScopeUser, Paths: []string{"POST /v1/chat/completions", "POST /v1/responses", "POST /v1/messages", "*_compat"}, Limits: []Limit{{5_000, minute}}},
			Endpoint{ID: "gliner", Name: "POST /v1/gliner-2/*", Scope: ScopeUser, Paths: []string{"POST /v1/gliner-2/*"}, Limits: []Limit{{15_000, minute}}},
			Endpoint{ID: "generate", Name: "POST /v1/generate/*", Scope: ScopeUser, Paths: []string{"POST /v1/generate/*"}, Limits: []Limit{{120, minute}}},
			Endpoint{ID: "training", Name: "POST /v1/training-jobs", Scope: ScopeUser, Paths: []string{"POST /v1/training-jobs"}, Limits: []Limit{{20, minute}}},
		)
	}
	return Table{}, fmt.Errorf("unknown profile %q: use one of %s", name, strings.Join(Profiles(), ", "))
}

// MaxLimit is the largest Max of a limit, MaxSpan its longest Per. The memory of a
// window does not depend on either.
const (
	MaxLimit = 1_000_000_000
	MaxSpan  = 24 * time.Hour
)

// NewTable returns a table of these endpoints and EndpointOther. It returns an error
// for an empty or repeated ID, a limit or window out of range, two limits with the
// same window, or an invalid or repeated path.
func NewTable(profile string, endpoints ...Endpoint) (Table, error) {
	t := Table{Profile: profile}
	for _, e := range endpoints {
		if e.ID == "" || e.ID == EndpointOther {
			return Table{}, fmt.Errorf("endpoint id %q: use a short name of your own", e.ID)
		}
		if t.Index(e.ID) >= 0 {
			return Table{}, fmt.Errorf("endpoint %q is defined twice", e.ID)
		}
		if e.Name == "" {
			e.Name = e.ID
		}
		for i, l := range e.Limits {
			if slices.ContainsFunc(e.Limits[:i], func(m Limit) bool { return m.Per == l.Per }) {
				return Table{}, fmt.Errorf("endpoint %q: two limits have a window of %s: keep one", e.ID, l.Per)
			}
			if l.Max <= 0 || l.Max > MaxLimit {
				return Table{}, fmt.Errorf("endpoint %q: limit %d: use 1 to %d", e.ID, l.Max, MaxLimit)
			}
			if l.Per < time.Second || l.Per > MaxSpan {
				return Table{}, fmt.Errorf("endpoint %q: window of %s: use 1s to %s", e.ID, l.Per, MaxSpan)
			}
		}
		for _, text := range e.Paths {
			p, err := parsePattern(text)
			if err != nil {
				return Table{}, fmt.Errorf("endpoint %q: %w", e.ID, err)
			}
			if i := slices.IndexFunc(t.patterns, func(q pattern) bool { return q.text == text }); i >= 0 {
				return Table{}, fmt.Errorf("endpoint %q: path %q is listed twice: remove one", e.ID, text)
			}
			p.endpoint = len(t.Endpoints)
			t.patterns = append(t.patterns, p)
		}
		t.Endpoints = append(t.Endpoints, e)
	}
	slices.SortStableFunc(t.patterns, func(a, b pattern) int { return len(b.path) - len(a.path) })
	t.Endpoints = append(t.Endpoints, Endpoint{ID: EndpointOther, Name: "Other", Scope: ScopeUser})
	return t, nil
}

func parsePattern(text string) (pattern, error) {
	p := pattern{text: text, path: text}
	if method, path, ok := strings.Cut(text, " "); ok {
		p.method, p.path = method, path
	}
	p.alias = !strings.HasPrefix(p.path, "/")
	switch {
	case strings.HasPrefix(p.path, "/"):
		p.path, p.below = strings.CutSuffix(p.path, "/*")
	case strings.HasPrefix(p.path, "*"):
		p.path, p.suffix = p.path[1:], true
	}
	if p.path == "" || strings.ContainsAny(p.path, "* ") || p.method != strings.ToUpper(p.method) {
		return pattern{}, fmt.Errorf("path %q: write it like \"POST /generate/*\"", text)
	}
	return p, nil
}

// Index returns the index of the endpoint with this ID, or -1.
func (t Table) Index(id string) int {
	return slices.IndexFunc(t.Endpoints, func(e Endpoint) bool { return e.ID == id })
}

// Match returns the index of the endpoint that a call belongs to: the last one
// (EndpointOther) if no pattern matches. The longest pattern wins. An empty method,
// as in billing rows, matches every pattern.
func (t Table) Match(method, path string) int {
	endpoint, _ := t.match(method, path)
	return endpoint
}

// match also returns the index of the pattern that matched, or -1.
func (t Table) match(method, path string) (endpoint, matched int) {
	for i := range t.patterns {
		if p := &t.patterns[i]; p.matches(method, path) {
			return p.endpoint, i
		}
	}
	return len(t.Endpoints) - 1, -1
}

func (p *pattern) matches(method, path string) bool {
	if p.method != "" && method != "" && p.method != method {
		return false
	}
	if p.suffix {
		return !strings.HasPrefix(path, "/") && strings.HasSuffix(path, p.path)
	}
	rest, ok := strings.CutPrefix(path, p.path)
	return ok && (rest == "" || rest == "/" || p.below && rest[0] == '/')
}

// Covered reports whether calls that belong to endpoint own count against the
// limits of endpoint e.
func (t Table) Covered(e, own int) bool {
	switch t.Endpoints[e].Covers {
	case CoversEverything:
		return true
	case CoversRest:
		return own == len(t.Endpoints)-1
	}
	return e == own
}
