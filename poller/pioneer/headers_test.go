package pioneer

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"quotatop/model"
)

// at42 is 42 s after t0, in the forms that a header may give it.
const unix42 = "1781697642"

// headerLines is a header as it is written, a line each.
func headerLines(text string) http.Header {
	h := http.Header{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		h.Add(name, strings.TrimSpace(value))
	}
	return h
}

// The headers of limits, in each form that is known of an API, a gateway or a
// draft of the IETF.
func TestHeaderForms(t *testing.T) {
	const s, unknown = time.Second, time.Duration(-1)
	limit := func(n int, per time.Duration) model.Limit { return model.Limit{Max: n, Per: per} }
	var none model.Limit
	for _, tt := range []struct {
		header string
		wait   time.Duration
		limit  model.Limit
	}{
		{"Retry-After: 42", 42 * s, none},
		{"Retry-After: 42.0", 42 * s, none},
		{"Retry-After: Wed, 17 Jun 2026 12:00:42 GMT", 42 * s, none},
		{"Retry-After: Wed, 17 Jun 2026 12:00:42 UTC", 42 * s, none},
		{"Retry-After: Wed, 17 Jun 2026 12:00:42 +0000", 42 * s, none},
		{"Retry-After: Wed, 17 Jun 2026 14:00:42 +0200", 42 * s, none},
		{"Retry-After: Wed, 17 Jun 2026 12:00:42", 42 * s, none},
		{"Retry-After: wed, 17 jun 2026 12:00:42 gmt", 42 * s, none},
		{"Retry-After: 17 Jun 2026 12:00:42 GMT", 42 * s, none},
		{"Retry-After: Wed, 17 Jun 2026 12:00:42 EST", unknown, none},
		{"Retry-After: 2026-06-17T12:00:42Z", 42 * s, none},
		{"Retry-After: 2026-06-17 12:00:42+00:00", 42 * s, none},
		{"Retry-After: 2026-06-17T14:00:42.5+02:00", 42500 * time.Millisecond, none},
		{"Retry-After: -5", unknown, none},
		{"Retry-After: 42s", 42 * s, none},
		{"Retry-After: 6m0s", 360 * s, none},
		{"Retry-After: -6m0s", unknown, none},
		{"Retry-After: 9999999", MaxRetryAfter, none},
		{"Retry-After: " + unix42, 42 * s, none},
		{"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", MaxRetryAfter, none},
		{"Retry-After: 42\nRetry-After: 60", 42 * s, none},
		{"Retry-After: 42, 60", 42 * s, none},
		{"Retry-After: Wed, 17 Jun 2026 12:00:42 GMT, 60", 42 * s, none},
		{"Retry-After: soon, 60", unknown, none},
		{"retry-after-ms: 1500", 1500 * time.Millisecond, none},
		{"retry-after-ms: 1500\nRetry-After: 2", 1500 * time.Millisecond, none},
		{"retry-after-ms: x\nRetry-After: 2", 2 * s, none},

		{"X-RateLimit-Reset: 42", 42 * s, none},
		{"X-RateLimit-Reset: 42.5", 42500 * time.Millisecond, none},
		{"X-RateLimit-Reset: " + unix42, 42 * s, none},
		{"X-RateLimit-Reset: " + unix42 + ".25", 42250 * time.Millisecond, none},
		{"X-RateLimit-Reset: " + unix42 + "000", 42 * s, none},
		{"X-RateLimit-Reset: " + unix42 + "500", 42500 * time.Millisecond, none},
		{"X-RateLimit-Reset: 2026-06-17T12:00:42Z", 42 * s, none},
		{"X-RateLimit-Reset: Wed, 17 Jun 2026 12:00:42 GMT", 42 * s, none},
		{"X-RateLimit-Reset: 42000\nX-RateLimit-Limit: 200;w=60", 42 * s, limit(200, time.Minute)},
		{"X-RateLimit-Reset: 90000", 90 * s, none}, // no window is longer than a day
		{"X-RateLimit-Reset: 42, 3600\nX-RateLimit-Limit: 200, 10000\nX-RateLimit-Remaining: 0, 9000", 42 * s, limit(200, 0)},
		{"X-RateLimit-Reset: 999999999999", unknown, none},
		{"X-RateLimit-Reset: -1", unknown, none},
		{"X-RateLimit-Reset-After: 42", 42 * s, none},
		{"X-Rate-Limit-Reset: " + unix42 + "\nX-Rate-Limit-Limit: 200", 42 * s, limit(200, 0)},
		{"RateLimit-Reset: 42\nRateLimit-Limit: 200", 42 * s, limit(200, 0)},
		{"RateLimit-Reset: 42\nRateLimit-Limit: 200\nRateLimit-Policy: 10;w=1, 200;w=60", 42 * s, limit(200, time.Minute)},

		{"X-RateLimit-Limit: 200", unknown, limit(200, 0)},
		{"X-RateLimit-Limit:  200 ", unknown, limit(200, 0)},
		{"X-RateLimit-Limit: 200.0", unknown, limit(200, 0)},
		{"X-RateLimit-Limit: 200.5", unknown, none},
		{"X-RateLimit-Limit: 1,200", unknown, none},
		{"X-RateLimit-Limit: 200, 200;w=60", unknown, limit(200, time.Minute)},
		{"X-RateLimit-Limit: 200;w=60", unknown, limit(200, time.Minute)},
		{"X-RateLimit-Limit: 200;window=60", unknown, limit(200, time.Minute)},
		{`X-RateLimit-Limit: 200, 200;w=60;name="a,b", 10000;w=3600;name="ip"`, unknown, limit(200, time.Minute)},
		{`X-RateLimit-Limit: 10000, 200;w=60, 10000;w=3600`, unknown, limit(10000, time.Hour)},
		{"X-RateLimit-Limit: 200/minute", unknown, none},
		{"X-RateLimit-Limit: ,", unknown, none},
		{"X-RateLimit-Limit: 200;w=-60", unknown, limit(200, 0)},
		{"X-RateLimit-Limit: 200\nX-RateLimit-Remaining: 57\nX-RateLimit-Reset: 30", unknown, none}, // not what refused
		{"X-RateLimit-Limit-Minute: 200", unknown, limit(200, time.Minute)},
		{"X-RateLimit-Limit-Minute: 200\nX-RateLimit-Remaining-Minute: 9\nX-RateLimit-Limit-Hour: 900\nX-RateLimit-Remaining-Hour: 0", unknown, limit(900, time.Hour)},

		{"x-ratelimit-limit-requests: 200\nx-ratelimit-remaining-requests: 0\nx-ratelimit-reset-requests: 6m0s", 360 * s, limit(200, 0)},
		{"x-ratelimit-reset-requests: 1s", s, none},
		{"x-ratelimit-reset-requests: 20ms", 20 * time.Millisecond, none},
		{"x-ratelimit-reset-requests: 1h2m3.5s", time.Hour + 2*time.Minute + 3500*time.Millisecond, none},
		{"x-ratelimit-limit-requests: 200\nx-ratelimit-remaining-requests: 9\nx-ratelimit-reset-requests: 1s\nx-ratelimit-limit-tokens: 40000\nx-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 42s", 42 * s, none},
		{"anthropic-ratelimit-requests-reset: 2026-06-17T12:00:42Z", 42 * s, none},
		{"anthropic-ratelimit-requests-limit: 50\nanthropic-ratelimit-requests-remaining: 0", unknown, limit(50, 0)},
		{"anthropic-ratelimit-input-tokens-limit: 40000\nanthropic-ratelimit-input-tokens-remaining: 0\nanthropic-ratelimit-input-tokens-reset: 2026-06-17T12:00:42Z", 42 * s, none},

		{"RateLimit: limit=100, remaining=0, reset=42", 42 * s, limit(100, 0)},
		{"RateLimit: limit=100, remaining=0, reset=42\nRateLimit-Policy: 100;w=60", 42 * s, limit(100, time.Minute)},
		{"RateLimit: limit=100, remaining=3, reset=42", unknown, none},
		{`RateLimit: "default";r=0;t=42`, 42 * s, none},
		{"RateLimit-Policy: \"default\";q=200;w=60\nRateLimit: \"default\";r=0;t=42", 42 * s, limit(200, time.Minute)},
		{"RateLimit-Policy: \"burst\";q=10;w=1, \"hour\";q=900;w=3600\nRateLimit: \"burst\";r=3;t=1, \"hour\";r=0;t=1200", 1200 * s, limit(900, time.Hour)},
		{"RateLimit-Policy: \"m\";q=200;w=60, \"h\";q=900;w=3600\nRateLimit: \"m\";r=0;t=42, \"h\";r=0;t=1200", 1200 * s, limit(900, time.Hour)},
		{"RateLimit-Policy: \"up\";q=65535;qu=\"content-bytes\";w=60\nRateLimit: \"up\";r=0;t=42", 42 * s, none},
		{`RateLimit: ";,"`, unknown, none},
		{"RateLimit-Policy: \"default\";q=200;w=60", unknown, none}, // a policy alone refused nothing

		{"Retry-After: 3\nX-RateLimit-Reset: 42\nRateLimit: \"default\";r=0;t=50", 3 * s, none},
	} {
		d, ok := ReadDenial(429, headerLines(tt.header), nil, t0)
		want := model.Opt[time.Duration]{}
		if tt.wait != unknown {
			want = model.Some(tt.wait)
		}
		if !ok || d.RetryAfter != want || d.Limit != tt.limit {
			t.Errorf("%s\ngot wait %v, limit %v, want %v, %v", tt.header, d.RetryAfter, d.Limit, want, tt.limit)
		}
	}
}

