package tap

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"quotatop/model"
)

// refusals are the reasons to refuse a call, in the API's words.
var refusals = []struct {
	status        int
	code, message string
	kind          model.Kind
	limit         model.Limit // that the message names
}{
	{429, "rate_limited", "Rate limit exceeded: 200 per 1 minute", model.KindRate, model.Limit{Max: 200, Per: time.Minute}},
	{429, "rate_limited", "Rate limit exceeded.", model.KindRate, model.Limit{}},
	{429, "", "Slow down.", model.KindRate, model.Limit{}},
	{429, "daily_spend_cap_exceeded", "Daily spending cap reached.", model.KindCap, model.Limit{}},
	{429, "capacity_exhausted", "No capacity right now.", model.KindBusy, model.Limit{}},
	{425, "model_warming", "The model is starting.", model.KindBusy, model.Limit{}},
	{402, "out_of_credits", "Included credits are used up.", model.KindCredits, model.Limit{}},
	{402, "direct_model_requires_credits", "This model needs credits.", model.KindCredits, model.Limit{}},
	{402, "", "The owner's monthly spend limit is reached.", model.KindCredits, model.Limit{}},
	{403, "credit_ceiling_reached", "Monthly overage ceiling reached.", model.KindCeiling, model.Limit{}},
	{403, "card_required", "A payment method is needed.", model.KindCredits, model.Limit{}},
	{403, "", "Forbidden", model.KindAuth, model.Limit{}},
	{401, "", "Invalid API key. Please check your credentials.", model.KindAuth, model.Limit{}},
	{401, "invalid_credentials", "Authentication required", model.KindAuth, model.Limit{}},
}

// byStatus are the kinds of refusals that say nothing but their status.
var byStatus = map[int]model.Kind{
	401: model.KindAuth, 402: model.KindCredits, 403: model.KindUnknown, 425: model.KindBusy, 429: model.KindUnknown,
}

// shapes are the places where a body has had its code and message.
var shapes = []func(code, message string) string{
	func(code, message string) string { return fmt.Sprintf(`{"code":%q,"message":%q}`, code, message) },
	func(code, message string) string { return fmt.Sprintf(`{"code":%q,"detail":%q}`, code, message) },
	func(code, message string) string {
		return fmt.Sprintf(`{"detail":{"code":%q,"message":%q}}`, code, message)
	},
	func(code, message string) string {
		return fmt.Sprintf(`{"error":{"code":%q,"type":"","param":null,"message":%q}}`, code, message)
	},
	func(code, message string) string {
		return fmt.Sprintf(`{"type":"error","error":{"type":%q,"message":%q}}`, code, message)
	},
	func(code, message string) string {
		return fmt.Sprintf(`{"detail":[{"loc":["body"],"msg":%q,"code":%q}]}`, message, code)
	},
	func(code, message string) string {
		return fmt.Sprintf("\ufeff \n{\"detail\": {\"message\": %q, \"code\": %q, \"more\": %q}}\n", message, code, strings.Repeat("x", 500))
	},
}

// waits are the ways to ask for a wait of so many seconds.
var waits = []struct {
	name   string
	value  func(n int) string
	date   bool // it is a moment, in whole seconds or better
	window bool // it says when a window is full again, which only clears some kinds
}{
	{"", func(int) string { return "" }, false, false},
	{"Retry-After", strconv.Itoa, false, false},
	{"Retry-After", func(n int) string { return fmt.Sprintf("%d.0", n) }, false, false},
	{"Retry-After", func(n int) string { return fmt.Sprintf("%d, %d", n, n+60) }, false, false},
	{"Retry-After", func(n int) string { return in(n).Format(http.TimeFormat) }, true, false},
	{"Retry-After", func(n int) string { return in(n).Format(time.RFC1123Z) }, true, false},
	{"Retry-After", func(n int) string { return in(n).Format(time.RFC1123) }, true, false},
	{"Retry-After-Ms", func(n int) string { return strconv.Itoa(n * 1000) }, false, false},
	{"X-RateLimit-Reset", strconv.Itoa, false, true},
	{"X-RateLimit-Reset", func(n int) string { return strconv.FormatInt(in(n).Unix(), 10) }, true, true},
	{"X-RateLimit-Reset", func(n int) string { return strconv.FormatInt(in(n).UnixMilli(), 10) }, true, true},
	{"X-RateLimit-Reset", func(n int) string { return in(n).Format(time.RFC3339) }, true, true},
	{"X-RateLimit-Reset-Requests", func(n int) string { return (time.Duration(n) * time.Second).String() }, false, true},
	{"RateLimit", func(n int) string { return fmt.Sprintf(`"default";r=0;t=%d`, n) }, false, true},
	{"RateLimit", func(n int) string { return fmt.Sprintf("remaining=0, reset=%d", n) }, false, true},
}

func in(seconds int) time.Time { return time.Now().UTC().Add(time.Duration(seconds) * time.Second) }

// limits are the ways to name a limit in a header. What it does not say is 0.
var limits = []struct {
	name, value string
	limit       model.Limit
}{
	{}, {}, {},
	{"X-RateLimit-Limit", "150", model.Limit{Max: 150}},
	{"X-RateLimit-Limit", "150.0", model.Limit{Max: 150}},
	{"X-RateLimit-Limit", "150, 150;w=60", model.Limit{Max: 150, Per: time.Minute}},
	{"RateLimit-Limit", "150, 150;w=3600", model.Limit{Max: 150, Per: time.Hour}},
	{"X-RateLimit-Limit-Requests", "150", model.Limit{Max: 150}},
	{"X-RateLimit-Limit", "a lot", model.Limit{}},
}

