package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/events/frame"
	"quotatop/poller/pioneer"
)

// begun is a dashboard that continues what is in the folder.
func begun(t *testing.T, dir string) *dashboard {
	t.Helper()
	d := newDashboard(t, dir, nil, Options{Keep: 100 * 365 * 24 * time.Hour})
	l, err := d.Journal.Recover(table(t, model.DefaultProfile), model.LedgerOptions{})
	if err != nil {
		t.Error(err)
	}
	d.Ledger = l
	return d
}

// log observes the billing log, and the tap's calls if there is a tap.
func (d *dashboard) log(from, to float64, tap bool) {
	for s := from; s < to; s++ {
		if tap {
			d.call(s, model.SourceTap, "/inference")
			d.call(s+0.5, model.SourceTap, "/inference")
		}
		d.row(s)
		d.row(s + 0.5)
	}
	d.read(from, to)
}

// Two dashboards on one account, of which one has a tap, restart to what one of them
// alone had seen, whichever saved its state last.
func TestDashboardsSideBySide(t *testing.T) {
	for _, tapLast := range []bool{false, true} {
		t.Run(fmt.Sprint("tap last ", tapLast), func(t *testing.T) {
			dir := t.TempDir()
			first := begun(t, dir)
			first.begin = time.Now().Add(-5 * time.Minute).UTC()
			first.well(0, model.SourceTap)
			first.log(0, 100, true)
			first.save()
			second := begun(t, dir) // it counts the first 200 calls
			second.begin = first.begin
			for s := 100.0; s < 200; s += 20 {
				for i := range 2 {
					if (i == 0) != tapLast {
						first.log(s, s+20, true)
						first.save()
					} else {
						second.log(s, s+20, false)
						second.save()
					}
				}
			}
			first.kill()
			second.kill()
			for again := range 3 { // a restart itself is a run beside them
				d := begun(t, dir)
				d.begin = first.begin
				d.well(200, model.SourceTap)
				for _, u := range d.Snapshot(d.at(201)).Endpoints[0].Limits[1:] {
					if u.Local.Or(0) < 400 || u.Local.Or(0) > 402 || u.Account != model.Some(400) {
						t.Errorf("restart %d: %v calls through the tap and %v in the log within the hour, want 400 and 400", again, u.Local, u.Account)
					}
				}
				d.save()
				d.kill()
			}
		})
	}
}

// What the local clock says does not decide which run is the newest, nor which state.
func TestOrderOfRunsWithAWrongClock(t *testing.T) {
	dir := t.TempDir()
	names := []string{"20300101T000000Z", "20250101T000000Z", "20260101T000000Z"} // by the local clocks, oldest run first
	for i, start := range names {
		d := begun(t, dir)
		d.segments.run = start + d.segments.run[len(start):]
		d.begin = time.Now().Add(-10 * time.Minute).UTC()
		d.well(float64(100*i), model.SourceTap)
		d.log(float64(100*i), float64(100*i+100), true)
		d.save()
		d.kill()
		at, err := time.Parse(runLayout, start)
		if err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{checkpointSuffix, ".0001" + segmentSuffix} {
			if err := os.Chtimes(filepath.Join(dir, d.segments.run+suffix), at, earlier(at, time.Now())); err != nil {
				t.Fatal(err)
			}
		}
	}
	runs, err := list(dir)
	if err != nil || len(runs) != 3 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	for i, r := range runs {
		if r.name[:len(names[i])] != names[i] {
			t.Errorf("run %d is %s, want that of %s", i, r.name, names[i])
		}
	}
	d := begun(t, dir)
	d.begin = time.Now().Add(-10 * time.Minute).UTC()
	d.well(300, model.SourceTap)
	if u := d.Snapshot(d.at(301)).Endpoints[0].Limits[1]; u.Account != model.Some(600) || u.Local.Or(0) < 600 {
		t.Errorf("%v calls in the log and %v through the tap, want 600 of each", u.Account, u.Local)
	}
}

