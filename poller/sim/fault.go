package sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Fault makes requests fail, or changes their responses, while it is injected.
// It can be limited: s.Inject(Unavailable().On("/billing/").Times(2)).
type Fault struct {
	Path  string        // applies to paths with this prefix
	Count int           // applies to this many requests; to all if 0
	Delay time.Duration // before the response

	// Status, if not 0, is the status of the response, with Header and Body. The
	// request uses no quota and writes no row.
	Status int
	Header http.Header
	Body   string

	quirk quirk
}

// On returns f for the paths that begin with prefix.
func (f Fault) On(prefix string) Fault { f.Path = prefix; return f }

// Times returns f for the next n requests.
func (f Fault) Times(n int) Fault { f.Count = n; return f }

// Reply returns a fault that answers every request with a status and a JSON body.
func Reply(status int, body string) Fault {
	return Fault{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// with returns f with one more header.
func (f Fault) with(name, value string) Fault {
	f.Header = f.Header.Clone()
	f.Header.Set(name, value)
	return f
}

// Unauthorized is a 401 for a key that is invalid or used up.
func Unauthorized() Fault { return Reply(401, `{"detail":"`+invalidKey+`"}`) }

// AuthRequired is a 401 as for no key, with the code under detail.
func AuthRequired() Fault {
	return Reply(401, `{"detail":{"message":"Authentication required","code":"invalid_credentials"}}`)
}

// OutOfCredits is a 402 with the code at the top.
func OutOfCredits() Fault {
	return Reply(402, `{"code":"out_of_credits","message":"Included credits are used up.","resolution_url":"https://agent.pioneer.ai/credits"}`)
}

// OutOfCreditsNested is a 402 with the code under detail.
func OutOfCreditsNested() Fault {
	return Reply(402, `{"detail":{"code":"out_of_credits","message":"Included credits are used up.","resolution_url":"https://agent.pioneer.ai/credits"}}`)
}

// CeilingReached is a 403 with the code at the top.
func CeilingReached() Fault {
	return Reply(403, `{"code":"credit_ceiling_reached","message":"Monthly overage ceiling reached.","resolution_url":"https://agent.pioneer.ai/billing"}`)
}

// CardRequired is a 403 with the code under detail.
func CardRequired() Fault {
	return Reply(403, `{"detail":{"code":"card_required","message":"A payment method is needed.","resolution_url":"https://agent.pioneer.ai/billing"}}`)
}

// Forbidden is a 403 without a code.
func Forbidden() Fault { return Reply(403, `{"detail":"Not allowed with an API key."}`) }

// RateLimited is a rate-limit 429 that asks to wait for whole seconds.
func RateLimited(wait time.Duration) Fault {
	return Reply(429, `{"detail":"Rate limit exceeded: 1000 per 1 minute"}`).with("Retry-After", strconv.Itoa(int(wait/time.Second)))
}

// CapReached is a 429 for the daily cap.
func CapReached() Fault {
	return Reply(429, `{"detail":"Daily spending cap reached."}`).with("X-RateLimit-Reason", capReason)
}

// NotFound is a 404.
func NotFound() Fault { return Reply(404, `{"detail":"Not Found"}`) }

// ServerError is a 500.
func ServerError() Fault { return Reply(500, `{"detail":"Internal server error"}`) }

// Unavailable is a 503.
func Unavailable() Fault {
	return Reply(503, `{"detail":"Authentication service temporarily unavailable. Please retry shortly."}`)
}

// HTML is a 200 with a web page.
func HTML() Fault {
	return Reply(200, "<!doctype html>\n<html><head><title>Sign in</title></head><body>Sign in to continue</body></html>\n").with("Content-Type", "text/html; charset=utf-8")
}

// Empty is a 200 without a body.
func Empty() Fault { return Reply(200, "") }

// WrongShape is a 200 with JSON of another shape.
func WrongShape() Fault { return Reply(200, `[{"items":{"id":7},"total_count":[]},null,"page"]`) }

// A quirk is a set of things that are wrong with the real response.
type quirk uint

const (
	cut quirk = 1 << iota
	endless
	samePage
	strictPageSize
	futureDates
	negativeCosts
	hugeNumbers
	numbersAsStrings
	nulls
)

func (q quirk) has(one quirk) bool { return q&one != 0 }

// Slow is the real response, d late.
func Slow(d time.Duration) Fault { return Fault{Delay: d} }

// Cut is a response whose connection breaks in the middle of the body.
func Cut() Fault { return Fault{quirk: cut} }

// Endless is a body that goes on until the client hangs up, or for 64 MiB.
func Endless() Fault { return Fault{quirk: endless} }

// SamePage is a log that shows its first page whatever page is asked for, and
// says that there are more.
func SamePage() Fault { return Fault{quirk: samePage} }

// StrictPageSize is a 422 for a page_size of more than Options.PageSizeMax.
func StrictPageSize() Fault { return Fault{quirk: strictPageSize} }

// FutureDates is rows that were created an hour ahead.
func FutureDates() Fault { return Fault{quirk: futureDates} }

// NegativeCosts is billing figures below zero.
func NegativeCosts() Fault { return Fault{quirk: negativeCosts} }

// HugeNumbers is billing figures that fit no integer.
func HugeNumbers() Fault { return Fault{quirk: hugeNumbers} }

// NumbersAsStrings is billing figures in quotes.
func NumbersAsStrings() Fault { return Fault{quirk: numbersAsStrings} }

// Nulls is null for every billing figure and model, and for the endpoint or
// the created_at of some rows.
func Nulls() Fault { return Fault{quirk: nulls} }

// faults are the injected faults.
type faults struct {
	mu  sync.Mutex
	all []*Fault
}

// Inject applies a fault to requests from now on. Of several faults with a Status
// the first one injected answers; everything else adds up. remove may be called
// more than once.
func (s *Server) Inject(f Fault) (remove func()) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	mine := &f
	s.faults.all = append(s.faults.all, mine)
	return func() {
		s.faults.mu.Lock()
		defer s.faults.mu.Unlock()
		s.faults.all = slices.DeleteFunc(s.faults.all, func(f *Fault) bool { return f == mine })
	}
}

// Heal removes all faults.
func (s *Server) Heal() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.all = nil
}