// codings are what may be done to a body. The last two cannot be undone.
var codings = []struct {
	name     string
	encode   func([]byte) []byte
	readable bool
}{
	{"", func(b []byte) []byte { return b }, true},
	{"identity", func(b []byte) []byte { return b }, true},
	{"gzip", written(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }), true},
	{"deflate", written(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }), true},
	{"Deflate", written(func(w io.Writer) io.WriteCloser { z, _ := flate.NewWriter(w, 6); return z }), true},
	{"zstd", written(func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z }), true},
	{"br", written(func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }), true},
	{"compress", written(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }), false},
	{"gzip", func([]byte) []byte { return []byte("\x00\x01\x02 no gzip") }, false},
}

func written(open func(io.Writer) io.WriteCloser) func([]byte) []byte {
	return func(text []byte) []byte {
		var b bytes.Buffer
		w := open(&b)
		_, _ = w.Write(text)
		_ = w.Close()
		return b.Bytes()
	}
}

// A refusedCall is one response that refuses a call, put together from parts, and
// the denial that it has to become.
type refusedCall struct {
	status int
	header map[string]func() string // written when the response is sent
	body   []byte
	want   model.Denial
	date   bool // the wait is given as a moment
	asked  time.Time
}

func pick[T any](rng *rand.Rand, parts []T) T { return parts[rng.IntN(len(parts))] }

func newRefusedCall(rng *rand.Rand) refusedCall {
	refusal, wait, limit, outer, inner := pick(rng, refusals), pick(rng, waits), pick(rng, limits), pick(rng, codings), pick(rng, codings)
	seconds := 1 + rng.IntN(59)
	c := refusedCall{status: refusal.status, header: map[string]func() string{}, date: wait.date}
	say := func(name, value string) {
		if name != "" && value != "" {
			c.header[name] = func() string { return value }
		}
	}

	// What is sent.
	c.body = outer.encode(inner.encode([]byte(pick(rng, shapes)(refusal.code, refusal.message))))
	say("Content-Encoding", strings.Trim(inner.name+","+outer.name, ","))
	coded := refusal.status == 429 && rng.IntN(3) == 0 && refusal.code != ""
	if coded {
		say(pick(rng, []string{"X-RateLimit-Reason", "X-RateLimit-Code"}), refusal.code)
	}
	say(limit.name, limit.value)
	if wait.name != "" {
		c.header[wait.name] = func() string { return wait.value(seconds) }
	}

	// What has to become of it.
	want := model.Denial{Status: refusal.status, Kind: refusal.kind}
	readable := outer.readable && inner.readable
	switch {
	case readable:
		want.Detail, want.Limit = refusal.message, refusal.limit
	case coded:
	case refusal.status == 429 && (wait.name != "" || limit.limit.Max > 0):
		want.Kind = model.KindRate // a short wait, or a limit
	default:
		want.Kind = byStatus[refusal.status]
	}
	if readable || coded {
		want.Reason = refusal.code
	}
	if wait.name != "" && (!wait.window || want.Kind.Waits()) {
		want.RetryAfter = model.Some(time.Duration(seconds) * time.Second)
	}
	if limit.limit.Max > 0 {
		want.Limit.Max = limit.limit.Max
		if limit.limit.Per > 0 {
			want.Limit.Per = limit.limit.Per
		}
	}
	if want.Kind != model.KindRate {
		want.Limit = model.Limit{}
	}
	c.want = want
	return c
}

// TestSweep sends a thousand refusals through the tap, each put together at
// random from statuses, words, shapes of bodies, headers and encodings. Kind,
// wait, words and limit of each must be as its parts say.
func TestSweep(t *testing.T) {
	const seed, n = 20260617, 1000
	rng := rand.New(rand.NewPCG(seed, seed))
	all := make([]refusedCall, n)
	for i := range all {
		all[i] = newRefusedCall(rng)
	}
	tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		i, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			t.Error(err)
			return
		}
		c := &all[i]
		c.asked = time.Now()
		for name, value := range c.header {
			w.Header().Set(name, value())
		}
		w.WriteHeader(c.status)
		_, _ = w.Write(c.body)
	})
	took := make([]time.Duration, n)
	for i := range all {
		status, body := post(t, tap, fmt.Sprintf("/%d", i))
		took[i] = time.Since(all[i].asked)
		if status != all[i].status || body != string(all[i].body) {
			t.Errorf("call %d: the client got %d and another body", i, status)
		}
	}
	seen := map[model.Kind]int{}
	for _, call := range tap.waitCalls(t, n) {
		i, err := strconv.Atoi(strings.TrimPrefix(call.Path, "/"))
		if err != nil || call.Denial == nil {
			t.Errorf("got call %+v without a denial", call)
			continue
		}
		c, got := &all[i], *call.Denial
		got.Headers = ""
		if wait, ok := got.RetryAfter.Get(); ok && c.date {
			if late := c.want.RetryAfter.Or(0) - wait; late >= 0 && late <= time.Second+took[i] {
				got.RetryAfter = c.want.RetryAfter
			}
		}
		if got != c.want {
			header := http.Header{}
			for name, value := range c.header {
				header.Set(name, value())
			}
			t.Errorf("call %d: %d %v %q\n got %+v\nwant %+v", i, c.status, header, c.body, got, c.want)
		}
		seen[got.Kind]++
	}
	if len(seen) != 7 {
		t.Errorf("the sweep met the kinds %v, want all 7", seen)
	}
}
