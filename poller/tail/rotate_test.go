package tail

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// replace puts a file with this text in the place of path, as rsync and editors
// do.
func replace(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path+".tmp", []byte(text), 0o600))
	must(t, os.Rename(path+".tmp", path))
}

// events are event lines of calls to the paths.
func eventLines(paths ...string) (text string) {
	for _, path := range paths {
		text += line(path)
	}
	return text
}

// A newer version of the file is read from where the older one ended.
func TestReplacedByNewerVersion(t *testing.T) {
	path := temp(t)
	text := eventLines("/1", "/2")
	replace(t, path, text)
	r := follow(t, path, FormatAuto)
	r.waitPaths(t, "/1", "/2")
	want := []string{"/1", "/2"}
	for i := 3; i < 6; i++ {
		added := fmt.Sprintf("/%d", i)
		text += eventLines(added)
		replace(t, path, text)
		want = append(want, added)
		r.waitPaths(t, want...)
	}
	half := line("/6")
	replace(t, path, text+half[:40]) // within a line
	replace(t, path, text+half+line("/7"))
	r.waitPaths(t, append(want, "/6", "/7")...)
}

// An editor has removed a line from the middle of the file.
func TestReplacedByEditedVersion(t *testing.T) {
	path := temp(t)
	before, removed, after := eventLines("/1", "/2"), line("/3"), eventLines("/4", "/5")
	replace(t, path, before+removed+after)
	r := follow(t, path, FormatAuto)
	r.waitPaths(t, "/1", "/2", "/3", "/4", "/5")
	replace(t, path, before+after+line("/6"))
	r.waitPaths(t, "/1", "/2", "/3", "/4", "/5", "/6")
}

// The same lines are written again in several steps, in place or to another
// file.
func TestCopiedAgainSlowly(t *testing.T) {
	path := temp(t)
	text := eventLines("/1", "/2")
	must(t, os.WriteFile(path, []byte(text), 0o600))
	r := follow(t, path, FormatAuto)
	r.waitPaths(t, "/1", "/2")
	want := []string{"/1", "/2"}
	pause := func() { time.Sleep(3 * settle) } // the follower looks at what is there
	for i, replace := range []bool{false, true, false, true} {
		path3 := fmt.Sprintf("/%d", i+3)
		text += line(path3)
		want = append(want, path3)
		if replace {
			must(t, os.Rename(path, path+"~"))
		}
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		must(t, err)
		for _, part := range []string{"", text[:30], text[30:150], text[150:]} {
			pause()
			_, err = file.WriteString(part)
			must(t, err)
		}
		must(t, file.Close())
		r.waitPaths(t, want...)
	}
}

// A file that starts like the one before, but stays shorter, is another one.
func TestSameStart(t *testing.T) {
	header := "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata\n"
	row := func(path string, n int) string {
		return fmt.Sprintf("http_reqs,%d,1.0,,,,true,,GET,https://x%s,HTTP/2.0,default,,200,,tls1.3,https://x%s,,\n", time.Now().Unix()-int64(n), path, path)
	}
	path := temp(t)
	must(t, os.WriteFile(path, []byte(header+row("/1", 9)+row("/2", 8)), 0o600))
	r := follow(t, path, FormatAuto)
	r.waitPaths(t, "/1", "/2")
	must(t, os.WriteFile(path, []byte(header+row("/3", 7)), 0o600))
	r.waitPaths(t, "/1", "/2", "/3")
}

// A file that is rewritten in place is read from its start, whether it is now
// shorter, longer or of the same length.
func TestRewrittenInPlace(t *testing.T) {
	path := temp(t)
	at := time.Now()
	text := func(paths ...string) (text string) {
		for _, p := range paths {
			at = at.Add(time.Millisecond)
			text += lineAt(at.Truncate(time.Millisecond).Add(1), p) // all of one length
		}
		return text
	}
	overwrite := func(text string) {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
		must(t, err)
		_, err = file.WriteString(text)
		must(t, err)
		must(t, file.Truncate(int64(len(text))))
		must(t, file.Close())
	}
	overwrite(text("/1", "/2"))
	r := follow(t, path, FormatAuto)
	r.waitPaths(t, "/1", "/2")
	overwrite(text("/3", "/4"))
	r.waitPaths(t, "/1", "/2", "/3", "/4")
	overwrite(text("/5", "/6", "/7"))
	r.waitPaths(t, "/1", "/2", "/3", "/4", "/5", "/6", "/7")
	overwrite(text("/8"))
	r.waitPaths(t, "/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8")
}

// The writer of a file that was rotated may notice late.
func TestLateWriterAfterRotation(t *testing.T) {
	f := create(t, temp(t))
	f.write(line("/1"))
	r := follow(t, f.path, FormatAuto)
	r.waitPaths(t, "/1")
	must(t, os.Rename(f.path, f.path+".1"))
	create(t, f.path).write(line("/2"))
	r.waitPaths(t, "/1", "/2")
	f.write(line("/3"))
	r.waitPaths(t, "/1", "/2", "/3")
}

