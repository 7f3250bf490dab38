package statefile

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

// folder is one that state files may be in.
func folder(t *testing.T) string { return filepath.Join(t.TempDir(), "quotatop") }

func open(t *testing.T, dir string) *Writer {
	t.Helper()
	w, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func TestOneWritesAnotherReads(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		w := open(t, dir)
		if _, ok, err := Read(time.Now(), dir); ok || err != nil {
			t.Fatalf("before the first snapshot: %v, %v", ok, err)
		}
		w.Seen(snapshot(time.Now().Add(time.Hour), 7)) // the server's clock is another
		synctest.Wait()
		s, ok, err := Read(time.Now(), dir)
		if err != nil || !ok || used(t, s) != 7 || s.Cap.Remaining != model.Some(model.Dollar) || s.Cap.Limit.Known() {
			t.Fatalf("got %+v, %v, %v", s, ok, err)
		}
		if s, _, _ := Read(time.Now().Add(3*time.Second), dir); !s.At.Equal(time.Now().Add(time.Hour + 3*time.Second)) {
			t.Errorf("read 3 s later its time is %v, want it brought forward", s.At)
		}
		info, err := os.Stat(filepath.Join(dir, strconv.Itoa(os.Getpid())+".json"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("mode of the folder %v, %v, want 0700", info.Mode(), err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		w.Seen(snapshot(time.Now(), 8))
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("after Close there is %v", left)
		}
		if _, ok, err := Read(time.Now(), dir); ok || err != nil {
			t.Errorf("after Close: %v, %v", ok, err)
		}
	})
}

// written is when the file was last written, by its own word.
func written(t *testing.T, dir string) time.Time {
	t.Helper()
	s, err := readFile(filepath.Join(dir, strconv.Itoa(os.Getpid())+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return s.WrittenAt
}

func TestWritesOnceASecondAndOnlyNews(t *testing.T) {
	dir := folder(t)
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
		if s, _, _ := Read(time.Now(), dir); used(t, s) != 50 {
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
			if _, ok, err := Read(time.Now(), dir); !ok || err != nil {
				t.Fatalf("a quiet dashboard is not live: %v", err)
			}
		}
		if writes > 2 {
			t.Errorf("%d writes in 10 s without news, want a heartbeat every 5 s", writes)
		}
	})
}

func TestSurvivesItsFolder(t *testing.T) {
	dir := folder(t)
	synctest.Test(t, func(t *testing.T) {
		w := open(t, dir)
		for i := range 3 {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			w.Seen(snapshot(time.Now(), i))
			time.Sleep(writeEvery)
			synctest.Wait()
			if _, ok, err := Read(time.Now(), dir); !ok {
				t.Errorf("the folder went away, and the state stayed away: %v", err)
			}
		}
		// In its place is a file: the trouble is told at the end.
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		w.Seen(snapshot(time.Now(), 9))
		time.Sleep(writeEvery)
		synctest.Wait()
		if err := w.Close(); err == nil || !strings.Contains(err.Error(), "state file") {
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
	data, ok := content.(string)
	if !ok {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		data = string(text)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
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
		"one":           {map[string]any{"1.json": state{alive, now, now, snapshot(now, 1)}}, 1, ""},
		"crashed":       {map[string]any{"1.json": state{dead, now, now, snapshot(now, 1)}}, -1, ""},
		"hangs":         {map[string]any{"1.json": state{alive, now, now.Add(-20 * time.Second), snapshot(now, 1)}}, -1, ""},
		"from tomorrow": {map[string]any{"1.json": state{alive, now, now.Add(24 * time.Hour), snapshot(now, 1)}}, -1, ""},
		"two: the newest": {map[string]any{
			"1.json": state{alive, now.Add(-time.Hour), now, snapshot(now, 1)},
			"2.json": state{parent, now.Add(-time.Minute), now.Add(-time.Second), snapshot(now, 2)},
		}, 2, ""},
		"the newest has crashed": {map[string]any{
			"1.json": state{alive, now.Add(-time.Hour), now, snapshot(now, 1)},
			"2.json": state{dead, now, now, snapshot(now, 2)},
		}, 1, ""},
		"half a file":          {map[string]any{"1.json": `{"pid":1,"snap`}, -1, "1.json: not a state file"},
		"empty":                {map[string]any{"1.json": ""}, -1, "not a state file"},
		"of another version":   {map[string]any{"1.json": state{alive, now, now, model.Snapshot{Version: 99}}}, -1, "another version"},
		"huge":                 {map[string]any{"1.json": strings.Repeat(" ", maxFile+1)}, -1, "more than 4 MiB"},
		"no process":           {map[string]any{"1.json": state{-1, now, now, snapshot(now, 1)}}, -1, ""},
		"broken beside a live": {map[string]any{"1.json": "{", "2.json": state{alive, now, now, snapshot(now, 2)}}, 2, ""},
		"a draft":              {map[string]any{"1.new": state{alive, now, now, snapshot(now, 1)}}, -1, ""},
	} {
		dir := folder(t)
		for file, content := range tt.files {
			put(t, dir, file, content)
		}
		s, ok, err := Read(now, dir)
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
	dir, now := folder(t), time.Now()
	gone, other := strconv.Itoa(ended(t)), strconv.Itoa(os.Getppid())
	for _, name := range []string{gone + ".json", gone + ".new", other + ".json", "notes.txt"} {
		put(t, dir, name, state{1, now, now, snapshot(now, 1)})
	}
	open(t, dir)
	var left []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if got, want := strings.Join(left, " "), other+".json notes.txt"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDirs(t *testing.T) {
	t.Setenv("TMPDIR", "/t")
	own := "/t/quotatop-" + strconv.Itoa(os.Getuid())
	for runtime, want := range map[string]string{"/run/u": "/run/u/quotatop " + own, "": own, "relative": own} {
		t.Setenv("XDG_RUNTIME_DIR", runtime)
		if got := strings.Join(Dirs(), " "); got != want {
			t.Errorf("XDG_RUNTIME_DIR=%s: got %q, want %q", runtime, got, want)
		}
	}
}

// A folder that others could have a hand in is not used, nor read.
func TestUnsafeFolder(t *testing.T) {
	base := t.TempDir()
	file, link, wide := filepath.Join(base, "file"), filepath.Join(base, "link"), filepath.Join(base, "wide")
	put(t, filepath.Join(base, "real"), "1.json", state{})
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(base, "real"), link); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(wide, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(wide, 0o777); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		file: "is not a folder", link: "is not a folder", wide: "is open to others", filepath.Join(base, "no", "such"): "no such file",
	} {
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open: %v, want %q", err, want)
		}
		_, ok, err := Read(time.Now(), dir)
		if ok || err == nil && want != "no such file" {
			t.Errorf("Read of %s: %v, %v", dir, ok, err)
		}
	}
	if got, err := MakeDir(wide, filepath.Join(base, "mine")); err != nil || got != filepath.Join(base, "mine") {
		t.Errorf("the second choice: got %q, %v", got, err)
	}
	if os.Getuid() == 0 {
		foreign := filepath.Join(base, "foreign")
		if err := os.Mkdir(foreign, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(foreign, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(foreign); err == nil || !strings.Contains(err.Error(), "belongs to somebody else") {
			t.Errorf("a folder of another user: %v", err)
		}
	}
}

func FuzzParse(f *testing.F) {
	now := time.Now()
	good, _ := json.Marshal(state{1, now, now, snapshot(now, 1)})
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte(`{"snapshot":{"version":1,"cap":{"used_usd":"x"}}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parse(data)
		if err == nil && s.Snapshot.Version != model.SnapshotVersion {
			t.Errorf("version %d is taken", s.Snapshot.Version)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	dir, now := filepath.Join(b.TempDir(), "quotatop"), time.Now()
	table, err := model.Profile(model.DefaultProfile)
	if err != nil {
		b.Fatal(err)
	}
	data, _ := json.Marshal(state{os.Getpid(), now, now, model.NewLedger(table, model.LedgerOptions{}).Snapshot(now)})
	if err := os.Mkdir(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "1.json"), data, 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok, err := Read(now, dir); !ok {
			b.Fatal(err)
		}
	}
}
