package sim

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"quotatop/poller/crash"
)

// A Load is an open-loop load run over HTTP: calls are sent when the plan says,
// without waiting for earlier ones. Run it once.
type Load struct {
	// BaseURL is where this machine's calls go: the tap, or the API.
	BaseURL string
	// Direct is where the other machines' calls go: the API itself. They have
	// their own X-Forwarded-For. BaseURL if empty.
	Direct string
	Key    string
	Plan   Plan
	Seed   uint64
	// Obedient is the share of clients, from 0 to 1, that send no calls until
	// Retry-After has passed, or for 30 s after a denial without Retry-After.
	Obedient float64
	// InFlight is the most calls in flight, 64 if 0. Calls above it are
	// dropped.
	InFlight int
	// Client sends the calls; a new one if nil.
	Client *http.Client

	tally struct{ accepted, denied, failed, dropped, held atomic.Int64 }
	until []atomic.Int64 // by client: when it may call again, in Unix nanoseconds
}

// A Tally counts the calls of a load run by how they ended.
type Tally struct {
	Accepted int // 2xx
	Denied   int // 401, 402, 403, 429
	Failed   int // other statuses, and incomplete responses
	Dropped  int // not sent: too many in flight, or the machine was too slow
	Held     int // not sent: the client was waiting for Retry-After
}

// Tally returns the counts so far. It may be called at any time.
func (l *Load) Tally() Tally {
	return Tally{
		Accepted: int(l.tally.accepted.Load()),
		Denied:   int(l.tally.denied.Load()),
		Failed:   int(l.tally.failed.Load()),
		Dropped:  int(l.tally.dropped.Load()),
		Held:     int(l.tally.held.Load()),
	}
}

const (
	callTimeout = 30 * time.Second
	// tooLate is when an overdue call is dropped, so that a machine that was
	// suspended does not catch up in one burst.
	tooLate = time.Second
	// blindWait is how long an obedient client waits without Retry-After.
	blindWait = 30 * time.Second
)

// Run sends the plan's calls until the plan ends, then waits for those in
// flight; when ctx ends, it cancels them. An error means that the Load is
// invalid; calls that fail are counted.
func (l *Load) Run(ctx context.Context) error {
	if err := l.prepare(); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	defer l.Client.CloseIdleConnections()
	var calls sync.WaitGroup
	defer calls.Wait()
	slots := make(chan struct{}, l.InFlight)
	begin := time.Now()
	for at, a := range l.Plan.arrivals(l.Seed) {
		due := begin.Add(at)
		if !sleep(ctx, time.Until(due)) || ctx.Err() != nil {
			return nil
		}
		if time.Since(due) > tooLate {
			l.tally.dropped.Add(1)
			continue
		}
		if l.client(a).Load() > time.Now().UnixNano() {
			l.tally.held.Add(1)
			continue
		}
		select {
		case slots <- struct{}{}:
			calls.Go(crash.Guarded(func() {
				defer func() { <-slots }()
				l.call(ctx, a)
			}))
		default:
			l.tally.dropped.Add(1)
		}
	}
	return nil
}

// prepare checks the fields and sets defaults.
func (l *Load) prepare() error {
	if err := l.Plan.check(); err != nil {
		return err
	}
	if l.Direct == "" {
		l.Direct = l.BaseURL
	}
	for _, base := range []*string{&l.BaseURL, &l.Direct} {
		u, err := url.Parse(*base)
		if err != nil || u.Scheme == "" || u.Host == "" {
			return fmt.Errorf("%q is not a base URL: write it like http://127.0.0.1:8430", *base)
		}
		*base = strings.TrimSuffix(*base, "/")
	}
	if l.InFlight <= 0 {
		l.InFlight = 64
	}
	if l.Client == nil {
		l.Client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: l.InFlight}}
	}
	l.until = make([]atomic.Int64, len(l.Plan.Streams)*(machines+1)*clients)
	return nil
}

// client returns when the client of a call may call again.
func (l *Load) client(a arrival) *atomic.Int64 {
	return &l.until[(a.stream*(machines+1)+a.machine)*clients+a.client]
}

// obeys reports whether the client of a call obeys Retry-After.
func (l *Load) obeys(a arrival) bool { return float64(a.client)+0.5 < l.Obedient*clients }

// call sends one call and counts how it ended.
func (l *Load) call(ctx context.Context, a arrival) {
	within, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, err := l.send(within, a)
	if err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
		resp.Body.Close()
	}
	switch {
	case ctx.Err() != nil: // canceled
	case err != nil:
		l.tally.failed.Add(1)
	case resp.StatusCode < 300:
		l.tally.accepted.Add(1)
	case resp.StatusCode == 429 || resp.StatusCode >= 401 && resp.StatusCode <= 403:
		l.tally.denied.Add(1)
		if l.obeys(a) {
			l.client(a).Store(time.Now().Add(waitOf(resp)).UnixNano())
		}
	default:
		l.tally.failed.Add(1)
	}
}

// waitOf returns how long a denial asks the client to wait.
func waitOf(resp *http.Response) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 0 || seconds > 3600 {
		return blindWait
	}
	return time.Duration(seconds) * time.Second
}

func (l *Load) send(ctx context.Context, a arrival) (*http.Response, error) {
	base := l.BaseURL
	if a.machine > 0 {
		base = l.Direct
	}
	path := l.Plan.Streams[a.stream].Path
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+path, strings.NewReader(bodyOf(path, a)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-API-Key", l.Key)
	if a.machine > 0 {
		req.Header.Set("X-Forwarded-For", a.ip())
	}
	return l.Client.Do(req)
}

// bodyOf returns the body of a request to a path.
func bodyOf(path string, a arrival) string {
	model := a.model
	if model == "" {
		model = defaultModel(path)
	}
	const ask = "What is a quota?"
	switch path {
	case chatPath:
		return fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":%q}],"stream":%t}`, model, ask, a.chunked)
	case "/v1/messages":
		return fmt.Sprintf(`{"model":%q,"max_tokens":64,"messages":[{"role":"user","content":%q}]}`, model, ask)
	case "/v1/completions":
		return fmt.Sprintf(`{"model":%q,"prompt":%q}`, model, ask)
	case "/v1/responses", "/v1/embeddings":
		return fmt.Sprintf(`{"model":%q,"input":%q}`, model, ask)
	}
	return fmt.Sprintf(`{"model":%q,"text":%q,"schema":{"entities":["concept"]}}`, model, ask)
}