// A wrong local clock, then or now, does not decide what is too old.
func TestRetentionWithAWrongClock(t *testing.T) {
	const keep, year = 14 * 24 * time.Hour, 365 * 24 * time.Hour
	know := func(c *pioneer.Clock, off time.Duration) {
		for range 2 {
			now := time.Now()
			c.Learn(http.Header{"Date": {now.Add(off).UTC().Format(http.TimeFormat)}}, now, now)
		}
	}
	for name, tt := range map[string]struct {
		server *time.Duration // its clock less the local one; nil if it is not known
		age    time.Duration  // of the last event
		mtime  time.Duration  // of the file, to the server's time
		kept   bool
	}{
		"young":                      {new(time.Duration), 24 * time.Hour, -24 * time.Hour, true},
		"old":                        {new(time.Duration), 20 * 24 * time.Hour, -20 * 24 * time.Hour, false},
		"was a year behind":          {new(time.Duration), 24 * time.Hour, -year, true},
		"was a year ahead":           {new(time.Duration), 20 * 24 * time.Hour, year, false},
		"a year ahead now":           {new(-year), 24 * time.Hour, -24 * time.Hour, true},
		"a year ahead now, old":      {new(-year), 20 * 24 * time.Hour, -20 * 24 * time.Hour, false},
		"a year behind now, old":     {new(year), 20 * 24 * time.Hour, -20 * 24 * time.Hour, false},
		"server's time is not known": {nil, 2 * year, -2 * year, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir, clock, server := t.TempDir(), &pioneer.Clock{}, time.Now()
			if tt.server != nil {
				know(clock, *tt.server)
				server = clock.Now()
			}
			first := newDashboard(t, dir, newLedger(t), Options{})
			first.begin = server.Add(-tt.age)
			first.well(0, model.SourceTap)
			first.flush()
			first.kill()
			path, at := first.segments.path, server.Add(tt.mtime)
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
			second := newDashboard(t, dir, newLedger(t), Options{Keep: keep, Clock: clock})
			second.well(0, model.SourceTap)
			second.flush()
			if _, err := os.Stat(path); (err == nil) != tt.kept {
				t.Errorf("kept %t, want %t", err == nil, tt.kept)
			}
		})
	}
}

// Nothing comes back that lies ahead of now; with a local clock that is known to be
// wrong, now is the server's.
func TestNothingAheadComesBack(t *testing.T) {
	const hours = 80
	for name, tt := range map[string]struct {
		ahead, offset time.Duration // of the run's events
		want          int
	}{
		"a right clock":                       {0, 0, 200},
		"a clock that was ahead":              {hours * time.Hour, 0, 0},
		"a server that is ahead of the clock": {hours * time.Hour, hours * time.Hour, 200},
		"one that is behind it":               {-hours * time.Hour, -hours * time.Hour, 200},
		"one whose clock was set right since": {0, -hours * time.Hour, 200},
	} {
		for _, saved := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", saved ", saved), func(t *testing.T) {
				dir := t.TempDir()
				d := begun(t, dir)
				d.begin = time.Now().Add(tt.ahead - 5*time.Minute).UTC()
				health := model.Health{State: model.StateOK, Vantage: model.VantageAccount, ClockOffset: tt.offset}
				d.see(model.Event{At: d.at(0), Source: model.SourceBilling, Health: &health})
				d.well(0, model.SourceTap)
				d.log(0, 100, true)
				d.see(model.Event{At: d.at(101), Source: model.SourceBilling, Account: &model.Account{Used: model.Some(7 * model.Dollar), Limit: model.Some(50 * model.Dollar)}})
				d.denied(101)
				if d.flush(); saved {
					d.save()
				}
				d.kill()
				again := begun(t, dir)
				now := time.Now().Add(again.ClockOffset(time.Now()))
				again.begin = now
				again.well(0, model.SourceTap)
				s := again.Snapshot(now)
				if got := s.Endpoints[0].Limits[1].Local.Or(0); got < tt.want || got > tt.want+1 {
					t.Errorf("%d calls came back, want %d", got, tt.want)
				}
				if len(s.Denials) > 0 != (tt.want > 0) || s.Cap.AsOf.Or(now).After(now) {
					t.Errorf("%d denials, the cap as of %s ahead", len(s.Denials), s.Cap.AsOf.Or(now).Sub(now))
				}
				again.log(-100, -10, false)
				if got := again.Snapshot(now).Endpoints[0].Limits[1].Account.Or(0); got < 180 {
					t.Errorf("%d rows are counted then, want at least the new 180", got)
				}
			})
		}
	}
}

