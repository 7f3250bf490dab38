package statefile

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"quotatop/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// snapshot is one that the number n tells from others.
func snapshot(at time.Time, n int) model.Snapshot {
	return model.Snapshot{
		Version: model.SnapshotVersion, At: at.UTC(),
		Cap:       model.Cap{Remaining: model.Some(model.Dollar)},
		Endpoints: []model.EndpointUsage{{ID: "chat", Limits: []model.LimitUsage{{Limit: 200, PerS: 60, Used: model.Some(n)}}}},
	}
}

func used(t *testing.T, s model.Snapshot) int {
	t.Helper()
	if len(s.Endpoints) != 1 {
		t.Fatalf("%d endpoints in %+v", len(s.Endpoints), s)
	}
	return s.Endpoints[0].Limits[0].Used.Or(-1)
}

// account is the one that the tests write and read.
const account = "0123456789ab"

// fresh is a place that has not been made yet.
func fresh(t *testing.T) Place { return known(filepath.Join(t.TempDir(), "quotatop")) }

// known is a place in which every process looks.
func known(path string) Place { return Place{Path: path, WellKnown: true} }

// folder is the account's in a place.
func (p Place) folder() string { return filepath.Join(p.Path, account) }

func open(t *testing.T, places ...Place) *Writer {
	t.Helper()
	w := Open(places, account, Options{})
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// read reads the account in some places.
func read(now time.Time, places ...Place) (model.Snapshot, bool, error) {
	d, ok, err := Read(now, places, account)
	return d.Snapshot, ok, err
}

func TestOneWritesAnotherReads(t *testing.T) {
	dir := fresh(t)
	synctest.Test(t, func(t *testing.T) {
		w := open(t, dir)
		if _, ok, err := read(time.Now(), dir); ok || err != nil {
			t.Fatalf("before the first snapshot: %v, %v", ok, err)
		}
		w.Seen(snapshot(time.Now().Add(time.Hour), 7)) // the server's clock is another
		synctest.Wait()
		s, ok, err := read(time.Now(), dir)
		if err != nil || !ok || used(t, s) != 7 || s.Cap.Remaining != model.Some(model.Dollar) || s.Cap.Limit.Known() {
			t.Fatalf("got %+v, %v, %v", s, ok, err)
		}
		if s, _, _ := read(time.Now().Add(3*time.Second), dir); !s.At.Equal(time.Now().Add(time.Hour + 3*time.Second)) {
			t.Errorf("read 3 s later its time is %v, want it brought forward", s.At)
		}
		for path, want := range map[string]os.FileMode{
			filepath.Join(dir.folder(), strconv.Itoa(os.Getpid())+".status"): 0o600, dir.folder(): 0o700, dir.Path: 0o700,
		} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: mode %v, %v, want %v", path, info.Mode(), err, want)
			}
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		w.Seen(snapshot(time.Now(), 8))
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir.Path); err != nil || len(left) > 0 {
			t.Errorf("after Close there is %v, %v", left, err)
		}
		if _, ok, err := read(time.Now(), dir); ok || err != nil {
			t.Errorf("after Close: %v, %v", ok, err)
		}
	})
}

// written is when the file was last written, by its own word.
func written(t *testing.T, p Place) time.Time {
	t.Helper()
	dir, err := p.account(account, false)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	s, err := readFile(dir, strconv.Itoa(os.Getpid())+".status")
	if err != nil {
		t.Fatal(err)
	}
	return s.WrittenAt
}

func TestWritesOnceASecondAndOnlyNews(t *testing.T) {
	dir := fresh(t)
	synctest.Test(t, func(t *testing.T) {
		w := open(t, dir)
		w.Seen(snapshot(time.Now(), 0))
		synctest.Wait()
		writes, last := 1, written(t, dir)
		for i := range 50 { // 5 s of ten snapshots a second, each of them news
			w.Seen(snapshot(time.Now(), i+1))
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			if at := written(t, dir); !at.Equal(last) {
				writes, last = writes+1, at
			}
		}
		if writes < 5 || writes > 6 {
			t.Errorf("%d writes in 5 s, want one a second", writes)
		}
		time.Sleep(2 * time.Second) // the last one
		synctest.Wait()
		if s, _, _ := read(time.Now(), dir); used(t, s) != 50 {
			t.Errorf("the newest snapshot is not in the file: %d", used(t, s))
		}
		writes, last = 0, written(t, dir)
		for range 40 { // 10 s without news
			w.Seen(snapshot(time.Now(), 50))
			time.Sleep(250 * time.Millisecond)
			synctest.Wait()
			if at := written(t, dir); !at.Equal(last) {
				writes, last = writes+1, at
			}
			if _, ok, err := read(time.Now(), dir); !ok || err != nil {
				t.Fatalf("a quiet dashboard is not live: %v", err)
			}
		}
		if writes > 2 {
			t.Errorf("%d writes in 10 s without news, want a heartbeat every 5 s", writes)
		}
	})
}

