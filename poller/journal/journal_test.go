package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"quotatop/model"
	"quotatop/poller/billing"
	"quotatop/poller/events/frame"
	"quotatop/poller/pioneer"
	"quotatop/poller/runner"
	"quotatop/poller/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func table(t testing.TB, profile string) model.Table {
	t.Helper()
	table, err := model.Profile(profile)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// dashboard is a ledger with its journal, which the test can flush at any time.
type dashboard struct {
	*testing.T
	*model.Ledger
	*Journal
	begin  time.Time
	killed *atomic.Bool
}

func newDashboard(t *testing.T, dir string, l *model.Ledger, opts Options) *dashboard {
	opts.Report = func(err error) { t.Errorf("journal: %v", err) }
	s := newSegments(dir, opts)
	killed := new(atomic.Bool)
	s.create = func(path string) (file, error) {
		f, err := create(path)
		return killable{f, killed}, err
	}
	d := &dashboard{t, l, start(s, opts.Report), time.Now().Add(-10 * time.Minute).Truncate(time.Second).UTC(), killed}
	t.Cleanup(d.kill)
	return d
}

// killable is the file of a process that may be killed.
type killable struct {
	file
	killed *atomic.Bool
}

func (f killable) WriteAt(p []byte, off int64) (int, error) {
	if f.killed.Load() {
		return len(p), nil
	}
	return f.file.WriteAt(p, off)
}

func (d *dashboard) at(second float64) time.Time {
	return d.begin.Add(time.Duration(second * float64(time.Second)))
}

func (d *dashboard) see(e model.Event) {
	d.Ledger.Observe(e)
	d.Journal.Observe(e)
}

func (d *dashboard) call(second float64, source, path string) {
	c := &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: path, Status: 200}
	if source == model.SourceBilling {
		c.Vantage, c.Method = model.VantageOwn, "GET"
	}
	d.see(model.Event{At: d.at(second), Source: source, Call: c})
}

func (d *dashboard) row(second float64) {
	d.see(model.Event{At: d.at(second), Source: model.SourceBilling, Call: &model.Call{Vantage: model.VantageAccount, Path: "/inference", Cost: 1000, Tokens: int64(1000 * second)}})
}

func (d *dashboard) read(from, to float64) {
	d.see(model.Event{At: d.at(to), Source: model.SourceBilling, Reading: &model.Reading{From: d.at(from), To: d.at(to)}})
}

func (d *dashboard) well(second float64, source string) {
	h := model.Health{State: model.StateOK}
	h.Vantage, h.Live = model.SourceVantage(source)
	d.see(model.Event{At: d.at(second), Source: source, Health: &h})
}

func (d *dashboard) denied(second float64) {
	d.see(model.Event{At: d.at(second), Source: model.SourceTap, Call: &model.Call{
		Vantage: model.VantageLocal, Method: "POST", Path: "/inference", Status: 429,
		Denial: &model.Denial{Kind: model.KindRate, Status: 429, RetryAfter: model.Some(time.Minute), Limit: model.Limit{Max: 1200, Per: time.Minute}},
	}})
}

// save takes a checkpoint, flush writes what is pending.
func (d *dashboard) save() {
	d.saved = time.Time{}
	d.Checkpoint(d.AppendState)
	d.flush()
}

func (d *dashboard) flush() { flush(d.Journal) }

// flush returns when all that was observed is written.
func flush(j *Journal) {
	written := make(chan struct{})
	if j.writer.Then(0, func() error { close(written); return nil }) {
		<-written
	}
}

// kill ends the dashboard as kill -9 would: what is pending is lost.
func (d *dashboard) kill() {
	d.killed.Store(true)
	_ = d.Close()
}

func (d *dashboard) recover(profile string) (*model.Ledger, error) {
	d.Helper()
	return Recover(d.segments.dir, table(d.T, profile), model.LedgerOptions{}, time.Now().Add(10*time.Second))
}

func newLedger(t testing.TB) *model.Ledger {
	return model.NewLedger(table(t, model.DefaultProfile), model.LedgerOptions{})
}