// FuzzRecover recovers from any lines and any checkpoint: what comes back can be shown
// and saved, and nothing of it lies ahead.
func FuzzRecover(f *testing.F) {
	now := time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)
	at := now.Add(-time.Minute)
	lines := []byte(nil)
	l := newLedger(f)
	for _, e := range []model.Event{
		{At: at, Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal, Live: true}},
		{At: at, Source: model.SourceBilling, Health: &model.Health{State: model.StateOK, Vantage: model.VantageAccount, ClockOffset: time.Hour}},
		{At: at, Source: model.SourceTap, Call: &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/inference", Status: 200}},
		{At: at, Source: model.SourceBilling, Call: &model.Call{Vantage: model.VantageAccount, Path: "/inference", Cost: 5}},
		{At: at.Add(time.Second), Source: model.SourceBilling, Reading: &model.Reading{From: at.Add(-time.Hour), To: at.Add(time.Second)}},
		{At: at, Source: model.SourceBilling, Account: &model.Account{Used: model.Some(7 * model.Dollar), Limit: model.Some(50 * model.Dollar), ResetsAt: now.Add(time.Hour)}},
	} {
		l.Observe(e)
		lines = events.Append(lines, e)
	}
	f.Add(lines, []byte(`{"sequence":1,"at":"2026-06-17T12:00:00Z","segment":1,"offset":0}`), l.AppendState(nil))
	f.Add(lines, []byte(`{"sequence":-9,"segment":-1,"offset":-7,"read":{"20260617T120000Z-2-0000-000002":{"segment":99,"offset":1e9}}}`), l.AppendState(nil))
	f.Add([]byte(`{"at":"9999-12-31T23:59:59Z","health":{"state":"ok","vantage":"account","clock_offset_s":9e9,"clock_step_s":-9e9}}`+"\n"), []byte(`{}`), []byte{})
	f.Add([]byte(`{"at":"0001-01-01T00:00:00Z","reading":{"from":"0001-01-01T00:00:00Z","to":"9999-01-01T00:00:00Z"}}`+"\n"), []byte(`{"offset":9223372036854775807}`), []byte{})
	dir, frames := f.TempDir(), frame.NewWriter()
	if err := os.Chmod(dir, 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, lines, head, state []byte) {
		text := append(append(bytes.ReplaceAll(head, []byte("\n"), nil), '\n'), state...)
		text = fmt.Appendf(text, "%08x", crc32.ChecksumIEEE(text))
		for name, text := range map[string][]byte{
			"20260617T120000Z-1-0000-000001" + checkpointSuffix:   text,
			"20260617T120000Z-1-0000-000001.0001" + segmentSuffix: frames.Append(nil, lines),
			"20260617T120000Z-2-0000-000002.0001" + segmentSuffix: frames.Append(nil, lines),
		} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		l, _ := Recover(dir, table(t, model.DefaultProfile), model.LedgerOptions{}, now)
		server := now.Add(l.ClockOffset(now))
		s := l.Snapshot(server)
		if _, err := json.Marshal(s); err != nil {
			t.Error(err)
		}
		for _, g := range s.Denials {
			if g.At.After(s.At) {
				t.Errorf("a denial of %s comes back at %s", g.At, s.At)
			}
		}
		for _, e := range s.Endpoints {
			for _, u := range e.Limits {
				if u.AsOf.Or(s.At).After(s.At) || u.Used.Or(0) < 0 {
					t.Errorf("%d calls of %s come back as of %s, at %s", u.Used.Or(0), e.ID, u.AsOf, s.At)
				}
			}
		}
		if s.Cap.AsOf.Or(s.At).After(s.At) {
			t.Errorf("the cap as of %s comes back at %s", s.Cap.AsOf, s.At)
		}
		if _, err := model.RestoreLedger(table(t, model.DefaultProfile), model.LedgerOptions{}, l.AppendState(nil)); err != nil {
			t.Error(err)
		}
	})
}
