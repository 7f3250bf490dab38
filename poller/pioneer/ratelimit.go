package pioneer

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"quotatop/model"
)

// limitHeaders are the values of the response headers that tell of limits, by
// name in lower case. "rate-limit" in a name is written "ratelimit".
type limitHeaders map[string]string

// maxHeaderValue bounds what is read of one header, in bytes.
const maxHeaderValue = 1 << 10

func readLimitHeaders(header http.Header) limitHeaders {
	h := limitHeaders{}
	for name, values := range header {
		name = strings.ReplaceAll(strings.ToLower(name), "rate-limit", "ratelimit")
		value := strings.TrimSpace(strings.Join(values, ", "))
		if value != "" && (strings.HasPrefix(name, "retry-after") || strings.Contains(name, "ratelimit")) {
			h[name] = value[:min(len(value), maxHeaderValue)]
		}
	}
	return h
}

func (h limitHeaders) get(name string) string { return h[name] }

// firstNames are the headers that String begins with: those that are documented.
var firstNames = []string{"Retry-After", "X-RateLimit-Reason", "X-RateLimit-Code", "X-RateLimit-Scope", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}

// String is all of the headers in one line.
func (h limitHeaders) String() string {
	var parts []string
	rest := maps.Clone(h)
	for _, name := range firstNames {
		if value, ok := h[strings.ToLower(name)]; ok {
			parts = append(parts, name+": "+value)
			delete(rest, strings.ToLower(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		display := strings.ReplaceAll(http.CanonicalHeaderKey(name), "Ratelimit", "RateLimit")
		parts = append(parts, display+": "+rest[name])
	}
	return strings.Join(parts, ", ")
}

// retryAfter is the wait that the response asks for in so many words.
func (h limitHeaders) retryAfter(now time.Time) wait {
	if w := readMilliseconds(h.get("retry-after-ms")); w.Known() {
		return w
	}
	return readRetryAfter(h.get("retry-after"), now)
}

// A unit is what a quota counts.
type unit int

const (
	requests  unit = iota
	otherUnit      // tokens, bytes
)

// A quota is one limit as headers state it.
type quota struct {
	unit      unit
	limit     int           // 0 when unknown
	per       time.Duration // 0 when unknown
	remaining string        // as written
	reset     wait
}

// refusing is the quota that refused the call: one that has none left, else one
// that does not say what is left. A quota with some left refused nothing.
func (h limitHeaders) refusing(now time.Time) (quota, bool) {
	if !slices.ContainsFunc(slices.Collect(maps.Keys(h)), func(name string) bool { return strings.Contains(name, "ratelimit") }) {
		return quota{}, false
	}
	quotas := slices.Concat(h.plain(now), h.draft(now), h.byUnit(now), h.byWindow(now))
	quotas = slices.DeleteFunc(quotas, func(q quota) bool {
		left, _ := number(q.remaining)
		return left > 0 || q.limit == 0 && !q.reset.Known()
	})
	if len(quotas) == 0 {
		return quota{}, false
	}
	i := slices.IndexFunc(quotas, func(q quota) bool { _, ok := number(q.remaining); return ok })
	refusing := quotas[max(i, 0)]
	for _, q := range quotas {
		refusing.complete(q)
	}
	return refusing, true
}

// complete takes what q does not say from another: servers that have headers of
// several kinds say the same thing with them.
func (q *quota) complete(other quota) {
	if q.unit != requests || other.unit != requests {
		return
	}
	if q.limit == 0 {
		q.limit, q.per = other.limit, other.per
	}
	if !q.reset.Known() {
		q.reset = other.reset
	}
}

// plain reads X-RateLimit-Limit, -Remaining and -Reset, and their names without
// the X, as early drafts of the IETF had them: "200", "200, 200;w=60".
func (h limitHeaders) plain(now time.Time) (quotas []quota) {
	for _, prefix := range []string{"x-ratelimit-", "ratelimit-"} {
		q := quota{remaining: firstItem(h.get(prefix + "remaining"))}
		q.limit, q.per = readLimit(h.get(prefix + "limit"))
		if prefix == "ratelimit-" {
			q = h.policy("", q)
		}
		if q.reset = readReset(h.get(prefix+"reset-after"), q.per, now); !q.reset.Known() {
			q.reset = readReset(h.get(prefix+"reset"), q.per, now)
		}
		quotas = append(quotas, q)
	}
	return quotas
}

// draft reads the RateLimit header in both forms that drafts of the IETF gave it
// (draft-ietf-httpapi-ratelimit-headers): "limit=100, remaining=0, reset=42", and
// a list of `"name";r=0;t=42`. RateLimit-Policy has the limits and windows.
func (h limitHeaders) draft(now time.Time) (quotas []quota) {
	value := h.get("ratelimit")
	if value == "" {
		return nil
	}
	items := parseList(value)
	if slices.ContainsFunc(items, func(i item) bool { return strings.Contains(i.name, "=") }) {
		var all item
		for _, i := range items {
			key, v, _ := strings.Cut(i.name, "=")
			all.params = append(all.params, param{key, v})
		}
		q := quota{remaining: all.get("remaining")}
		q.limit, _ = readLimit(all.get("limit"))
		q = h.policy("", q)
		q.reset = readReset(all.get("reset"), q.per, now)
		return []quota{q}
	}
	for _, i := range items {
		q := h.policy(i.name, quota{remaining: i.get("r")})
		q.reset = readReset(i.get("t"), q.per, now)
		quotas = append(quotas, q)
	}
	// Of several that are used up, all have to pass.
	slices.SortStableFunc(quotas, func(a, b quota) int { return int(b.reset.Or(0) - a.reset.Or(0)) })
	return quotas
}

// policy completes a quota by the item of RateLimit-Policy that has its name, or
// where neither has a name, its limit: `"name";q=100;w=60` or "100;w=60".
func (h limitHeaders) policy(name string, q quota) quota {
	value := h.get("ratelimit-policy")
	if value == "" {
		return q
	}
	for _, i := range parseList(value) {
		limit, _ := readLimit(i.name)
		if named := limit == 0; named {
			if i.name != name {
				continue
			}
			limit, _ = readLimit(i.get("q"))
		} else if q.limit > 0 && q.limit != limit {
			continue
		}
		q.limit, q.per = limit, i.window()
		if u := i.get("qu"); u != "" && u != "requests" {
			q.unit = otherUnit
		}
		return q
	}
	return q
}

// byUnit reads the headers of APIs that count requests and tokens apart:
// x-ratelimit-limit-requests, anthropic-ratelimit-requests-limit.
func (h limitHeaders) byUnit(now time.Time) (quotas []quota) {
	for _, name := range []string{"requests", "tokens", "input-tokens", "output-tokens"} {
		for _, get := range []func(what string) string{
			func(what string) string { return h.get("x-ratelimit-" + what + "-" + name) },
			func(what string) string { return h.get("anthropic-ratelimit-" + name + "-" + what) },
		} {
			q := quota{remaining: firstItem(get("remaining"))}
			q.limit, q.per = readLimit(get("limit"))
			q.reset = readReset(get("reset"), q.per, now)
			if name != "requests" {
				q.unit = otherUnit
			}
			quotas = append(quotas, q)
		}
	}
	return quotas
}

// byWindow reads X-RateLimit-Limit-Minute and the like.
func (h limitHeaders) byWindow(now time.Time) (quotas []quota) {
	for _, window := range []struct {
		name string
		per  time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		q := quota{remaining: firstItem(h.get("x-ratelimit-remaining-" + window.name)), per: window.per}
		q.limit, _ = readLimit(h.get("x-ratelimit-limit-" + window.name))
		q.reset = readReset(h.get("x-ratelimit-reset-"+window.name), window.per, now)
		quotas = append(quotas, q)
	}
	return quotas
}

// thousands is a number that is written with commas: not a list.
var thousands = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\d{1,3}(,\d{3})+$`)
})

// readLimit reads a limit and, where one is given with it, its window: "200",
// "200.0", "200;w=60", "200, 200;w=60".
func readLimit(value string) (limit int, per time.Duration) {
	if value == "" || thousands().MatchString(value) {
		return 0, 0
	}
	items := parseList(value)
	n, ok := number(items[0].name)
	if !ok || n < 1 || n > model.MaxLimit || n != float64(int(n)) {
		return 0, 0
	}
	for _, i := range items {
		if m, ok := number(i.name); ok && m == n && i.window() > 0 {
			return int(n), i.window()
		}
	}
	return int(n), 0
}

// firstItem is the first of a list of values, without its parameters.
func firstItem(value string) string {
	if value == "" {
		return ""
	}
	return parseList(value)[0].name
}

// An item is one member of a list with its parameters, as in "200;w=60"
// (RFC 9651), read leniently.
type item struct {
	name   string // without quotes
	params []param
}

type param struct{ key, value string }

// get returns a parameter, or nothing.
func (i item) get(key string) string {
	for _, p := range i.params {
		if p.key == key {
			return p.value
		}
	}
	return ""
}

// window is the span of time that a parameter gives in seconds, or 0.
func (i item) window() time.Duration {
	n, ok := number(firstOf(i.get("w"), i.get("window")))
	if !ok || n > MaxRetryAfter.Seconds() {
		return 0
	}
	return time.Duration(n * float64(time.Second))
}

// maxItems bounds the items that are read of one list.
const maxItems = 16

// parseList splits a value into at least one item.
func parseList(value string) (items []item) {
	for i, text := range splitOutside(value, ',') {
		if i == maxItems {
			break
		}
		parts := splitOutside(text, ';')
		one := item{name: unquote(parts[0])}
		for _, p := range parts[1:] {
			key, v, _ := strings.Cut(p, "=")
			one.params = append(one.params, param{strings.ToLower(strings.TrimSpace(key)), unquote(v)})
		}
		items = append(items, one)
	}
	return items
}

func unquote(text string) string {
	return strings.ToLower(strings.Trim(strings.TrimSpace(text), `"`))
}

// splitOutside splits text at a separator outside of quotes.
func splitOutside(text string, separator byte) (parts []string) {
	quoted, from := false, 0
	for i := range len(text) {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == separator && !quoted:
			parts = append(parts, text[from:i])
			from = i + 1
		}
	}
	return append(parts, text[from:])
}
