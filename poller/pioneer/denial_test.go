package pioneer

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"quotatop/model"
)

var t0 = time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)

// headers are written as pairs: name, value, name, value.
func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i+1 < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestReadDenialBodies(t *testing.T) {
	const billing, credits = "https://agent.pioneer.ai/billing", "https://agent.pioneer.ai/credits"
	minute := time.Minute
	tests := map[string]struct {
		status int
		header http.Header
		body   string
		want   model.Denial
	}{
		"rate, old form": {
			429, headers("retry-after", "7", "content-type", "application/json"),
			`{"detail":"Rate limit exceeded: 200 per 1 minute"}`,
			model.Denial{Kind: model.KindRate, RetryAfter: model.Some(7 * time.Second), Detail: "Rate limit exceeded: 200 per 1 minute", Headers: "Retry-After: 7", Limit: model.Limit{Max: 200, Per: minute}},
		},
		"rate, new form": {
			429, headers("retry-after", "3", "x-ratelimit-scope", "request-rate", "x-ratelimit-code", "rate_limited"),
			`{"detail":"Rate limit exceeded: 5000 per 1 minute","code":"rate_limited","scope":"request-rate"}`,
			model.Denial{Kind: model.KindRate, RetryAfter: model.Some(3 * time.Second), Reason: "rate_limited", Detail: "Rate limit exceeded: 5000 per 1 minute",
				Headers: "Retry-After: 3, X-RateLimit-Code: rate_limited, X-RateLimit-Scope: request-rate", Limit: model.Limit{Max: 5000, Per: minute}},
		},
		"rate, no body": {
			429, nil, ``,
			model.Denial{Kind: model.KindRate},
		},
		"rate, body cut short": {
			429, headers("retry-after", "3"), `{"detail":"Rate limit exc`,
			model.Denial{Kind: model.KindRate, RetryAfter: model.Some(3 * time.Second), Headers: "Retry-After: 3"},
		},
		"cap": {
			429, headers("x-ratelimit-reason", "daily_spend_cap_exceeded"), `{"detail":"Daily spending cap reached."}`,
			model.Denial{Kind: model.KindCap, Reason: "daily_spend_cap_exceeded", Detail: "Daily spending cap reached.", Headers: "X-RateLimit-Reason: daily_spend_cap_exceeded"},
		},
		"cap, seconds to midnight": {
			429, headers("x-ratelimit-reason", "daily_spend_cap_exceeded", "retry-after", "43200"), ``,
			model.Denial{Kind: model.KindCap, RetryAfter: model.Some(12 * time.Hour), Reason: "daily_spend_cap_exceeded", Headers: "Retry-After: 43200, X-RateLimit-Reason: daily_spend_cap_exceeded"},
		},
		"cap, by its code alone": {
			429, nil, `{"detail":{"code":"daily_spend_cap_exceeded","message":"Reached."}}`,
			model.Denial{Kind: model.KindCap, Reason: "daily_spend_cap_exceeded", Detail: "Reached."},
		},
		"no credits": {
			402, nil, `{"code":"out_of_credits","message":"Included credits are used up.","resolution_url":"` + credits + `"}`,
			model.Denial{Kind: model.KindCredits, Reason: "out_of_credits", Detail: "Included credits are used up.", URL: credits},
		},
		"no credits, plain": {
			402, nil, `{"detail":"Payment required"}`,
			model.Denial{Kind: model.KindCredits, Detail: "Payment required"},
		},
		"ceiling": {
			403, nil, `{"code":"credit_ceiling_reached","message":"Monthly overage ceiling reached.","resolution_url":"` + billing + `"}`,
			model.Denial{Kind: model.KindCeiling, Reason: "credit_ceiling_reached", Detail: "Monthly overage ceiling reached.", URL: billing},
		},
		"ceiling, nested": {
			403, nil, `{"detail":{"code":"credit_ceiling_reached","message":"Reached."}}`,
			model.Denial{Kind: model.KindCeiling, Reason: "credit_ceiling_reached", Detail: "Reached."},
		},
		"no card, nested": {
			403, nil, `{"detail":{"code":"card_required","message":"A payment method is needed.","resolution_url":"` + billing + `"}}`,
			model.Denial{Kind: model.KindCredits, Reason: "card_required", Detail: "A payment method is needed.", URL: billing},
		},
		"no card, top level": {
			403, nil, `{"code":"card_required","message":"A payment method is needed."}`,
			model.Denial{Kind: model.KindCredits, Reason: "card_required", Detail: "A payment method is needed."},
		},
		"no card, OpenAI envelope": {
			403, nil, `{"error":{"code":"card_required","type":"billing_error","param":null,"message":"A card."}}`,
			model.Denial{Kind: model.KindCredits, Reason: "card_required", Detail: "A card."},
		},
		"key": {
			401, nil, `{"detail":"Invalid API key. Please check your credentials."}`,
			model.Denial{Kind: model.KindAuth, Detail: "Invalid API key. Please check your credentials."},
		},
		"no key": {
			401, nil, `{"detail":{"message":"Authentication required","code":"invalid_credentials"}}`,
			model.Denial{Kind: model.KindAuth, Reason: "invalid_credentials", Detail: "Authentication required"},
		},
		"key, no body": {401, nil, ``, model.Denial{Kind: model.KindAuth}},
		"forbidden":    {403, nil, `{"detail":"Forbidden"}`, model.Denial{Kind: model.KindAuth, Detail: "Forbidden"}},
		"OpenAI envelope": {
			429, headers("retry-after", "1"), `{"error":{"code":"rate_limited","type":"rate_limit_error","param":null,"message":"Rate limit exceeded."}}`,
			model.Denial{Kind: model.KindRate, RetryAfter: model.Some(time.Second), Reason: "rate_limited", Detail: "Rate limit exceeded.", Headers: "Retry-After: 1"},
		},
		"OpenAI envelope without a code": {
			429, nil, `{"error":{"code":null,"type":"rate_limit_error","param":null,"message":"Slow down."}}`,
			model.Denial{Kind: model.KindRate, Reason: "rate_limit_error", Detail: "Slow down."},
		},
		"OpenAI envelope, nested": {
			429, nil, `{"detail":{"error":{"code":"rate_limited","message":"Rate limit exceeded: 5 per 2 hours"}}}`,
			model.Denial{Kind: model.KindRate, Reason: "rate_limited", Detail: "Rate limit exceeded: 5 per 2 hours", Limit: model.Limit{Max: 5, Per: 2 * time.Hour}},
		},
		"Anthropic envelope": {
			429, nil, `{"type":"error","error":{"type":"rate_limit_error","message":"Rate limit exceeded: 200 per 1 minute"}}`,
			model.Denial{Kind: model.KindRate, Reason: "rate_limit_error", Detail: "Rate limit exceeded: 200 per 1 minute", Limit: model.Limit{Max: 200, Per: minute}},
		},
		"Anthropic envelope of a key": {
			401, nil, `{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}`,
			model.Denial{Kind: model.KindAuth, Reason: "authentication_error", Detail: "invalid x-api-key"},
		},
		"list": {
			429, nil, `{"detail":[{"loc":["header"],"msg":"Rate limit exceeded: 10 per 1 second","type":"rate"}]}`,
			model.Denial{Kind: model.KindRate, Reason: "rate", Detail: "Rate limit exceeded: 10 per 1 second", Limit: model.Limit{Max: 10, Per: time.Second}},
		},
		"header names it before the body": {
			429, headers("x-ratelimit-code", "rate_limited"), `{"code":"other"}`,
			model.Denial{Kind: model.KindRate, Reason: "rate_limited", Headers: "X-RateLimit-Code: rate_limited"},
		},
		"odd types": {
			429, nil, `{"code":7,"message":null,"detail":[],"error":false}`,
			model.Denial{Kind: model.KindRate},
		},
		"HTML": {429, nil, `<html>Too many requests</html>`, model.Denial{Kind: model.KindRate}},
		"lines and colours become one line": {
			429, nil, `{"detail":"one\ntwo\u001b[31m\u0085three\u2028four"}`,
			model.Denial{Kind: model.KindRate, Detail: "one two [31m three four"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Status = tt.status
			got, ok := ReadDenial(tt.status, tt.header, []byte(tt.body), t0)
			if !ok || got != tt.want {
				t.Errorf("got %+v, %v\nwant %+v", got, ok, tt.want)
			}
		})
	}
}

