package tail

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// What is there is read, and what is appended, in pieces or at once.
func TestFollow(t *testing.T) {
	f := create(t, temp(t))
	f.write(line("/1"), line("/2"))
	r := follow(t, f.path, FormatAuto)
	r.waitPaths(t, "/1", "/2")
	r.waitHealth(t, model.StateOK, "")
	f.write(line("/3"))
	r.waitPaths(t, "/1", "/2", "/3")
	half := line("/4")
	f.write(half[:30])
	f.write(half[30:40])
	f.write(half[40:], "\n\n", strings.TrimSuffix(line("/5"), "\n"), "\r\n", line("/6"))
	r.waitPaths(t, "/1", "/2", "/3", "/4", "/5", "/6")
	r.stop()
	if h := health(r.events); h.Note != "" || h.Error != "" {
		t.Errorf("health %+v, want nothing to say", h)
	}
}

// A line that has not ended when we come is read when it has.
func TestHalfALineAtTheStart(t *testing.T) {
	f := create(t, temp(t))
	text := line("/2")
	f.write(line("/1"), text[:50])
	r := follow(t, f.path, FormatAuto)
	r.waitPaths(t, "/1")
	f.write(text[50:])
	r.waitPaths(t, "/1", "/2")
}

// A file may come later, and its directory too.
func TestFileComesLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	path := filepath.Join(dir, "run.log")
	r := follow(t, path, FormatAuto)
	r.waitHealth(t, model.StatePaused, "run.log: waiting for the file")
	must(t, os.Mkdir(dir, 0o700))
	f := create(t, path)
	f.write(line("/1"))
	r.waitPaths(t, "/1")
	r.waitHealth(t, model.StateOK, "")
}

// Rotation by renaming: the last lines of the old file and all of the new one.
func TestRenameAndCreate(t *testing.T) {
	f := create(t, temp(t))
	f.write(line("/1"))
	r := follow(t, f.path, FormatAuto)
	r.waitPaths(t, "/1")
	want := []string{"/1"}
	for i := range 5 {
		must(t, os.Rename(f.path, f.path+".1"))
		last, first := fmt.Sprintf("/last-%d", i), fmt.Sprintf("/first-%d", i)
		f.write(line(last))
		f = create(t, f.path)
		f.write(line(first))
		want = append(want, last, first)
		r.waitPaths(t, want...)
	}
	must(t, os.Remove(f.path))
	r.waitHealth(t, model.StateOK, "run.log: moved away; waiting for a new file")
	create(t, f.path).write(line("/again"))
	r.waitPaths(t, append(want, "/again")...)
	r.waitFor(t, "end of the note", func(events []model.Event) bool { return health(events).Note == "" })
}

// Rotation by copying and cutting: a file that shrinks is read from its start.
func TestCopyTruncate(t *testing.T) {
	f := create(t, temp(t))
	f.write(line("/a-long-path-that-makes-the-file-longer"), line("/2"))
	r := follow(t, f.path, FormatAuto)
	r.waitPaths(t, "/a-long-path-that-makes-the-file-longer", "/2")
	f.write(line("/3")[:20]) // it will never end
	must(t, f.file.Truncate(0))
	f.write(line("/4"))
	r.waitPaths(t, "/a-long-path-that-makes-the-file-longer", "/2", "/4")
}

// A writer that goes on where it was leaves a hole of zeros in a file that was
// cut.
func TestCutUnderAWriter(t *testing.T) {
	path := temp(t)
	f := create(t, path)
	f.write(line("/1"))
	r := follow(t, path, FormatAuto)
	r.waitPaths(t, "/1")
	must(t, os.Truncate(path, 0))
	r.waitFor(t, "second look", func([]model.Event) bool {
		_, err := os.Stat(path)
		return err == nil
	})
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	defer w.Close()
	_, err = w.WriteAt([]byte(line("/2")), 5000)
	must(t, err)
	r.waitPaths(t, "/1", "/2")
}

// A link may be turned to another file, in another directory.
func TestSymlinkSwap(t *testing.T) {
	one, two := create(t, temp(t)), create(t, temp(t))
	path := filepath.Join(t.TempDir(), "current.log")
	must(t, os.Symlink(one.path, path))
	one.write(line("/1"))
	r := follow(t, path, FormatAuto)
	r.waitPaths(t, "/1")
	one.write(line("/2"))
	r.waitPaths(t, "/1", "/2")
	two.write(line("/3"))
	must(t, os.Symlink(two.path, path+".new"))
	must(t, os.Rename(path+".new", path))
	r.waitPaths(t, "/1", "/2", "/3")
	two.write(line("/4"))
	r.waitPaths(t, "/1", "/2", "/3", "/4")
}