// take returns the sum of the faults of one request for path, and counts it.
func (fs *faults) take(path string) (sum Fault) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.all = slices.DeleteFunc(fs.all, func(f *Fault) bool {
		if !strings.HasPrefix(path, f.Path) || f.Status != 0 && sum.Status != 0 {
			return false
		}
		sum.Delay += f.Delay
		sum.quirk |= f.quirk
		if f.Status != 0 {
			sum.Status, sum.Header, sum.Body = f.Status, f.Header, f.Body
		}
		if f.Count > 0 {
			f.Count--
			return f.Count == 0
		}
		return false
	})
	return sum
}

// answer writes the response of a fault that has a Status.
func (f Fault) answer(w http.ResponseWriter) {
	for name, values := range f.Header {
		w.Header()[name] = values
	}
	writeBody(w, f.Status, []byte(f.Body))
}

// writeEndless writes an endless page of the log.
func writeEndless(w http.ResponseWriter, r *http.Request) {
	const row = `{"id":"00000000-0000-4000-8000-000000000000","created_at":"2026-06-17 09:14:36.021334+00:00","credit_usage":0.0059,"token_usage":18,"cost":0.000059,"endpoint":"/inference","model":null},`
	chunk := []byte(strings.Repeat(row, 256))
	writeBody(w, http.StatusOK, []byte(`{"items":[`))
	for n := 0; n < 64<<20 && r.Context().Err() == nil; n += len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// A cutter breaks the connection in the middle of the first write.
type cutter struct{ http.ResponseWriter }

func (c *cutter) Write(p []byte) (int, error) {
	c.ResponseWriter.Write(p[:len(p)/2])
	http.NewResponseController(c.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}