// Errors that are no denials must not raise an alert.
func TestReadDenialIsNone(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
	}{
		{200, `{"detail":"Rate limit exceeded: 200 per 1 minute"}`},
		{400, `{"error":{"code":"invalid_request"}}`},
		{404, `{"detail":"Not Found"}`},
		{422, `{"detail":[{"loc":["query","page_size"],"msg":"too large","type":"less_than_equal"}]}`},
		{500, `{"error":"Internal server error","message":"x"}`},
		{502, ``},
		{503, `{"detail":"Authentication service temporarily unavailable. Please retry shortly."}`},
		{529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`},
	} {
		if d, ok := ReadDenial(tt.status, headers("retry-after", "5"), []byte(tt.body), t0); ok {
			t.Errorf("%d %s: got %+v, want no denial", tt.status, tt.body, d)
		}
	}
}

func TestReadDenialRetryAfter(t *testing.T) {
	unknown := model.Opt[time.Duration]{}
	tests := []struct {
		header string
		want   model.Opt[time.Duration]
	}{
		{"", unknown},
		{"0", model.Some(time.Duration(0))},
		{"7", model.Some(7 * time.Second)},
		{" 7 ", model.Some(7 * time.Second)},
		{"1.5", model.Some(1500 * time.Millisecond)},
		{"-1", unknown},
		{"soon", unknown},
		{"7 seconds", unknown},
		{"NaN", unknown},
		{"Inf", unknown},
		{"1e300", model.Some(MaxRetryAfter)},
		{"99999999999999999999", model.Some(MaxRetryAfter)},
		{"2678400", model.Some(31 * 24 * time.Hour)},
		{"2678401", model.Some(MaxRetryAfter)},
		{"Wed, 17 Jun 2026 12:00:41 GMT", model.Some(41 * time.Second)},
		{"Wednesday, 17-Jun-26 12:00:41 GMT", model.Some(41 * time.Second)},
		{"Wed Jun 17 12:00:41 2026", model.Some(41 * time.Second)},
		{"Wed, 17 Jun 2026 11:59:00 GMT", model.Some(time.Duration(0))},
		{"Fri, 17 Jun 2033 12:00:00 GMT", model.Some(31 * 24 * time.Hour)},
	}
	for _, tt := range tests {
		d, _ := ReadDenial(429, headers("Retry-After", tt.header), nil, t0)
		if d.RetryAfter != tt.want {
			t.Errorf("Retry-After %q: got %v, want %v", tt.header, d.RetryAfter, tt.want)
		}
	}
}

func TestReadDenialRateLimitHeaders(t *testing.T) {
	tests := map[string]struct {
		header http.Header
		body   string
		limit  model.Limit
		retry  model.Opt[time.Duration]
	}{
		"limit":              {headers("X-RateLimit-Limit", "5000"), ``, model.Limit{Max: 5000}, model.Opt[time.Duration]{}},
		"header beats body":  {headers("X-RateLimit-Limit", "150"), `{"detail":"Rate limit exceeded: 200 per 1 minute"}`, model.Limit{Max: 150, Per: time.Minute}, model.Opt[time.Duration]{}},
		"limit of none":      {headers("X-RateLimit-Limit", "0"), ``, model.Limit{}, model.Opt[time.Duration]{}},
		"limit below none":   {headers("X-RateLimit-Limit", "-4"), ``, model.Limit{}, model.Opt[time.Duration]{}},
		"limit is junk":      {headers("X-RateLimit-Limit", "many"), ``, model.Limit{}, model.Opt[time.Duration]{}},
		"limit is huge":      {headers("X-RateLimit-Limit", "99999999999"), ``, model.Limit{}, model.Opt[time.Duration]{}},
		"reset in seconds":   {headers("X-RateLimit-Reset", "42"), ``, model.Limit{}, model.Some(42 * time.Second)},
		"reset as Unix time": {headers("X-RateLimit-Reset", "1781697642"), ``, model.Limit{}, model.Some(42 * time.Second)},
		"reset is past":      {headers("X-RateLimit-Reset", "1781697000"), ``, model.Limit{}, model.Some(time.Duration(0))},
		"reset is decades":   {headers("X-RateLimit-Reset", "99999999999"), ``, model.Limit{}, model.Some(31 * 24 * time.Hour)},
		"reset is junk":      {headers("X-RateLimit-Reset", "midnight"), ``, model.Limit{}, model.Opt[time.Duration]{}},
		"retry-after wins":   {headers("X-RateLimit-Reset", "42", "Retry-After", "3"), ``, model.Limit{}, model.Some(3 * time.Second)},
		"other words":        {nil, `{"detail":"Rate limit exceeded: 200/min"}`, model.Limit{}, model.Opt[time.Duration]{}},
		"a day":              {nil, `{"detail":"Rate limit exceeded: 10000 per 1 day"}`, model.Limit{Max: 10000, Per: 24 * time.Hour}, model.Opt[time.Duration]{}},
	}
	for name, tt := range tests {
		d, ok := ReadDenial(429, tt.header, []byte(tt.body), t0)
		if !ok || d.Limit != tt.limit || d.RetryAfter != tt.retry {
			t.Errorf("%s: got limit %v, retry after %v, want %v, %v", name, d.Limit, d.RetryAfter, tt.limit, tt.retry)
		}
	}
}

// A part of a number is not the limit: it would be shown as a learned one.
func TestReadDenialReadsWholeNumbers(t *testing.T) {
	for _, detail := range []string{"Rate limit exceeded: 1,200 per 1 minute", "Rate limit exceeded: 1234567890123 per 1 minute"} {
		if d, _ := ReadDenial(429, headers(), []byte(`{"detail":"`+detail+`"}`), t0); d.Limit != (model.Limit{}) {
			t.Errorf("%s: got limit %v, want none", detail, d.Limit)
		}
	}
}

func FuzzReadDenial(f *testing.F) {
	for _, body := range []string{
		``, `null`, `"text"`, `[]`, `{"detail":"Rate limit exceeded: 200 per 1 minute"}`,
		`{"detail":"Rate limit exceeded: 5000 per 1 minute","code":"rate_limited","scope":"request-rate"}`,
		`{"code":"out_of_credits","message":"Used up.","resolution_url":"https://agent.pioneer.ai/credits"}`,
		`{"detail":{"code":"card_required","message":"A card.","resolution_url":"https://agent.pioneer.ai/billing"}}`,
		`{"error":{"code":"rate_limited","type":"rate_limit_error","param":null,"message":"Rate limit exceeded."}}`,
		`{"type":"error","error":{"type":"rate_limit_error","message":"m"}}`,
		`{"detail":[[[[[[{"msg":"deep"}]]]]]]}`,
		`{"detail":"` + strings.Repeat("é", 300) + `"}`,
		"{\"detail\":\"\xff\xfe\\u0000\\n\"}",
	} {
		f.Add(429, body, "7", "daily_spend_cap_exceeded", "5000", "1781697642")
	}
	f.Add(403, `{}`, "Wed, 17 Jun 2026 12:00:41 GMT", "", "", "")
	f.Add(429, ``, "-1e400", "\x00\n\x1b[2J", "-5", "1e12")
	f.Fuzz(func(t *testing.T, status int, body, retry, reason, limit, reset string) {
		header := headers("Retry-After", retry, "X-RateLimit-Reason", reason, "X-RateLimit-Limit", limit, "X-RateLimit-Reset", reset)
		d, ok := ReadDenial(status, header, []byte(body), t0)
		if !ok {
			if d != (model.Denial{}) {
				t.Errorf("no denial, yet %+v", d)
			}
			return
		}
		for name, text := range map[string]string{"Reason": d.Reason, "Detail": d.Detail, "Headers": d.Headers, "URL": d.URL} {
			if most := map[bool]int{true: maxHeaders, false: maxDetail}[name == "Headers"]; len(text) > most || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
				t.Errorf("%s is not one short line: %q", name, text)
			}
		}
		if wait := d.RetryAfter.Or(0); wait < 0 || wait > MaxRetryAfter {
			t.Errorf("RetryAfter = %v, want 0 to 31 days", wait)
		}
		if d.Limit.Max < 0 || d.Limit.Max > model.MaxLimit || d.Limit.Per < 0 {
			t.Errorf("Limit = %v", d.Limit)
		}
	})
}

func BenchmarkReadDenial(b *testing.B) {
	header := headers("Retry-After", "7", "X-RateLimit-Code", "rate_limited", "X-RateLimit-Scope", "request-rate")
	body := []byte(`{"detail":"Rate limit exceeded: 5000 per 1 minute","code":"rate_limited","scope":"request-rate"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := ReadDenial(429, header, body, t0); !ok {
			b.Fatal("no denial")
		}
	}
}

func TestForbidden(t *testing.T) {
	if _, ok := ReadDenial(403, nil, []byte(`{"code":"direct_model_requires_credits","message":"m"}`), t0); !ok {
		t.Error("a 403 with a new billing code is no denial")
	}
}