// Files that came and went between two looks are read too; those that were
// there before, and copies, are not.
func TestSeveralRotationsAtOnce(t *testing.T) {
	f := create(t, temp(t))
	must(t, os.WriteFile(f.path+".5", []byte(line("/before")), 0o600))
	f.write(line("/1"))
	r := follow(t, f.path, FormatAuto)
	r.waitPaths(t, "/1")
	staging := t.TempDir()
	for i := range 2 {
		must(t, os.WriteFile(filepath.Join(staging, fmt.Sprint(i)), []byte(line(fmt.Sprintf("/between-%d", i))), 0o600))
	}
	must(t, os.WriteFile(f.path+"-notes", []byte(line("/no-rotation")), 0o600))
	must(t, os.Rename(f.path, f.path+".3"))
	for i := range 2 {
		must(t, os.Rename(filepath.Join(staging, fmt.Sprint(i)), fmt.Sprintf("%s.%d", f.path, 2-i)))
	}
	create(t, f.path).write(line("/2"))
	r.waitFor(t, "call /2", func(events []model.Event) bool { return len(paths(events)) >= 4 })
	r.stop()
	got := strings.Join(paths(r.events), " ")
	for _, want := range []string{"/1", "/between-0", "/between-1", "/2"} {
		if strings.Count(got+" ", want+" ") != 1 {
			t.Errorf("got %q, want %s once", got, want)
		}
	}
	if len(paths(r.events)) != 4 {
		t.Errorf("got %q, want four calls", got)
	}
}

// Identical lines without times are not taken for those of the file before.
func TestRotationWithoutTimes(t *testing.T) {
	f := create(t, temp(t))
	row := `INFO:httpx:HTTP Request: POST https://api.pioneer.ai/inference "HTTP/1.1 200 OK"` + "\n"
	r := follow(t, f.path, FormatAuto)
	r.waitHealth(t, model.StateOK, "")
	f.write(strings.Repeat(row, 3))
	r.waitFor(t, "3 calls", func(events []model.Event) bool { return len(paths(events)) == 3 })
	must(t, os.Rename(f.path, f.path+".1"))
	create(t, f.path).write(strings.Repeat(row, 4))
	r.waitFor(t, "7 calls", func(events []model.Event) bool { return len(paths(events)) == 7 })
}

// A compressed file is read, and what is added to it too.
func TestCompressed(t *testing.T) {
	f := create(t, temp(t))
	pack := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return b.String()
	}
	f.write(pack(line("/1")))
	r := follow(t, f.path, FormatAuto)
	r.waitPaths(t, "/1")
	second := pack(eventLines("/2", "/3"))
	f.write(second[:30])
	f.write(second[30:])
	r.waitPaths(t, "/1", "/2", "/3")
}

// What a file lacks is said at once.
func TestNotesOfTheBacklog(t *testing.T) {
	access := func(at time.Time) string {
		return "127.0.0.1 - - [" + at.Format("02/Jan/2006:15:04:05 -0700") + "] \"GET /x HTTP/1.1\" 200 1\n"
	}
	for name, tt := range map[string]struct{ text, want string }{
		"not understood": {strings.Repeat("all work and no play\n", 10_000), "none of 10,000 lines understood: set --tail-format, or use --tap"},
		"no call":        {k6Metric + "\n", "no call in 1 line"},
		"old":            {strings.Repeat(access(time.Now().Add(-3*time.Hour-time.Minute)), 5000), "no call from the last hour: the newest is from 3 h ago"},
		"no times":       {strings.Repeat("INFO:     127.0.0.1:51612 - \"POST /inference HTTP/1.1\" 200 OK\n", 5000), "5,000 calls without a time: only new lines count"},
		"other zone":     {time.Now().UTC().Add(330*time.Minute).Format("2006-01-02 15:04:05") + ` HTTP Request: GET https://x/y "HTTP/1.1 200 OK"` + "\n", "times look 5 h 30 min ahead: set TZ or --tail-zone"},
	} {
		f := create(t, temp(t))
		f.write(tt.text)
		r := start(t, New(f.path, FormatAuto, new(pioneer.Clock), Options{Zone: time.UTC}))
		t.Run(name, func(t *testing.T) { r.waitHealth(t, model.StateOK, tt.want) })
		r.stop()
	}
}

// New lines show that the zone of their times is not the one expected.
func TestZone(t *testing.T) {
	row := func(zone *time.Location) string {
		return time.Now().In(zone).Format("2006-01-02 15:04:05") + ` HTTP Request: GET https://x/y "HTTP/1.1 200 OK"` + "\n"
	}
	kolkata := time.FixedZone("", 19800)
	f := create(t, temp(t))
	r := start(t, New(f.path, FormatAuto, new(pioneer.Clock), Options{Zone: time.UTC}))
	r.waitHealth(t, model.StateOK, "")
	f.write(row(time.FixedZone("", -5*3600)))
	r.waitHealth(t, model.StateOK, "times look 5 h behind: set TZ or --tail-zone")
	r.stop()
	r = start(t, New(f.path, FormatAuto, new(pioneer.Clock), Options{Zone: kolkata}))
	r.waitHealth(t, model.StateOK, "")
	f.write(row(kolkata))
	r.waitPaths(t, "/y")
}
