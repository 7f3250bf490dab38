package pioneer

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"quotatop/model"
)

// Bounds on the texts of a denial, in bytes.
const (
	maxDetail  = 200
	maxHeaders = 256
)

// MayBeDenied reports whether ReadDenial may find a denial in a response with
// this status.
func MayBeDenied(status int) bool {
	return status == 429 || status == 425 || status >= 401 && status <= 403
}

// ReadDenial reads the denial in a response of the API. It returns false for a
// response that is not a denial. header may be nil. body is as it was sent, with
// any Content-Encoding, and may be cut short. now is when the response arrived,
// in server time, for a Retry-After that is a date (RFC 9110, section 10.2.3).
// None of the denial's texts shows these secrets or anything that looks like an
// API key.
//
// The API has used several shapes: a code or message may be at the top of the
// body, under "detail" (a string, an object or an array) or under "error". A 401
// is a denial too, and so is a 425, which says that a model is warming up; 404,
// 422, 5xx and the like are errors, not denials.
//
// A wait longer than MaxRetryAfter reads as MaxRetryAfter.
func ReadDenial(status int, header http.Header, body []byte, now time.Time, secrets ...string) (model.Denial, bool) {
	if !MayBeDenied(status) {
		return model.Denial{}, false
	}
	limits := readLimitHeaders(header)
	said, readable := readBody(header.Values("Content-Encoding"), body)
	r := reading{
		status: status, said: said, readable: readable, foreign: len(body) > 0 && said == (saying{}),
		reason: firstOf(limits.get("x-ratelimit-reason"), limits.get("x-ratelimit-code"), said.code),
		wait:   limits.retryAfter(now),
	}
	r.quota, r.limited = limits.refusing(now)
	return model.Denial{
		Kind:       r.kind(),
		Status:     status,
		Reason:     shown(r.reason, maxDetail, secrets),
		Detail:     shown(said.message, maxDetail, secrets),
		Headers:    shown(limits.String(), maxHeaders, secrets),
		URL:        shown(said.url, maxDetail, secrets),
		RetryAfter: r.retryAfter(),
		Limit:      r.limit(),
	}, true
}

// shown is foreign text as a denial shows it.
func shown(text string, limit int, secrets []string) string {
	return NewGate(secrets...).Text(text, limit)
}

// A reading is what a response says, in its parts.
type reading struct {
	status   int
	said     saying
	readable bool   // whether the body could be read; an empty one can
	foreign  bool   // whether there is a body that is not in the API's words, as a proxy's page
	reason   string // the API's code for the denial
	wait     model.Opt[time.Duration]
	quota    quota // the one that the headers give as used up
	limited  bool  // whether there is such a quota
}

// maxWindow is the longest window of the documented rate limits: a wait that is
// longer is not for one of them.
const maxWindow = time.Hour

func (r *reading) kind() model.Kind {
	switch r.status {
	case http.StatusTooEarly:
		return model.KindBusy
	case http.StatusUnauthorized:
		return model.KindAuth
	case http.StatusPaymentRequired:
		// No credits, or a spend limit that the account's owner has set: the
		// code of the latter is not documented.
		if strings.Contains(r.reason, "spend_cap") {
			return model.KindCap
		}
		return model.KindCredits
	case http.StatusForbidden:
		return r.forbidden()
	}
	switch {
	case strings.Contains(r.reason, "spend_cap"):
		return model.KindCap
	case r.busy():
		return model.KindBusy
	case r.readable, r.reason != "", r.limited && r.quota.unit == requests, r.wait.Known() && r.wait.Or(0) <= maxWindow:
		return model.KindRate
	}
	return model.KindUnknown
}

// forbidden is the kind of a 403, whose body alone tells.
func (r *reading) forbidden() model.Kind {
	switch code := r.said.code; {
	case code == "credit_ceiling_reached":
		return model.KindCeiling
	case strings.Contains(code, "card"), strings.Contains(code, "credits"):
		return model.KindCredits
	case !r.readable, r.foreign:
		return model.KindUnknown
	}
	return model.KindAuth
}

// busy reports whether a 429 says that the API lacks capacity, and not that a
// limit was met. The code is that of a failed call in GET /inferences.
func (r *reading) busy() bool {
	return r.reason == "capacity_exhausted" ||
		r.reason == "" && !strings.HasPrefix(r.said.message, "Rate limit") && strings.Contains(strings.ToLower(r.said.message), "capacity")
}

// retryAfter is the wait that the response asked for; for a limit that names
// none, the time until its quota is full again.
func (r *reading) retryAfter() model.Opt[time.Duration] {
	if !r.wait.Known() && r.limited && r.kind().Waits() {
		return r.quota.reset
	}
	return r.wait
}

// limit is the limit of requests that the response names. A header is more exact
// than the body's words, but may not say the window.
func (r *reading) limit() model.Limit {
	if r.kind() != model.KindRate {
		return model.Limit{}
	}
	named := limitNamed(r.said.message)
	if r.limited && r.quota.unit == requests && r.quota.limit > 0 {
		named.Max = r.quota.limit
		if r.quota.per > 0 {
			named.Per = r.quota.per
		}
	}
	return named
}

// namedLimit is how the API is believed to name the limit that was met; the
// text after "Rate limit exceeded:" is not documented.
var namedLimit = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[^\d,.])(\d{1,9}) per (\d{1,4}) (second|minute|hour|day)`)
})

func limitNamed(detail string) model.Limit {
	m := namedLimit().FindStringSubmatch(detail)
	if m == nil {
		return model.Limit{}
	}
	calls, _ := strconv.Atoi(m[1])
	n, _ := strconv.Atoi(m[2])
	unit := map[string]time.Duration{"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[m[3]]
	return model.Limit{Max: calls, Per: time.Duration(n) * unit}
}
