package warn

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"quotatop/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 6, 17, 12, 4, 31, 0, time.UTC)

// near is a snapshot that is worth a warning for each of the endpoints.
func near(ids ...string) model.Snapshot {
	s := model.Snapshot{At: now}
	for _, id := range ids {
		s.Endpoints = append(s.Endpoints, model.EndpointUsage{ID: id, Limits: []model.LimitUsage{
			{Limit: 200, PerS: 60, Used: model.Some(190), TimeToLimit: model.Some(9.0), AsOf: model.Some(now)},
		}})
	}
	s.Walls = model.WallsOf(&s)
	return s
}

// A logged is a Warner and the log of its snapshots.
type logged struct {
	*Warner
	mu  sync.Mutex
	log model.Log
}

// note adds a notice to the log, as a ledger does, and shows it to the Warner.
func (r *logged) note(n model.Notice) { r.see(model.Snapshot{At: now}, n) }

// Seen takes a snapshot as a runner does.
func (r *logged) Seen(s model.Snapshot) { r.see(s) }

func (r *logged) see(s model.Snapshot, notices ...model.Notice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.Watch(s) {
		notices = append(notices, *e.Notice)
	}
	for _, n := range notices {
		r.log = append(model.Log{{At: s.At, Kind: n.Kind, Endpoint: n.Endpoint, Text: n.Text}}, r.log...)
	}
	s.Log = r.log
	r.Warner.Seen(s)
}

// start runs a Warner with a command until the test ends.
func start(t *testing.T, command ...string) *logged {
	w := &logged{}
	w.Warner = New(model.Watcher{Within: time.Minute, Quiet: time.Minute}, command, w.note)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return w
}

func TestCommandReadsTheWarning(t *testing.T) {
	const chat = "chat: 95% of 200 in 1m, limit in 9s"
	got := filepath.Join(t.TempDir(), "got")
	w := start(t, "sh", "-c", "cat > "+got+".new && mv "+got+".new "+got+"; echo ready >&2; exit 3")
	w.Seen(near("chat"))
	if line := <-w.Lines(); line != chat {
		t.Errorf("line %q", line)
	}
	// The command's own error comes too, when it has ended.
	if line := <-w.Lines(); line != "alerts command sh: exit status 3: ready" {
		t.Errorf("line %q", line)
	}
	data, err := os.ReadFile(got)
	if err != nil {
		t.Fatal(err)
	}
	var n map[string]any
	if err := json.Unmarshal(data, &n); err != nil || strings.Count(string(data), "\n") != 1 {
		t.Fatalf("%q: %v, want one line of JSON", data, err)
	}
	if n["kind"] != "limit" || n["endpoint"] != "chat" || n["text"] != chat || n["at"] != "2026-06-17T12:04:31Z" {
		t.Errorf("the command read %s", data)
	}
	if limit, ok := n["limit"].(map[string]any); !ok || limit["time_to_limit_s"] != 9.0 {
		t.Errorf("the command read %s, want the limit's figures in it", data)
	}
}

func TestCommandThatIsMissing(t *testing.T) {
	w := start(t, filepath.Join(t.TempDir(), "missing"))
	w.Seen(near("chat"))
	<-w.Lines()
	if line := <-w.Lines(); !strings.Contains(line, "no such file") {
		t.Errorf("line %q", line)
	}
}

// Neither a command that hangs nor a screen that receives nothing blocks Seen.
func TestSeenNeverBlocks(t *testing.T) {
	w := start(t, "sleep", "3600")
	for i := range 10 * queue {
		w.Seen(near(string(rune('a' + i))))
	}
}

// Each warning in the log rings once; those of earlier runs do not.
func TestLinesAreThoseOfTheLog(t *testing.T) {
	w := start(t)
	earlier := model.LogEntry{At: now.Add(-time.Minute), Kind: model.LogWarning, Text: "of an earlier run"}
	w.log = model.Log{{At: now, Kind: model.LogReloaded, Text: "no warning"}, earlier}
	for range 3 {
		w.Seen(near("chat", "inference"))
	}
	w.note(model.Notice{Kind: model.LogWarning, Text: "of the command"})
	want := map[string]int{}
	for _, e := range w.log {
		if e.Kind == model.LogWarning && e != earlier {
			want[e.Text]++
		}
	}
	if len(want) != 3 {
		t.Fatalf("the log is %v", w.log)
	}
	got := map[string]int{}
	for len(w.Lines()) > 0 {
		got[<-w.Lines()]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-in the log +said):\n%s", diff)
	}
}