func inJSON(t testing.TB, l *model.Ledger, at time.Time) string {
	t.Helper()
	text, err := json.MarshalIndent(l.Snapshot(at), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// busy makes the dashboard observe a bit of everything.
func (d *dashboard) busy(from, to float64) {
	d.well(from, model.SourceTap)
	d.well(from, model.SourceTail)
	for s := from; s < to; s++ {
		for i := range 7 {
			d.call(s+float64(i)/10, model.SourceTap, "/v1/chat/completions")
			d.call(s+float64(i)/9, model.SourceTail, "/inference")
		}
		d.denied(s)
		d.call(s, model.SourceBilling, "/billing/usage/requests")
		d.row(s)
		d.row(s + 0.5)
		d.read(s, s+1)
	}
	d.see(model.Event{At: d.at(to), Source: model.SourceBilling, Account: &model.Account{Plan: "pro", Used: model.Some(7 * model.Dollar), Limit: model.Some(50 * model.Dollar)}})
	d.flush()
}

// A dashboard that was killed comes back with all that was written, whether it
// had been in a checkpoint or not.
func TestRecover(t *testing.T) {
	for name, saved := range map[string]bool{"from a checkpoint": true, "from events": false} {
		t.Run(name, func(t *testing.T) {
			d := newDashboard(t, t.TempDir(), newLedger(t), Options{})
			d.busy(0, 100)
			if saved {
				d.save()
			}
			d.busy(100, 130)
			d.kill()
			got, err := d.recover(model.DefaultProfile)
			d.Ledger.Resume(time.Now())
			if diff := cmp.Diff(inJSON(t, d.Ledger, d.at(140)), inJSON(t, got, d.at(140))); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func calls(l *model.Ledger, at time.Time, id string) model.LimitUsage {
	for _, e := range l.Snapshot(at).Endpoints {
		if e.ID == id {
			return e.Limits[0]
		}
	}
	return model.LimitUsage{}
}

// Rows of the billing log without their Reading will be read again: they are not
// counted, and no checkpoint contains them.
func TestRowsOfAnUnfinishedReading(t *testing.T) {
	d := newDashboard(t, t.TempDir(), newLedger(t), Options{})
	d.call(0, model.SourceBilling, "/billing/usage/requests")
	d.row(1)
	d.read(0, 2)
	d.save()
	d.row(3)
	d.saved = time.Time{}
	if d.Checkpoint(d.AppendState); !d.saved.IsZero() {
		t.Error("a checkpoint was taken within a reading")
	}
	d.flush()
	d.kill()
	l, err := d.recover(model.DefaultProfile)
	if err != nil {
		t.Error(err)
	}
	again := newDashboard(t, d.segments.dir, l, Options{})
	again.begin = d.begin
	again.call(4, model.SourceBilling, "/billing/usage/requests")
	for _, s := range []float64{1, 3} { // the log is read from its beginning
		again.row(s)
	}
	again.read(0, 4)
	if got := calls(l, d.at(5), "inference").Account; got != model.Some(2) {
		t.Errorf("%v calls, want each row once", got)
	}
}

// The next run truncates the torn end of a file, and reads everything before it.
func TestTornFile(t *testing.T) {
	d := newDashboard(t, t.TempDir(), newLedger(t), Options{})
	d.busy(0, 20)
	whole := d.segments.offset
	path := filepath.Join(d.segments.dir, d.segments.run+".0001"+segmentSuffix)
	d.call(21, model.SourceTap, "/inference")
	d.flush()
	d.kill()
	if err := os.Truncate(path, d.segments.offset-3); err != nil {
		t.Fatal(err)
	}
	l, err := d.recover(model.DefaultProfile)
	l.Observe(model.Event{At: d.at(21), Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal, Live: true}})
	if got := calls(l, d.at(22), "chat").Local; got != model.Some(140) || err != nil {
		t.Errorf("%v calls, want 140; error %v", got, err)
	}
	next := newDashboard(t, d.segments.dir, l, Options{})
	next.busy(20, 21)
	if info, err := os.Stat(path); err != nil || info.Size() != whole {
		t.Errorf("the torn file has %d bytes, %v, want %d", info.Size(), err, whole)
	}
}

// A file that another quotatop writes is neither truncated nor removed.
func TestFilesInUseAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	first, second := newDashboard(t, dir, newLedger(t), Options{}), newDashboard(t, dir, newLedger(t), Options{MaxBytes: 1})
	first.busy(0, 3)
	second.busy(0, 3)
	tidy(dir, time.Nanosecond, 1, time.Now().Add(time.Hour))
	runs, err := list(dir)
	if err != nil || len(runs) != 2 {
		t.Errorf("%d runs, %v, want both", len(runs), err)
	}
	first.kill()
	second.kill()
	tidy(dir, time.Nanosecond, 1, time.Now().Add(time.Hour))
	if runs, _ := list(dir); len(runs) != 0 {
		t.Errorf("%d runs are left, want none: they are too old", len(runs))
	}
}

// When there is too much, the oldest files are removed, and only they.
func TestRetentionBySize(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		name := fmt.Sprintf("2026061%dT120000Z-1-0000.0001%s", i, segmentSuffix)
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, 1000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"notes.txt", "20260611T120000Z-1-0000.state.123.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	killed := filepath.Join(dir, "20260610T120000Z-1-0000.state.123.tmp") // while it replaced its checkpoint
	if err := os.WriteFile(killed, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(killed, time.Time{}, time.Now().Add(-25*time.Hour)); err != nil {
		t.Fatal(err)
	}
	tidy(dir, time.Hour, 3000, time.Now())
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name()[:8])
	}
	if got := strings.Join(names, " "); got != "20260611 20260612 20260613 20260614 notes.tx" {
		t.Errorf("left are %s, want the newest three, the temporary file of today and what is not ours", got)
	}
}

// Two dashboards at once: the calls through their taps add up, what both read is
// counted once.
func TestTwoDashboards(t *testing.T) {
	dir := t.TempDir()
	first, second := newDashboard(t, dir, newLedger(t), Options{}), newDashboard(t, dir, newLedger(t), Options{})
	second.begin = first.begin
	for _, d := range []*dashboard{first, second} {
		d.call(0, model.SourceBilling, "/billing/usage/requests")
		d.well(0, model.SourceTap)
		d.save()
	}
	first.begin, second.begin = time.Now().UTC(), time.Now().UTC()
	for _, d := range []*dashboard{first, second} {
		for i := range 10 {
			d.call(1+float64(i)/10, model.SourceTap, "/v1/chat/completions")
			d.call(1+float64(i)/10, model.SourceTail, "/inference")
		}
		d.row(1)
		d.read(0, 2)
		d.flush()
		d.kill()
	}
	l, err := first.recover(model.DefaultProfile)
	l.Observe(model.Event{At: first.at(2), Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal, Live: true}})
	if got := calls(l, first.at(3), "chat").Local; got != model.Some(20) || err != nil {
		t.Errorf("%v calls through taps, want 20; error %v", got, err)
	}
	if u := calls(l, first.at(3), "inference"); u.Local.Or(0) > 11 || u.Account != model.Some(1) {
		t.Errorf("tails %v, account %v: want 10 and 1", u.Local, u.Account)
	}
}

// With other limits the windows are rebuilt from the events.
func TestOtherLimits(t *testing.T) {
	d := newDashboard(t, t.TempDir(), newLedger(t), Options{})
	d.busy(500, 560)
	d.save()
	d.kill()
	l, err := d.recover("2026-07")
	l.Observe(model.Event{At: d.at(560), Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal, Live: true}})
	if got := calls(l, d.at(560), "chat").Local; got.Or(0) < 400 {
		t.Errorf("%v calls, want those of the minute", got)
	}
	if !errors.Is(err, model.ErrStateTable) {
		t.Errorf("error %v, want why the saved state was not used", err)
	}
}

// Whatever a bad disk does to the files, there is a ledger and no panic.
func TestBrokenFiles(t *testing.T) {
	d := newDashboard(t, t.TempDir(), newLedger(t), Options{})
	d.busy(0, 20)
	d.save()
	d.busy(20, 25)
	d.kill()
	entries, _ := os.ReadDir(d.segments.dir)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, entry := range entries {
		path := filepath.Join(d.segments.dir, entry.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			broken := bytes.Clone(text)
			switch rng.IntN(3) {
			case 0:
				broken = broken[:rng.IntN(len(broken))]
			default:
				broken[rng.IntN(len(broken))] ^= 1 << rng.IntN(8)
			}
			if err := os.WriteFile(path, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			inJSON(t, first(d.recover(model.DefaultProfile)), d.at(30))
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func first[A, B any](a A, _ B) A { return a }

// If there is nothing to recover, nothing is said.
func TestNothingThere(t *testing.T) {
	for name, dir := range map[string]string{"no folder": filepath.Join(t.TempDir(), "a", "b"), "an empty one": t.TempDir()} {
		l, err := Recover(dir, table(t, model.DefaultProfile), model.LedgerOptions{}, time.Now())
		if l == nil || err != nil {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
}

// badDisk is a file on a disk with little room.
type badDisk struct {
	file
	room atomic.Int64
}

func (f *badDisk) WriteAt(p []byte, off int64) (int, error) {
	if room := f.room.Load(); off+int64(len(p)) > room {
		f.room.Store(off) // however little comes next
		n, _ := f.file.WriteAt(p[:max(room-off, 0)], off)
		return n, syscall.ENOSPC
	}
	return f.file.WriteAt(p, off)
}

// A full disk is reported once. Once there is room the journal resumes, and what
// was written in part does no harm.
func TestFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reports []error
		s := newSegments(t.TempDir(), Options{})
		disk := &badDisk{}
		disk.room.Store(400)
		s.create = func(path string) (_ file, err error) {
			disk.file, err = create(path)
			return disk, err
		}
		j := start(s, func(err error) { reports = append(reports, err) })
		d := &dashboard{T: t, Ledger: newLedger(t), Journal: j, begin: time.Now()}
		for i := range 20 {
			for range 10 {
				d.call(rand.Float64(), model.SourceTap, "/inference")
			}
			time.Sleep(time.Second)
			if i == 10 {
				disk.room.Store(1 << 20)
			}
		}
		err := j.Close()
		if len(reports) != 2 || !errors.Is(reports[0], syscall.ENOSPC) || reports[1] != nil {
			t.Errorf("reports %v, want one that the disk is full and one that it no longer is", reports)
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "events dropped") {
			t.Errorf("closing says %v, want how many were lost, and that the disk was full", err)
		}
		l, err := d.recover(model.DefaultProfile)
		l.Observe(model.Event{At: time.Now(), Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal, Live: true}})
		if got := calls(l, time.Now(), "inference").Local; got.Or(0) < 100 || err != nil {
			t.Errorf("%v calls, error %v, want over a hundred and no broken part", got, err)
		}
	})
}

// A folder that cannot be used is reported with the reason.
func TestUnusableFolders(t *testing.T) {
	notOne := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(notOne, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	folders := map[string]string{"below a file": filepath.Join(notOne, "quotatop"), "a file": notOne}
	if os.Geteuid() == 0 {
		foreign := t.TempDir()
		if err := os.Chown(foreign, 4321, 4321); err != nil {
			t.Fatal(err)
		}
		folders["another user"] = foreign
	} else {
		closed := t.TempDir()
		if err := os.Chmod(closed, 0o500); err != nil {
			t.Fatal(err)
		}
		folders["not to be written"] = filepath.Join(closed, "quotatop")
	}
	for name, dir := range folders {
		synctest.Test(t, func(t *testing.T) {
			var reports []error
			j := Open(dir, Options{Report: func(err error) { reports = append(reports, err) }})
			d := &dashboard{T: t, Ledger: newLedger(t), Journal: j, begin: time.Now()}
			for i := range 40 {
				d.call(float64(i), model.SourceTap, "/inference")
				d.Checkpoint(d.AppendState)
				time.Sleep(time.Second)
			}
			if err := j.Close(); err == nil {
				t.Errorf("%s: closing says nothing of what was lost", name)
			}
			if len(reports) != 1 || reports[0] == nil || !strings.HasPrefix(reports[0].Error(), "journal: cannot write: ") ||
				name == "below a file" && !strings.Contains(reports[0].Error(), "write: "+notOne+" is not a folder: remove it") ||
				name == "another user" && !strings.Contains(reports[0].Error(), "belongs to another user") {
				t.Errorf("%s: reports %v, want one", name, reports)
			}
		})
	}
}

// Each UTC day has a file of its own, and a removed folder is created again.
func TestDaysAndRemovedFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "quotatop")
	synctest.Test(t, func(t *testing.T) {
		j := Open(dir, Options{})
		d := &dashboard{T: t, Ledger: newLedger(t), Journal: j, begin: time.Now()}
		for range 2 {
			d.call(0, model.SourceTap, "/inference")
			time.Sleep(24 * time.Hour)
		}
		runs, err := list(dir)
		if err != nil || len(runs) != 1 || len(runs[0].segments) != 2 {
			t.Errorf("%v, %v, want two segments", runs, err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			d.call(0, model.SourceTap, "/inference")
			d.Checkpoint(d.AppendState)
			time.Sleep(time.Minute)
		}
		_ = j.Close()
		if runs, err := list(dir); err != nil || len(runs) != 1 || runs[0].checkpoint == "" {
			t.Errorf("%v, %v, want the folder made again", runs, err)
		}
	})
}

// local sends requests to a handler of this process.
type local struct{ handler http.Handler }

func (l local) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, r)
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	return w.Result(), nil
}

// What a real run journals, nobody else may read, and the key is not in it,
// whatever the API says about it.
func TestFilesAreClosedAndHoldNoKey(t *testing.T) {
	const key = "pio_sk_do_not_keep_me"
	dir := filepath.Join(t.TempDir(), "state", "quotatop")
	synctest.Test(t, func(t *testing.T) {
		table := table(t, model.DefaultProfile)
		api := sim.New(sim.Options{Table: table, Key: key, CapUSD: 50})
		base, _ := url.Parse("http://localhost")
		clock := &pioneer.Clock{}
		echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if time.Now().Second() > 40 { // a server that shows the key in its refusal
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(w, `{"detail":"`+r.Header.Get("Authorization")+r.Header.Get("X-API-Key")+`"}`)
				return
			}
			api.ServeHTTP(w, r)
		})
		j := Open(dir, Options{})
		r := &runner.Runner{
			Sources: []runner.Source{billing.New(billing.Options{Base: base, Key: key, Clock: clock, Table: table, Transport: local{echo}})},
			Ledger:  newLedger(t), Clock: clock, Journals: []runner.Journal{j},
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		for range r.Start(ctx) {
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
	runs, err := list(dir)
	if err != nil || len(runs) != 1 || len(runs[0].segments) != 1 || runs[0].checkpoint == "" {
		t.Fatalf("%v, %v, want a segment and a checkpoint", runs, err)
	}
	for _, path := range []string{runs[0].segments[0].path, runs[0].checkpoint} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", path, info.Mode())
		}
		frames := frame.NewReader(bytes.NewReader(text), 0)
		defer frames.Close()
		lines := 0
		for {
			more, err := frames.Next()
			if err != nil {
				break
			}
			lines += bytes.Count(more, []byte{'\n'})
			text = append(text, more...)
		}
		if bytes.Contains(text, []byte(key)) {
			t.Errorf("%s holds the key", path)
		}
		if strings.HasSuffix(path, segmentSuffix) && lines < 20 {
			t.Errorf("only %d events were journalled", lines)
		}
	}
}

// A dashboard that is restarted after a while counts each row of the billing log
// once: what it had read before, what came in between, and what comes.
func TestRestartCountsTheLogOnce(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		table := table(t, model.DefaultProfile)
		api := sim.New(sim.Options{Table: table, Key: "pio_sk_test", CapUSD: -1})
		base, _ := url.Parse("http://localhost")
		var calls []time.Time
		load := func(ctx context.Context, d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(250 * time.Millisecond) {
				api.Call(sim.Call{Path: "/inference"})
				calls = append(calls, time.Now())
			}
		}
		run := func(d time.Duration) (last model.Snapshot) {
			l, err := Recover(dir, table, model.LedgerOptions{}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			j, clock := Open(dir, Options{}), &pioneer.Clock{}
			source := billing.New(billing.Options{Base: base, Key: "pio_sk_test", Clock: clock, Table: table, Transport: local{api}})
			r := &runner.Runner{Sources: []runner.Source{source}, Ledger: l, Clock: clock, Seen: source.Seen, Journals: []runner.Journal{j}}
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			feed := r.Start(ctx)
			go load(ctx, d)
			for last = range feed {
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			return last
		}
		for _, down := range []time.Duration{time.Second, 40 * time.Second, 5 * time.Minute} {
			s := run(4 * time.Minute)
			time.Sleep(time.Second) // its last call
			hour := s.Endpoints[table.Index("all")].Limits[1]
			want := int(0)
			for _, at := range calls {
				if at.Before(hour.AsOf.Or(time.Time{})) {
					want++
				}
			}
			got := hour.Account.Or(0) - s.Sources[0].PollsHour.Or(0)
			if got < want-15 || got > want+15 {
				t.Errorf("after %d calls and before %s away: the log has %d, %+v", want, down, got, hour.Account)
			}
			load(t.Context(), down)
		}
	})
}

func FuzzReadCheckpoint(f *testing.F) {
	path := filepath.Join(f.TempDir(), "x"+checkpointSuffix)
	f.Add([]byte(`{"at":"2026-06-17T12:00:00Z","segment":1,"offset":7}` + "\nstate00000000"))
	f.Add([]byte("00000000"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, _ = readCheckpoint(path)
	})
}

// A file that is removed while the disk is full is given up, so that its room is
// free, and what comes afterwards is in the next.
func TestRemovedOnAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := newSegments(dir, Options{})
		var closed atomic.Int32
		disk := &badDisk{}
		disk.room.Store(400)
		s.create = func(path string) (_ file, err error) {
			disk.file, err = create(path)
			return counted{disk, &closed}, err
		}
		d := &dashboard{T: t, Ledger: newLedger(t), Journal: start(s, nil), begin: time.Now()}
		for i := range 20 {
			for range 10 {
				d.call(rand.Float64(), model.SourceTap, "/inference")
			}
			time.Sleep(time.Second)
			if i != 10 {
				continue
			}
			runs, err := list(dir)
			if err != nil || len(runs) != 1 || closed.Load() != 0 {
				t.Fatalf("runs %v, %v, %d files closed", runs, err, closed.Load())
			}
			if err := os.Remove(runs[0].segments[0].path); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			d.call(rand.Float64(), model.SourceTap, "/inference")
			time.Sleep(2 * time.Second)
			if n := closed.Load(); n != 1 {
				t.Errorf("%d files closed, want the removed one", n)
			}
			disk.room.Store(1 << 20)
		}
		_ = d.Close()
		runs, err := list(dir)
		if err != nil || len(runs) != 1 || len(runs[0].segments) != 1 || runs[0].segments[0].number != 2 || runs[0].segments[0].size == 0 {
			t.Errorf("runs %v, %v, want one with its second segment", runs, err)
		}
	})
}

// counted is a file that counts how often files are closed.
type counted struct {
	file
	closed *atomic.Int32
}

func (c counted) Close() error {
	c.closed.Add(1)
	return c.file.Close()
}

// Nothing is read from another user's folder either.
func TestRecoverFromAnother(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away: run as root to run this test")
	}
	dir := filepath.Join(t.TempDir(), "state", "quotatop", "account")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, level := range []string{dir, filepath.Dir(dir), filepath.Dir(filepath.Dir(dir))} {
		if err := os.Chown(level, 4321, 4321); err != nil {
			t.Fatal(err)
		}
		if l, err := Recover(dir, table(t, model.DefaultProfile), model.LedgerOptions{}, time.Now()); l == nil || err == nil || !strings.Contains(err.Error(), level+" belongs to another user: set XDG_STATE_HOME") {
			t.Errorf("%s: %v", level, err)
		}
		if err := os.Chown(level, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Recover(dir, table(t, model.DefaultProfile), model.LedgerOptions{}, time.Now()); err != nil {
		t.Error(err)
	}
}