// News that comes soon after a write waits for the snapshot after it: the process wakes
// up then in any case.
func TestWritesWhenSnapshotsCome(t *testing.T) {
	dir := fresh(t)
	synctest.Test(t, func(t *testing.T) {
		w, began := open(t, dir), time.Now()
		for i, at := range []time.Duration{0, 700, 1000, 1250, 1999, 3001} {
			time.Sleep(time.Until(began.Add(at * time.Millisecond)))
			w.Seen(snapshot(time.Now(), i))
			synctest.Wait()
			got, want := written(t, dir).Sub(began).Milliseconds(), [...]int64{0, 0, 1000, 1000, 1999, 3001}[i]
			if got != want {
				t.Errorf("after the snapshot at %d ms: written at %d ms, want %d", at, got, want)
			}
		}
	})
}

// That time has passed is no news: not for what is known up to now, either.
func TestTimeIsNoNews(t *testing.T) {
	dir := fresh(t)
	synctest.Test(t, func(t *testing.T) {
		w, began := open(t, dir), time.Now()
		for i, tt := range []struct {
			asOf time.Duration // before the snapshot
			want int64         // when the file was written, in seconds
		}{{0, 0}, {0, 0}, {time.Second, 2}, {2 * time.Second, 2}, {0, 4}, {0, 4}} {
			s := snapshot(time.Now(), 7)
			s.Endpoints[0].Limits[0].AsOf = model.Some(s.At.Add(-tt.asOf))
			w.Seen(s)
			synctest.Wait()
			if got := int64(written(t, dir).Sub(began).Seconds()); got != tt.want {
				t.Errorf("after %d s: written at %d s, want %d", i, got, tt.want)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestSurvivesItsFolder(t *testing.T) {
	dir := fresh(t)
	synctest.Test(t, func(t *testing.T) {
		var reports []error
		w := Open([]Place{dir}, account, Options{Report: func(err error) { reports = append(reports, err) }})
		defer w.Close()
		seen := func(n int) {
			w.Seen(snapshot(time.Now(), n))
			time.Sleep(writeEvery)
			synctest.Wait()
		}
		for i, gone := range []string{dir.folder(), dir.Path, filepath.Dir(dir.Path)} {
			seen(i)
			if err := os.RemoveAll(gone); err != nil {
				t.Fatal(err)
			}
			if gone == filepath.Dir(dir.Path) { // as after the user's last logout
				seen(8)
				if err := os.Mkdir(gone, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			seen(i + 10)
			if _, ok, err := read(time.Now(), dir); !ok {
				t.Errorf("%s went away, and the state stayed away: %v", gone, err)
			}
		}
		if len(reports) != 2 || reports[0] == nil || reports[1] != nil {
			t.Errorf("reports %v, want one that it fails, and one that it works again", reports)
		}
		// Without news, it is missing no longer than until the next heartbeat.
		if err := os.RemoveAll(dir.Path); err != nil {
			t.Fatal(err)
		}
		for range heartbeat / writeEvery {
			seen(12)
		}
		if _, ok, err := read(time.Now(), dir); !ok {
			t.Errorf("a heartbeat did not bring the state back: %v", err)
		}
		// In its place is a file: Close returns the error.
		if err := os.RemoveAll(dir.Path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir.Path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		seen(9)
		if err := w.Close(); err == nil || !strings.Contains(err.Error(), "state file") || !strings.Contains(err.Error(), "is not a folder: remove it") {
			t.Errorf("Close says %v", err)
		}
	})
}

// ended is the number of a process that is no more.
func ended(t *testing.T) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// put writes a state file by hand.
func put(t *testing.T, dir, name string, content any) {
	t.Helper()
	var data []byte
	switch content := content.(type) {
	case string:
		data = []byte(content)
	case state:
		data = content.encode()
	default:
		var err error
		if data, err = json.Marshal(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// otherVersion is a state file that another version of quotatop wrote.
func otherVersion(pid int, now time.Time) string {
	s := state{PID: pid, StartedAt: now, WrittenAt: now}
	head, _, _ := bytes.Cut(s.encode(), []byte("\n"))
	return string(head) + "\n\x63"
}

func TestWhatIsLive(t *testing.T) {
	now := time.Now()
	alive, dead := os.Getpid(), ended(t)
	parent := os.Getppid()
	for name, tt := range map[string]struct {
		files map[string]any
		want  int    // used; -1 for none
		err   string // part of the error
	}{
		"none":          {nil, -1, ""},
		"one":           {map[string]any{"1.status": state{alive, false, now, now, snapshot(now, 1)}}, 1, ""},
		"crashed":       {map[string]any{"1.status": state{dead, false, now, now, snapshot(now, 1)}}, -1, ""},
		"hangs":         {map[string]any{"1.status": state{alive, false, now, now.Add(-20 * time.Second), snapshot(now, 1)}}, -1, ""},
		"from tomorrow": {map[string]any{"1.status": state{alive, false, now, now.Add(24 * time.Hour), snapshot(now, 1)}}, -1, ""},
		"two: the newest": {map[string]any{
			"1.status": state{alive, false, now.Add(-time.Hour), now, snapshot(now, 1)},
			"2.status": state{parent, false, now.Add(-time.Minute), now.Add(-time.Second), snapshot(now, 2)},
		}, 2, ""},
		"the newest has crashed": {map[string]any{
			"1.status": state{alive, false, now.Add(-time.Hour), now, snapshot(now, 1)},
			"2.status": state{dead, false, now, now, snapshot(now, 2)},
		}, 1, ""},
		"of the first version": {map[string]any{"1.status": `{"pid":1,"snapshot":{"version":1}}`}, -1, "1.status: not a state file"},
		"half a file":          {map[string]any{"1.status": `{"pid":1,"snap`}, -1, "1.status: not a state file"},
		"empty":                {map[string]any{"1.status": ""}, -1, "not a state file"},
		"of another version":   {map[string]any{"1.status": otherVersion(alive, now)}, -1, "another version of quotatop: restart the dashboard"},
		"huge":                 {map[string]any{"1.status": strings.Repeat(" ", maxFile+1)}, -1, "larger than 4 MiB"},
		"no process":           {map[string]any{"1.status": state{-1, false, now, now, snapshot(now, 1)}}, -1, ""},
		"broken beside a live": {map[string]any{"1.status": "{", "2.status": state{alive, false, now, now, snapshot(now, 2)}}, 2, "1.status: not a state file"},
		"a draft":              {map[string]any{"1.new": state{alive, false, now, now, snapshot(now, 1)}}, -1, ""},
	} {
		dir := fresh(t)
		for file, content := range tt.files {
			put(t, dir.folder(), file, content)
		}
		s, ok, err := read(now, dir)
		if ok != (tt.want >= 0) || ok && used(t, s) != tt.want {
			t.Errorf("%s: got %v, %v, want %d", name, ok, s, tt.want)
		}
		if (err != nil) != (tt.err != "") || err != nil && (!strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: error %v, want one line with %q", name, err, tt.err)
		}
	}
}

// What crashed dashboards left is removed by the next one; nothing else is.
func TestOpenSweeps(t *testing.T) {
	dir, now := fresh(t), time.Now()
	gone, other := strconv.Itoa(ended(t)), strconv.Itoa(os.Getppid())
	for _, name := range []string{gone + ".status", gone + ".new", other + ".status", "notes.txt"} {
		put(t, dir.folder(), name, state{1, false, now, now, snapshot(now, 1)})
	}
	crashed, empty, polls := filepath.Join(dir.Path, "demo"), filepath.Join(dir.Path, "empty"), filepath.Join(dir.Path, "polls")
	put(t, crashed, gone+".status", state{})
	mkdir(t, empty, 0o700)
	put(t, polls, pollName, polled{})
	open(t, dir)
	list := func(path string) string {
		var names []string
		entries, _ := os.ReadDir(path)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return strings.Join(names, " ")
	}
	if got, want := list(dir.folder()), other+".status notes.txt"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := list(dir.Path), account+" polls"; got != want {
		t.Errorf("of all accounts: got %q, want %q", got, want)
	}
}

func FuzzParse(f *testing.F) {
	now := time.Now()
	good := state{1, false, now, now, snapshot(now, 1)}
	full := good.encode()
	f.Add(full)
	f.Add(full[:len(full)/2])
	f.Add([]byte(otherVersion(1, now)))
	f.Add([]byte(`{"snapshot":{"version":1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parse(data)
		if err != nil {
			return
		}
		if s.Snapshot.Version != model.SnapshotVersion {
			t.Errorf("version %d is taken", s.Snapshot.Version)
		}
		again, err := parse(s.encode())
		if diff := cmp.Diff(s, again, cmp.AllowUnexported(model.Opt[int]{}, model.Opt[float64]{}, model.Opt[time.Time]{}, model.Opt[model.Micros]{})); err != nil || diff != "" {
			t.Errorf("%v: what was read is written as another (-first +second):\n%s", err, diff)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	dir, now := known(filepath.Join(b.TempDir(), "quotatop")), time.Now()
	table, err := model.Profile(model.DefaultProfile)
	if err != nil {
		b.Fatal(err)
	}
	live := state{os.Getpid(), false, now, now, model.NewLedger(table, model.LedgerOptions{}).Snapshot(now)}
	if err := os.MkdirAll(dir.folder(), 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir.folder(), "1.status"), live.encode(), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok, err := read(now, dir); !ok {
			b.Fatal(err)
		}
	}
}