// All headers that tell of limits are shown, whatever their form, and no others.
func TestHeadersAreShown(t *testing.T) {
	for header, want := range map[string]string{
		"":                           "",
		"Server: x\nX-Request-Id: 7": "",
		"x-ratelimit-reset: 5\nretry-after: 7\nretry-after-ms: 6500": "Retry-After: 7, X-RateLimit-Reset: 5, Retry-After-Ms: 6500",
		"RateLimit-Policy: \"d\";q=2;w=6\nRateLimit: \"d\";r=0;t=4":  `RateLimit: "d";r=0;t=4, RateLimit-Policy: "d";q=2;w=6`,
		"anthropic-ratelimit-requests-limit: 50":                     "Anthropic-RateLimit-Requests-Limit: 50",
		"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT":                 "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT",
		"X-RateLimit-Scope: \u202ex\x1b[2J, pio_sk_123456789":        "X-RateLimit-Scope: x [2J, [key]",
	} {
		if d, _ := ReadDenial(429, headerLines(header), nil, t0); d.Headers != want {
			t.Errorf("%q: got %q, want %q", header, d.Headers, want)
		}
	}
}

// A header map may come from a log, with names as that wrote them.
func TestHeaderNamesOfLogs(t *testing.T) {
	h := http.Header{"retry-after": {"7"}, "X-RATELIMIT-LIMIT": {"200"}}
	if d, _ := ReadDenial(429, h, nil, t0); d.RetryAfter != model.Some(7*time.Second) || d.Limit.Max != 200 {
		t.Errorf("got %+v", d)
	}
}

