package pioneer

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"quotatop/model"
)

// maxDetail bounds the text that is kept of a denial's body, in bytes.
const maxDetail = 200

// MayBeDenied reports whether a response with this status may be a denial.
func MayBeDenied(status int) bool {
	return status == 429 || status >= 401 && status <= 403
}

// ReadDenial reads the denial in a response of the API. It returns false for a
// response that is not a denial. header may be nil, body may be cut short, and
// now is when the response arrived, in server time, for a Retry-After that is a
// date (RFC 9110, section 10.2.3). None of the denial's texts shows these secrets
// or anything that looks like an API key.
//
// The API has used several shapes: a code or message may be at the top of the
// body, under "detail" (a string, an object or an array) or under "error". A 401
// is a denial too; 404, 422, 5xx and the like are errors, not denials.
func ReadDenial(status int, header http.Header, body []byte, now time.Time, secrets ...string) (model.Denial, bool) {
	said := readBody(body)
	show := func(text string) string { return shown(text, secrets) }
	d := model.Denial{
		Status: status,
		Reason: firstOf(header.Get("X-RateLimit-Reason"), header.Get("X-RateLimit-Code"), said.code),
		Detail: show(said.message),
		URL:    show(said.url),
	}
	switch {
	case status == 429 && strings.Contains(d.Reason, "spend_cap"):
		d.Kind = model.KindCap
	case status == 429:
		d.Kind = model.KindRate
	case status == 401:
		d.Kind = model.KindAuth
	case status == 403 && said.code == "credit_ceiling_reached":
		d.Kind = model.KindCeiling
	case status == 402, status == 403 && (strings.Contains(said.code, "card") || strings.Contains(said.code, "credits")):
		d.Kind = model.KindCredits
	case status == 403:
		d.Kind = model.KindAuth
	default:
		return model.Denial{}, false
	}
	d.Reason = show(d.Reason)
	d.RetryAfter = readRetryAfter(header.Get("Retry-After"), now)
	d.Headers = show(limitHeaders(header))
	if d.Kind == model.KindRate {
		d.Limit = limitNamed(d.Detail)
		if n, err := strconv.Atoi(header.Get("X-RateLimit-Limit")); err == nil && n > 0 && n <= model.MaxLimit {
			d.Limit.Max = n
		}
		if !d.RetryAfter.Known() {
			d.RetryAfter = readReset(header.Get("X-RateLimit-Reset"), now)
		}
	}
	return d, true
}

// limitHeaders are the response headers that tell of limits, in one line.
func limitHeaders(header http.Header) string {
	var said []string
	for _, name := range []string{"Retry-After", "X-RateLimit-Reason", "X-RateLimit-Code", "X-RateLimit-Scope", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		if value := header.Get(name); value != "" {
			said = append(said, name+": "+value)
		}
	}
	return strings.Join(said, ", ")
}

// readReset reads X-RateLimit-Reset, whose unit is not documented: seconds
// until the reset, or where that would be decades, the Unix time of it.
func readReset(value string, now time.Time) model.Opt[time.Duration] {
	seconds, err := strconv.ParseFloat(value, 64)
	if err == nil && seconds > 1e9 && seconds < 1e11 {
		return model.Some(min(max(time.Unix(int64(seconds), 0).Sub(now), 0), maxRetryAfter))
	}
	return readRetryAfter(value, now)
}

// Detail is the human text of a response's body, on one line, wherever in it
// that stands; empty when it has none.
func Detail(body []byte, secrets ...string) string { return shown(readBody(body).message, secrets) }

// shown is foreign text as a denial shows it. What is invisible goes first, since
// it may hide a key.
func shown(text string, secrets []string) string {
	return Clean(Redact(Clean(text, 4*maxDetail), secrets...), maxDetail)
}

// saying is what a response body says, wherever in it that stands.
type saying struct{ code, message, url string }

func readBody(body []byte) saying {
	var top any
	if json.Unmarshal(body, &top) != nil {
		return saying{}
	}
	return find(top, 3)
}

// find looks for a code, a message and a resolution_url in v and the places
// below it that are known to hold them. depth bounds what a hostile body costs.
func find(v any, depth int) saying {
	if depth == 0 {
		return saying{}
	}
	switch v := v.(type) {
	case string:
		return saying{message: v}
	case []any: // a validation error: [{"loc":…,"msg":…}]
		if len(v) > 0 {
			return find(v[0], depth-1)
		}
	case map[string]any:
		var s saying
		s.code, _ = v["code"].(string)
		s.message, _ = v["message"].(string)
		s.url, _ = v["resolution_url"].(string)
		if msg, ok := v["msg"].(string); ok && s.message == "" {
			s.message = msg
		}
		for _, key := range []string{"detail", "error"} {
			inner := find(v[key], depth-1)
			s.code = firstOf(s.code, inner.code)
			s.message = firstOf(s.message, inner.message)
			s.url = firstOf(s.url, inner.url)
		}
		if s.code == "" { // the Anthropic envelope says its code as a type
			if kind, ok := v["type"].(string); ok && kind != "error" {
				s.code = kind
			}
		}
		return s
	}
	return saying{}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// maxRetryAfter bounds a wait that a response may ask for: nothing of the API
// takes longer than a month to clear.
const maxRetryAfter = 31 * 24 * time.Hour

// readRetryAfter reads seconds or an HTTP date (RFC 9110, section 5.6.7).
func readRetryAfter(value string, now time.Time) model.Opt[time.Duration] {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if seconds >= 0 && seconds <= maxRetryAfter.Seconds() {
			return model.Some(time.Duration(seconds * float64(time.Second)))
		}
		return model.Opt[time.Duration]{}
	}
	for _, layout := range []string{"Mon, 02 Jan 2006 15:04:05 GMT", time.RFC850, time.ANSIC} {
		if at, err := time.Parse(layout, value); err == nil {
			return model.Some(min(max(at.Sub(now), 0), maxRetryAfter))
		}
	}
	return model.Opt[time.Duration]{}
}

// namedLimit is how the API is believed to name the limit that was met; the
// text after "Rate limit exceeded:" is not documented.
var namedLimit = regexp.MustCompile(`(?:^|[^\d,.])(\d{1,9}) per (\d{1,4}) (second|minute|hour|day)`)

func limitNamed(detail string) model.Limit {
	m := namedLimit.FindStringSubmatch(detail)
	if m == nil {
		return model.Limit{}
	}
	calls, _ := strconv.Atoi(m[1])
	n, _ := strconv.Atoi(m[2])
	unit := map[string]time.Duration{"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[m[3]]
	return model.Limit{Max: calls, Per: time.Duration(n) * unit}
}
