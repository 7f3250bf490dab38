package tail

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/pioneer"
	"quotatop/poller/runner"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // so that times without a zone are the same everywhere
	goleak.VerifyTestMain(m)
}

// key is an API key that no event may show.
const key = "pio_sk_0123456789abcdef"

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// A watched is a running source and the events it has emitted.
type watched struct {
	stop func() // ends the source and waits for it

	mu     sync.Mutex
	events []model.Event
	news   chan struct{}
	ended  bool // Run has returned
	done   chan error
}

// start runs a source until the test ends.
func start(t *testing.T, source runner.Source) *watched {
	t.Helper()
	r := &watched{news: make(chan struct{}, 1), done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		err := source.Run(ctx, func(e model.Event) { r.emit(t, e) })
		r.mu.Lock()
		r.ended = true
		r.mu.Unlock()
		r.done <- err
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-r.done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			t.Error("Run does not end")
		}
	})
	t.Cleanup(r.stop)
	return r
}

func follow(t *testing.T, path string, format Format) *watched {
	t.Helper()
	return start(t, New(path, format, new(pioneer.Clock), Options{}))
}

func (r *watched) emit(t *testing.T, e model.Event) {
	r.mu.Lock()
	if r.ended {
		t.Error("an event comes after Run has returned")
	}
	if e.Source != model.SourceTail || e.At.IsZero() {
		t.Errorf("event %+v, want a source and a time", e)
	}
	if text := string(events.Append(nil, e)); strings.Contains(text, key) {
		t.Errorf("event %s shows the key", text)
	}
	r.events = append(r.events, e)
	r.mu.Unlock()
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// waitFor waits until the events so far satisfy ok.
func (r *watched) waitFor(t *testing.T, what string, ok func([]model.Event) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		events := r.events[:len(r.events):len(r.events)]
		r.mu.Unlock()
		if ok(events) {
			return
		}
		select {
		case <-r.news:
		case <-deadline:
			t.Fatalf("no %s; got the calls %q and the health %+v", what, paths(events), health(events))
		}
	}
}

// waitPaths waits for calls to these paths, in this order and no others.
func (r *watched) waitPaths(t *testing.T, want ...string) {
	t.Helper()
	r.waitFor(t, "call "+want[len(want)-1], func(events []model.Event) bool { return len(paths(events)) >= len(want) })
	r.mu.Lock()
	defer r.mu.Unlock()
	if got := paths(r.events); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("got calls to %q, want %q", got, want)
	}
}

// waitHealth waits for a state and words of its error or note.
func (r *watched) waitHealth(t *testing.T, state model.State, words string) {
	t.Helper()
	r.waitFor(t, string(state)+" with "+words, func(events []model.Event) bool {
		h := health(events)
		return h.State == state && strings.Contains(h.Error+h.Note, words)
	})
}

func paths(events []model.Event) (paths []string) {
	for _, e := range events {
		if e.Call != nil {
			paths = append(paths, e.Call.Path)
		}
	}
	return paths
}

// health is the newest one.
func health(events []model.Event) (h model.Health) {
	for _, e := range events {
		if e.Health != nil {
			h = *e.Health
		}
	}
	return h
}

// line is an event line of a call to path, now.
func line(path string) string { return lineAt(time.Now(), path) }

func lineAt(at time.Time, path string) string {
	return string(events.Append(nil, model.Event{At: at, Call: &model.Call{
		Vantage: model.VantageLocal, Method: "POST", Path: path, Status: 200,
	}}))
}

// log is a file that a test writes to as a load run would.
type log struct {
	t    *testing.T
	path string
	file *os.File
}

func create(t *testing.T, path string) *log {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return &log{t, path, file}
}

func (l *log) write(text ...string) {
	l.t.Helper()
	if _, err := io.WriteString(l.file, strings.Join(text, "")); err != nil {
		l.t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func temp(t *testing.T) string { return filepath.Join(t.TempDir(), "run.log") }