// FuzzHeaders reads header lines of any form.
func FuzzHeaders(f *testing.F) {
	for _, header := range []string{
		"Retry-After: 42, 60", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", "retry-after-ms: 1e400", "X-RateLimit-Reset: " + unix42 + ".25",
		"X-RateLimit-Limit: 200, 200;w=60;name=\"a,b\", 10000;w=3600", "RateLimit: limit=100, remaining=0, reset=42\nRateLimit-Policy: 100;w=60",
		"RateLimit-Policy: \"default\";q=200;w=60\nRateLimit: \"default\";r=0;t=42", "x-ratelimit-reset-tokens: 6m0s", "X-RateLimit-Limit-Day: -0x1p-2",
		"RateLimit: ,;=\"", "X-RateLimit-Reason: \u202epio_sk_\u200b0123456789",
	} {
		f.Add(429, header, `{"detail":"Rate limit exceeded: 200 per 1 minute"}`)
	}
	f.Fuzz(func(t *testing.T, status int, header, body string) {
		h := headerLines(header)
		d, ok := ReadDenial(status, h, []byte(body), t0, "0123456789abcdef")
		if !ok {
			return
		}
		if wait := d.RetryAfter.Or(0); wait < 0 || wait > MaxRetryAfter {
			t.Errorf("RetryAfter = %v, want 0 to 31 days", wait)
		}
		if d.Limit.Max < 0 || d.Limit.Max > model.MaxLimit || d.Limit.Per < 0 {
			t.Errorf("Limit = %v", d.Limit)
		}
		for _, text := range []string{d.Reason, d.Detail, d.Headers, d.URL} {
			if Clean(text, maxHeaders) != text || Redact(text, "0123456789abcdef") != text {
				t.Errorf("%q is not fit to be shown", text)
			}
		}
		if again, _ := ReadDenial(status, h, []byte(body), t0, "0123456789abcdef"); again != d {
			t.Errorf("read twice: %+v and %+v", d, again)
		}
	})
}
