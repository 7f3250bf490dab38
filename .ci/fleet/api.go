package main

import (
	"net/http"
	"sync"
	"time"

	"quotatop/poller/sim"
)

// An api is the simulated API. It notes what it answered to whom: the generators have
// an address each.
type api struct {
	*sim.Server
	truths map[string]*truth // by address
}

func newAPI() *api {
	return &api{Server: sim.New(sim.Options{Key: key, CapUSD: 1e6}), truths: map[string]*truth{}}
}

// truth returns what is noted of the calls from an address.
func (a *api) truth(ip string) *truth {
	a.truths[ip] = &truth{}
	return a.truths[ip]
}

// ServeHTTP implements http.Handler.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := a.truths[r.Header.Get("X-Forwarded-For")]
	if t == nil {
		a.Server.ServeHTTP(w, r)
		return
	}
	answer := &answer{ResponseWriter: w}
	at := time.Now()
	a.Server.ServeHTTP(answer, r)
	t.add(at, answer)
}

// An answer notes its status.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// A truth is what the API did with the calls of one generator.
type truth struct {
	mu          sync.Mutex
	calls       []call
	from, until time.Time // the Retry-After that is on, or was last
	early       int
}

type call struct {
	at     time.Time
	denied bool
}

// grace is how long a call may have been on its way when another was denied.
const grace = time.Second

// add notes a call. Its Retry-After holds from the first denial to the end of the
// last one's.
func (t *truth) add(at time.Time, a *answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	denied := a.status == http.StatusTooManyRequests
	t.calls = append(t.calls, call{at, denied})
	if at.After(t.from.Add(grace)) && at.Before(t.until) {
		t.early++
	}
	if wait, err := time.ParseDuration(a.Header().Get("Retry-After") + "s"); denied && err == nil {
		if at.After(t.until) {
			t.from = at
		}
		if until := at.Add(wait); until.After(t.until) {
			t.until = until
		}
	}
}

// waits reports whether a Retry-After is on, or was a moment ago.
func (t *truth) waits(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return now.Before(t.until.Add(unsure))
}

// unsure is how far the tap's clock may be from the API's, as far as it matters here.
const unsure = 700 * time.Millisecond

// disputed reports whether a call at a time may be early by one clock and not by
// another.
func (t *truth) disputed(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return now.Sub(t.from.Add(grace)).Abs() < unsure || now.Sub(t.until).Abs() < unsure
}

// count returns the calls in [from, to).
func (t *truth) count(from, to time.Time) (accepted, denied int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.calls {
		switch {
		case c.at.Before(from) || !c.at.Before(to):
		case c.denied:
			denied++
		default:
			accepted++
		}
	}
	return accepted, denied
}