// What cannot be read is named, and read once it can be.
func TestCannotRead(t *testing.T) {
	t.Run("directory", func(t *testing.T) {
		path := temp(t)
		must(t, os.Mkdir(path, 0o700))
		r := follow(t, path, FormatAuto)
		r.waitHealth(t, model.StateError, "run.log: is a directory: give the file that the load run writes")
		must(t, os.Remove(path))
		create(t, path).write(line("/1"))
		r.waitPaths(t, "/1")
		r.waitHealth(t, model.StateOK, "")
	})
	t.Run("no permission", func(t *testing.T) {
		if os.Getuid() == 0 {
			t.Skip("root may read everything")
		}
		f := create(t, temp(t))
		must(t, os.Chmod(f.path, 0))
		r := follow(t, f.path, FormatAuto)
		r.waitHealth(t, model.StateError, "run.log: permission denied: make it readable for this user")
		f.write(line("/1"))
		must(t, os.Chmod(f.path, 0o600))
		r.waitPaths(t, "/1")
	})
	if got := explain(&fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}); got != "permission denied: make it readable for this user" {
		t.Errorf("explain: %q", got)
	}
	t.Run("device", func(t *testing.T) {
		r := follow(t, os.DevNull, FormatAuto)
		r.waitHealth(t, model.StateError, "is not a file")
	})
	t.Run("compressed", func(t *testing.T) {
		f := create(t, temp(t))
		f.write("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", strings.Repeat("\xff", 20))
		r := follow(t, f.path, FormatAuto)
		r.waitHealth(t, model.StateError, "run.log: cannot be decompressed: flate: corrupt input")
		must(t, f.file.Truncate(0))
		f.write("\x28\xb5\x2f\xfdrest")
		r.waitHealth(t, model.StateError, "run.log: is compressed with zstd: pipe it through zstdcat, and read - instead of the file")
	})
	t.Run("way through a file", func(t *testing.T) {
		f := create(t, temp(t))
		r := follow(t, filepath.Join(f.path, "x.log"), FormatAuto)
		r.waitHealth(t, model.StateError, "x.log: not a directory")
	})
}

func TestInput(t *testing.T) {
	run := func(t *testing.T, input io.Reader) *watched {
		return start(t, New(StandardInput, FormatAuto, new(pioneer.Clock), Options{Input: input}))
	}
	t.Run("pipe that is closed", func(t *testing.T) {
		in, out, err := os.Pipe()
		must(t, err)
		defer in.Close()
		r := run(t, in)
		_, err = out.WriteString(line("/1") + strings.TrimSuffix(line("/2"), "\n"))
		must(t, err)
		r.waitPaths(t, "/1")
		must(t, out.Close())
		r.waitPaths(t, "/1", "/2")
		r.waitHealth(t, model.StatePaused, "standard input: ended")
	})
	t.Run("pipe that stays open", func(t *testing.T) {
		in, out, err := os.Pipe()
		must(t, err)
		defer in.Close()
		defer out.Close()
		r := run(t, in)
		_, err = out.WriteString(line("/1"))
		must(t, err)
		r.waitPaths(t, "/1")
		r.stop()
	})
	t.Run("no file", func(t *testing.T) {
		in, out := io.Pipe()
		r := run(t, in)
		_, err := io.WriteString(out, line("/1"))
		must(t, err)
		r.waitPaths(t, "/1")
		r.stop()
	})
	t.Run("regular file", func(t *testing.T) {
		f := create(t, temp(t))
		f.write(line("/1"))
		in, err := os.Open(f.path)
		must(t, err)
		defer in.Close()
		r := run(t, in)
		r.waitPaths(t, "/1")
		r.waitHealth(t, model.StatePaused, "ended")
	})
	t.Run("none", func(t *testing.T) {
		err := New(StandardInput, FormatAuto, new(pioneer.Clock), Options{}).Run(t.Context(), func(model.Event) {})
		if err == nil {
			t.Error("got no error, want one")
		}
	})
}

