package tap

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// key is the API key that no event, error or log line may show.
const key = "pio_sk_0123456789abcdef"

// patience is how long a test waits for what must come.
const patience = time.Minute

// A testTap is a tap that runs in front of an upstream, and all that it reports.
type testTap struct {
	tap    *Tap
	addr   string // of the tap
	base   string // of the tap, as a base URL
	client *http.Client
	stop   func() // ends the tap and waits for it

	mu     sync.Mutex
	events []model.Event
	news   chan struct{}
	ended  bool // Run has returned
	log    bytes.Buffer
}

// start runs a tap in front of upstream until the test ends.
func start(t testing.TB, upstream string, change ...func(*Options)) *testTap {
	t.Helper()
	u, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &testTap{addr: ln.Addr().String(), news: make(chan struct{}, 1)}
	r.base = "http://" + r.addr
	opts := Options{Listener: ln, Log: slog.New(slog.NewTextHandler(&locked{&r.mu, &r.log}, nil))}
	for _, c := range change {
		c(&opts)
	}
	r.tap = New(u, new(pioneer.Clock), opts)
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 2000}
	r.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		err := r.tap.Run(ctx, func(e model.Event) { r.emit(t, e) })
		r.mu.Lock()
		r.ended = true
		r.mu.Unlock()
		done <- err
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		transport.CloseIdleConnections()
		select {
		case err := <-done:
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			t.Error("Run does not end")
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if strings.Contains(r.log.String(), key) {
			t.Errorf("the log shows the key:\n%s", r.log.String())
		}
		if strings.Contains(r.log.String(), "panic") {
			t.Errorf("the tap panics:\n%s", r.log.String())
		}
		if t.Failed() {
			t.Logf("the log:\n%s", r.log.String())
		}
	})
	t.Cleanup(r.stop)
	return r
}

// serve runs a tap in front of a handler.
func serve(t *testing.T, upstream http.HandlerFunc, change ...func(*Options)) (*testTap, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(upstream)
	t.Cleanup(server.Close)
	return start(t, server.URL, change...), server
}

func (r *testTap) emit(t testing.TB, e model.Event) {
	r.mu.Lock()
	if r.ended {
		t.Error("an event comes after Run has returned")
	}
	r.events = append(r.events, e)
	r.mu.Unlock()
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// waitFor waits until the events so far satisfy ok, and returns them.
func (r *testTap) waitFor(t *testing.T, what string, ok func([]model.Event) bool) []model.Event {
	t.Helper()
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		events := r.events[:len(r.events):len(r.events)]
		r.mu.Unlock()
		if ok(events) {
			return events
		}
		select {
		case <-r.news:
		case <-deadline:
			last := calls(events)
			t.Fatalf("no %s in %d events; the last calls: %+v", what, len(events), last[max(0, len(last)-5):])
		}
	}
}

// waitCalls waits for n calls and returns them; more than n are an error.
func (r *testTap) waitCalls(t *testing.T, n int) []model.Call {
	t.Helper()
	events := r.waitFor(t, "call", func(events []model.Event) bool { return len(calls(events)) >= n })
	if got := calls(events); len(got) != n {
		t.Fatalf("got %d calls, want %d: %+v", len(got), n, got)
	}
	return calls(events)
}

func calls(events []model.Event) (calls []model.Call) {
	for _, e := range events {
		if e.Call != nil {
			calls = append(calls, *e.Call)
		}
	}
	return calls
}

func states(events []model.Event) (states []model.Health) {
	for _, e := range events {
		if e.Health != nil {
			states = append(states, *e.Health)
		}
	}
	return states
}

// locked is a writer that shares its buffer with the test.
type locked struct {
	mu  *sync.Mutex
	buf *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// soon returns what comes from c, or fails.
func soon[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("%s does not come", what)
	}
	return v
}