// Junk is counted, and what is between it is read.
func TestJunk(t *testing.T) {
	f := create(t, temp(t))
	f.write(line("/1"))
	r := follow(t, f.path, FormatAuto)
	r.waitPaths(t, "/1")
	random := make([]byte, 100_000)
	source := rand.New(rand.NewPCG(1, 2))
	for i := range random {
		random[i] = byte(source.UintN(256))
	}
	junk := bytes.Count(random, []byte("\n")) + 1
	f.write(string(random), "\n", line("/2"))
	f.write(strings.Repeat("\x00", 5000), line("/3"))
	f.write("{\"at\":\"2026\n", "\xff\xfe\n")
	long := strings.Repeat("x", 3<<20)
	f.write(long, "\n", line("/4"))
	path := "/" + strings.Repeat("y", maxLine-200)
	f.write(line(path), line("/5"))
	r.waitFor(t, "call", func(events []model.Event) bool { return len(paths(events)) == 6 })
	r.waitHealth(t, model.StateOK, "1 line over 1 MiB skipped")
	r.stop()
	got := paths(r.events)
	if len(got[4]) > 256 {
		t.Errorf("kept a path of %d bytes", len(got[4]))
	}
	got[4] = "/y"
	if want := []string{"/1", "/2", "/3", "/4", "/y", "/5"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var seen, of int
	note := health(r.events).Note
	if _, err := fmt.Sscanf(note, "run.log: %d of %d lines not understood", &seen, &of); err != nil || seen < junk*9/10 || seen > junk+2 || of != seen+6 {
		t.Errorf("note %q, want about %d lines", note, junk+2)
	}
}

// A file of another kind says so instead of showing nothing.
func TestWrongFormat(t *testing.T) {
	f := create(t, temp(t))
	f.write(strings.Repeat("all work and no play\n", 50))
	r := follow(t, f.path, FormatK6)
	r.waitHealth(t, model.StateOK, "none of 50 lines understood: set --tail-format")
	r.stop()
	r = follow(t, f.path, FormatHTTPX)
	r.waitHealth(t, model.StateOK, "no call in 50 lines")
}

// Calls of the window count, whatever the clock did; others are left out.
func TestTimesFarOff(t *testing.T) {
	f := create(t, temp(t))
	f.write(line("/0"))
	r := follow(t, f.path, FormatAuto)
	r.waitPaths(t, "/0")
	now := time.Now()
	f.write(lineAt(now.AddDate(1, 0, 0), "/next-year"), lineAt(now.AddDate(-1, 0, 0), "/last-year"),
		lineAt(now.Add(-50*time.Minute), "/jump"), lineAt(now.Add(-2*time.Hour), "/jump-too-far"),
		lineAt(now.Add(10*time.Second), "/ahead"), lineAt(time.Unix(0, 0), "/1970"), line("/now"))
	r.waitPaths(t, "/0", "/jump", "/ahead", "/now")
	r.waitHealth(t, model.StateOK, "4 calls skipped: not from the last hour")
	r.stop()
	for _, e := range r.events {
		if e.Call != nil && e.Call.Path == "/jump" && !e.At.Equal(now.Add(-50*time.Minute).UTC().Round(0)) {
			t.Errorf("stamped %s, want as it says", e.At)
		}
	}
}

// Times are by the local clock and are reported by the server's.
func TestClockOffset(t *testing.T) {
	f := create(t, temp(t))
	at := time.Now()
	f.write(lineAt(at, "/1"))
	clock := new(pioneer.Clock)
	clock.SetOffset(10 * time.Minute)
	r := start(t, New(f.path, FormatAuto, clock, Options{}))
	r.waitPaths(t, "/1")
	r.stop()
	for _, e := range r.events {
		if e.Call != nil && !e.At.Equal(at.Round(0).Add(10*time.Minute)) {
			t.Errorf("stamped %s, want ten minutes after %s", e.At, at)
		}
	}
}

// Of a log without times only what is new counts.
func TestLogWithoutTimes(t *testing.T) {
	f := create(t, temp(t))
	row := func(path string) string {
		return `INFO:httpx:HTTP Request: POST https://api.pioneer.ai` + path + ` "HTTP/1.1 200 OK"` + "\n"
	}
	for _, n := range []int{10, 10_000} { // less than a probe, and more
		f.write(strings.Repeat(row("/old"), n))
		r := follow(t, f.path, FormatAuto)
		r.waitHealth(t, model.StateOK, "")
		f.write(row("/1"), row("/2"))
		r.waitPaths(t, "/1", "/2")
		r.stop()
	}
}

// Where a file has been watching for an hour, so have we.
func TestHealthCoversTheBacklog(t *testing.T) {
	f := create(t, temp(t))
	began := time.Now().Add(-30 * time.Minute)
	f.write(lineAt(began, "/1"), line("/2"))
	r := follow(t, f.path, FormatAuto)
	r.waitHealth(t, model.StateOK, "")
	r.stop()
	for _, e := range r.events {
		if e.Health != nil && !e.At.Equal(began.Round(0)) {
			t.Errorf("well since %s, want %s", e.At, began)
		}
	}
}

// Other hosts' calls do not count where a line names the host.
func TestHost(t *testing.T) {
	f := create(t, temp(t))
	f.write(`INFO HTTP Request: GET https://example.com/1 "HTTP/1.1 200 OK"` + "\n")
	r := start(t, New(f.path, FormatHTTPX, new(pioneer.Clock), Options{Hosts: []string{"api.pioneer.ai"}}))
	r.waitHealth(t, model.StateOK, "")
	f.write(`HTTP Request: GET https://example.com/2 "HTTP/1.1 200 OK"`+"\n", `HTTP Request: GET https://API.pioneer.ai:443/3 "HTTP/1.1 200 OK"`+"\n")
	r.waitPaths(t, "/3")
}

// Several tails speak with one voice.
func TestJoin(t *testing.T) {
	f, missing := create(t, temp(t)), filepath.Join(t.TempDir(), "other.log")
	clock := new(pioneer.Clock)
	r := start(t, Join(New(f.path, FormatAuto, clock, Options{}), New(missing, FormatAuto, clock, Options{})))
	f.write(line("/1"), "junk\n")
	r.waitPaths(t, "/1")
	r.waitHealth(t, model.StatePaused, "other.log: waiting for the file")
	r.waitHealth(t, model.StatePaused, "run.log: 1 of 2 lines not understood")
	create(t, missing).write(line("/2"))
	r.waitPaths(t, "/1", "/2")
	r.waitHealth(t, model.StateOK, "run.log: 1 of 2 lines not understood")
}

// Where the file system does not tell of changes, the file is polled.
func TestPolling(t *testing.T) {
	f := create(t, temp(t))
	f.write(line("/1"))
	w := &watch{}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	began := time.Now()
	notified, ok := w.wait(ctx, new(pioneer.Clock), false)
	if notified || !ok || time.Since(began) < pollFast {
		t.Errorf("waited %s: %t, %t", time.Since(began), notified, ok)
	}
	w = newWatch(f.path)
	defer w.close()
	if w.polls() {
		t.Skip("this file system does not tell of changes")
	}
	w.found(true, false)
	w.found(true, false)
	if !w.polls() {
		t.Error("two changes without word: want polling")
	}
	w.found(true, true)
	if w.polls() {
		t.Error("word has come: want no polling")
	}
}

// The memory does not grow with the number of paths.
func TestMemoryIsBounded(t *testing.T) {
	const n = 1_000_000
	in, out := io.Pipe()
	done := make(chan int)
	go func() {
		calls := 0
		_ = New(StandardInput, FormatEvents, new(pioneer.Clock), Options{Input: in}).Run(context.Background(), func(e model.Event) {
			if e.Call != nil {
				calls++
			}
		})
		done <- calls
	}()
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	batch := make([]byte, 0, 1<<20)
	stamp := fmt.Sprintf(`{"at":%d,"call":{"method":"GET","status":200,"path":"/`, time.Now().Unix())
	for i := range n {
		batch = fmt.Appendf(batch, "%s%d\"}}\n", stamp, i)
		if len(batch) > 1<<19 || i == n-1 {
			_, err := out.Write(batch)
			must(t, err)
			batch = batch[:0]
		}
	}
	grown := int64(heap()) - int64(before)
	must(t, out.Close())
	if calls := <-done; calls != n {
		t.Errorf("got %d calls, want %d", calls, n)
	}
	if grown > 4<<20 {
		t.Errorf("%d bytes more after %d paths", grown, n)
	}
}

// A line whose time is the server's already is not corrected to it again.
func TestServerTimeIsNotCorrectedTwice(t *testing.T) {
	f := create(t, temp(t))
	const offset = 10 * time.Minute
	at := time.Now()
	f.write(strings.Replace(lineAt(at.Add(offset), "/1"), `{"at"`, `{"clock":"server","at"`, 1), lineAt(at, "/2"))
	clock := new(pioneer.Clock)
	clock.SetOffset(offset)
	r := start(t, New(f.path, FormatAuto, clock, Options{}))
	r.waitPaths(t, "/1", "/2")
	r.stop()
	for _, e := range r.events {
		if e.Call != nil && !e.At.Equal(at.Round(0).Add(offset)) {
			t.Errorf("%s is dated %s, want ten minutes after %s", e.Call.Path, e.At, at)
		}
	}
}
