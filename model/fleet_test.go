package model

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// Events of load generators, written short.

func fleetCall(second float64, generator, path string) Event {
	e := call(second, SourceFleet, path)
	e.Generator = generator
	return e
}

// fleetCalls are n calls in the half second after from.
func fleetCalls(from float64, n int, generator, path string) (events []Event) {
	for i := range n {
		events = append(events, fleetCall(from+0.5*float64(i)/float64(n), generator, path))
	}
	return events
}

func fleetDenied(second float64, generator, path string, d Denial) Event {
	e := denied(second, SourceFleet, path, d)
	e.Generator = generator
	return e
}

func beat(second float64, generator string, b Beat) Event {
	if b.Boot == "" {
		b.Boot = "1"
	}
	return Event{At: at(second), Source: SourceFleet, Generator: generator, Beat: &b}
}

// heard are beats of generators that have all reported up to a second before, from an
// address named after the part of their name before the dash.
func heard(second float64, generators ...string) (events []Event) {
	for _, g := range generators {
		address, _, _ := strings.Cut(g, "-")
		events = append(events, beat(second, g, Beat{Run: "default", To: at(second - 1), Egress: address}))
	}
	return events
}

func generatorNamed(t *testing.T, s Snapshot, name string) Generator {
	t.Helper()
	if s.Fleet != nil {
		for _, g := range s.Fleet.Generators {
			if g.Name == name {
				return g
			}
		}
	}
	t.Fatalf("%s is not in the fleet %+v", name, s.Fleet)
	return Generator{}
}

// showFleet is a gauge, its end and its address in short: "20/200 to 3 at a 1/2".
func showFleet(u LimitUsage) string {
	bound := ""
	if u.LowerBound {
		bound = "≥"
	}
	if u.UpperBound {
		bound = "≤"
	}
	text := fmt.Sprintf("%s%d/%d", bound, u.Used.Or(-1), u.Limit)
	if asOf, ok := u.AsOf.Get(); ok {
		text += fmt.Sprintf(" to %g", asOf.Sub(t0).Seconds())
	}
	if u.Inferred {
		text += " inferred"
	}
	if u.Egresses > 0 {
		text += fmt.Sprintf(" at %s %d/%d", u.Egress, u.EgressesNear, u.Egresses)
	}
	return text
}

// Where the windows of a fleet end, and whether its figures are lower bounds.
func TestFleetGauge(t *testing.T) {
	named := func(second float64, g string, b Beat) []Event { return one(beat(second, g, b)) }
	begun := one(beat(-200, "a-1", Beat{To: at(-200), Egress: "a"}))
	for name, tt := range map[string]struct {
		events [][]Event
		at     float64
		want   string
	}{
		"calls of generators add up": {
			[][]Event{fleetCalls(1, 10, "a-1", chatPath), fleetCalls(1, 5, "b-1", chatPath), heard(4, "a-1", "b-1")}, 4.5, "15/200 to 3"},
		"to where the slowest has reported": {
			[][]Event{fleetCalls(1, 10, "a-1", chatPath), fleetCalls(3.1, 4, "a-1", chatPath), heard(3, "b-1"), heard(5, "a-1")}, 5.5, "10/200 to 2"},
		"one that is behind is not waited for": {
			[][]Event{fleetCalls(19.1, 7, "a-1", chatPath), heard(21, "a-1"), named(21, "b-1", Beat{To: at(5), Egress: "b"})}, 21.5, "≥7/200 to 20"},
		"nor is one that is silent": {
			[][]Event{fleetCalls(1, 3, "b-1", chatPath), fleetCalls(9.1, 7, "a-1", chatPath), heard(4, "b-1"), heard(11, "a-1")}, 11.5, "≥10/200 to 10"},
		"silent for just less": {
			[][]Event{fleetCalls(1, 3, "b-1", chatPath), fleetCalls(6.1, 7, "a-1", chatPath), heard(4, "b-1"), heard(8, "a-1")}, 8.5, "3/200 to 3"},
		"one that has ended": {
			[][]Event{fleetCalls(1, 3, "b-1", chatPath), fleetCalls(9.1, 7, "a-1", chatPath), named(4, "b-1", Beat{To: at(4), Ended: true, Egress: "b"}), heard(11, "a-1")}, 11.5, "10/200 to 10"},
		"one that is gone": {
			[][]Event{heard(4, "b-1"), fleetCalls(9.1, 7, "a-1", chatPath), fleetCalls(700.1, 7, "a-1", chatPath), heard(702, "a-1")}, 702, "7/200 to 701"},
		"all are silent": {
			[][]Event{fleetCalls(1, 3, "b-1", chatPath), heard(4, "b-1"), heard(5, "a-1")}, 30, "≥3/200 to 4"},
		"all are silent, and the account says more": {
			[][]Event{fleetCalls(1, 3, "b-1", chatPath), heard(4, "b-1"), heard(5, "a-1"), rows(20, 2, chatPath), one(read(-100, 40), healthy(44, SourceBilling))}, 45, "2/200 to 40"},
		"all have ended": {
			[][]Event{fleetCalls(1, 3, "a-1", chatPath), named(4, "a-1", Beat{To: at(4), Ended: true, Egress: "a"})}, 30, "3/200 to 30"},
		"all are silent, and this machine calls": {
			[][]Event{one(healthy(-200, SourceTap)), heard(4, "a-1"), calls(20, 6, SourceTap, chatPath)}, 30, "≥6/200 to 30"},
		"a call through two taps counts once": {
			[][]Event{one(healthy(-200, SourceTap)), fleetCalls(1, 10, "a-1", chatPath), calls(1, 10, SourceTap, chatPath), heard(4, "a-1")}, 4.5, "10/200 to 3"},
		"this machine's windows end there too": {
			[][]Event{one(healthy(-200, SourceTap)), calls(1, 10, SourceTap, chatPath), calls(3.2, 10, SourceTap, chatPath), heard(4, "a-1")}, 4.5, "10/200 to 3"},
		"batches are missing": {
			[][]Event{fleetCalls(1, 3, "a-1", chatPath), heard(4, "a-1"), named(6, "a-1", Beat{To: at(5), Missing: 1, Egress: "a"})}, 6.5, "≥3/200 to 5"},
		"batches came late": {
			[][]Event{fleetCalls(1, 3, "a-1", chatPath), heard(4, "a-1"), named(6, "a-1", Beat{To: at(5), Missing: 1, Egress: "a"}), fleetCalls(3.5, 2, "a-1", chatPath), named(7, "a-1", Beat{To: at(6), Egress: "a"})}, 7.5, "5/200 to 6"},
		"missing long ago": {
			[][]Event{fleetCalls(1, 3, "a-1", chatPath), heard(4, "a-1"), named(6, "a-1", Beat{To: at(5), Missing: 1, Egress: "a"}), fleetCalls(80, 3, "a-1", chatPath), named(82, "a-1", Beat{To: at(81), Missing: 1, Egress: "a"})}, 82, "3/200 to 81"},
		"calls were dropped": {
			[][]Event{fleetCalls(1, 3, "a-1", chatPath), heard(4, "a-1"), named(6, "a-1", Beat{To: at(5), Dropped: 9, Egress: "a"}), named(7, "a-1", Beat{To: at(6), Dropped: 9, Egress: "a"})}, 7.5, "≥3/200 to 6"},
		"killed and started again": {
			[][]Event{fleetCalls(1, 3, "a-1", chatPath), heard(4, "a-1"), fleetCalls(6, 3, "a-1", chatPath), named(8, "a-1", Beat{To: at(7), Boot: "2", Egress: "a"})}, 8.5, "≥6/200 to 7"},
		"ended and started again": {
			[][]Event{fleetCalls(1, 3, "a-1", chatPath), named(4, "a-1", Beat{To: at(4), Ended: true, Egress: "a"}), fleetCalls(6, 3, "a-1", chatPath), named(8, "a-1", Beat{To: at(7), Boot: "2", Egress: "a"})}, 8.5, "6/200 to 7"},
		"an older beat says nothing new": {
			[][]Event{fleetCalls(1, 3, "a-1", chatPath), heard(9, "a-1"), named(3, "a-1", Beat{To: at(2), Boot: "0", Missing: 3, Egress: "z"})}, 9.5, "3/200 to 8"},
		"a batch that was kept says how far it has reported": {
			[][]Event{named(9, "a-1", Beat{Egress: "a"}), fleetCalls(1, 3, "a-1", chatPath), named(8.5, "a-1", Beat{To: at(8), Egress: "z"})}, 9.5, "3/200 to 8"},
		"a denial makes it full for all": {
			[][]Event{fleetCalls(1, 3, "a-1", chatPath), one(fleetDenied(2, "b-1", chatPath, rate(10*time.Second))), heard(4, "a-1", "b-1")}, 4.5, "200/200 to 4.5 inferred"},
	} {
		l := newTestLedger(t, append([][]Event{begun}, tt.events...)...)
		s := l.Snapshot(at(tt.at))
		if got := showFleet(endpoint(t, s, "chat").Limits[0]); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		checkSnapshot(t, s)
		if got := showFleet(endpoint(t, mustRestore(t, l).Snapshot(at(tt.at)), "chat").Limits[0]); got != tt.want {
			t.Errorf("%s, restored: %s, want %s", name, got, tt.want)
		}
	}
}

// A limit by client IP is that of the fullest address.
func TestFleetByAddress(t *testing.T) {
	inHour := func(g string, n int) []Event { return fleetCalls(1, n, g, chatPath) }
	for name, tt := range map[string]struct {
		egress string // of this machine
		events [][]Event
		want   string
	}{
		"the fullest": {"", [][]Event{inHour("a-1", 5), inHour("b-1", 9), heard(4, "a-1", "b-1")}, "9/1000 to 3 at b 0/2"},
		"generators of one address add up": {"",
			[][]Event{inHour("a-1", 5), inHour("a-2", 5), inHour("b-1", 9), heard(4, "a-1", "a-2", "b-1")}, "10/1000 to 3 at a 0/2"},
		"a generator moves to another": {"",
			[][]Event{inHour("a-1", 5), inHour("b-1", 3), heard(3, "a-1", "b-1"), one(beat(3.5, "a-1", Beat{To: at(3), Boot: "2", Egress: "b"})), fleetCalls(2, 4, "a-1", chatPath), one(beat(4, "a-1", Beat{To: at(3), Boot: "2", Egress: "b"}), beat(4, "b-1", Beat{To: at(3), Egress: "b"}))},
			"≥7/1000 to 3 at b 0/2"},
		"near the limit": {"",
			[][]Event{inHour("a-1", 900), inHour("b-1", 950), inHour("c-1", 20), heard(4, "a-1", "b-1", "c-1")}, "950/1000 to 3 at b 2/3"},
		"nobody said which address": {"",
			[][]Event{inHour("a-1", 5), inHour("b-1", 9), heard(4, "a-1"), one(beat(4, "b-1", Beat{To: at(3), Egress: "b", EgressAssumed: true}))}, "≥9/1000 to 3 at b 0/2"},
		"our polls are apart":             {"", [][]Event{inHour("a-1", 5), polls(1, 4), heard(4, "a-1")}, "5/1000 to 3 at a 0/1"},
		"our polls leave from an address": {"a", [][]Event{inHour("a-1", 5), polls(1, 4), heard(4, "a-1")}, "9/1000 to 3 at a 0/1"},
		"so do our calls":                 {"a", [][]Event{one(healthy(-200, SourceTap)), inHour("a-1", 5), calls(1, 8, SourceTap, chatPath), polls(1, 4), heard(4, "a-1")}, "12/1000 to 3 at a 0/1"},
		"we call most":                    {"", [][]Event{one(healthy(-200, SourceTap)), inHour("a-1", 5), calls(1, 8, SourceTap, chatPath), polls(1, 4), heard(4, "a-1")}, "12/1000 to 3 at  0/1"},
		"an address that is refused comes first": {"",
			[][]Event{inHour("a-1", 5), inHour("b-1", 9), one(fleetDenied(2, "a-1", chatPath, Denial{Kind: KindRate, RetryAfter: Some(10 * time.Second), Limit: Limit{1000, time.Minute}})), heard(4, "a-1", "b-1")},
			"1000/1000 to 4 inferred at a 1/2"},
		"the account's calls come from anywhere": {"", [][]Event{inHour("a-1", 5), rows(1, 50, chatPath), one(healthy(2, SourceBilling), read(-200, 3)), heard(4, "a-1")}, "5/1000 to 3 at a 0/1"},
	} {
		l := NewLedger(mustProfile(t, DefaultProfile), LedgerOptions{Egress: tt.egress})
		for _, e := range slices.Concat(append([][]Event{one(beat(-200, "a-1", Beat{To: at(-200), Egress: "a"}))}, tt.events...)...) {
			l.Observe(e)
		}
		s := l.Snapshot(at(4))
		checkSnapshot(t, s)
		if got := showFleet(endpoint(t, s, "all").Limits[0]); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// A fleet's source has seen what its bus had kept: a window is known in full from the
// start, and goes on after a restart.
func TestFleetIsWatchedSince(t *testing.T) {
	ok := func(second, since float64) Event {
		return Event{At: at(second), Source: SourceFleet, Health: &Health{State: StateOK, Vantage: VantageLocal, Since: at(since)}}
	}
	l := newTestLedger(t, one(ok(0, -3600)), fleetCalls(-30, 5, "a-1", chatPath), heard(1, "a-1"))
	check := func(want string, second float64) {
		t.Helper()
		all := endpoint(t, l.Snapshot(at(second)), "all")
		if got := showFleet(all.Limits[0]) + ", " + showFleet(all.Limits[1]); got != want {
			t.Errorf("at %g s: %s, want %s", second, got, want)
		}
	}
	check("5/1000 to 0 at a 0/1, 5/10000 to 0 at a 0/1", 1)
	l.Resume(at(100))
	for _, e := range append(one(ok(100, -3500)), heard(101, "a-1")...) {
		l.Observe(e)
	}
	check("0/1000 to 100 at a 0/1, 5/10000 to 100 at a 0/1", 101)
}

// Every figure of a snapshot with a fleet ends at the same moment.
func TestFleetEndsTogether(t *testing.T) {
	l := newTestLedger(t, heard(-100, "a-1", "b-1"), one(healthy(-100, SourceTap)), calls(1, 4, SourceTap, "/inference"), fleetCalls(1, 10, "a-1", chatPath), fleetCalls(7.5, 10, "a-1", chatPath),
		one(fleetDenied(2, "a-1", chatPath, rate(time.Second)), fleetDenied(7.6, "a-1", chatPath, rate(time.Second))), heard(7, "b-1"), heard(9, "a-1"))
	s := l.Snapshot(at(9.3))
	end := at(6)
	if s.Fleet.To != Some(end) {
		t.Errorf("the fleet's windows end at %v", s.Fleet.To)
	}
	for _, e := range s.Endpoints {
		for _, u := range e.Limits {
			if u.AsOf != Some(end) && !u.Inferred {
				t.Errorf("%s: as of %v", e.ID, u.AsOf)
			}
		}
		for _, c := range e.Charts {
			if c.To.After(end) || end.Sub(c.To) >= c.Step {
				t.Errorf("%s: a chart with steps of %v ends at %v", e.ID, c.Step, c.To)
			}
		}
	}
	chat := endpoint(t, s, "chat")
	if chat.Calls != Some(10) || chat.Rejected != Some(1) || chat.Limits[0].Rejected != Some(1) || s.Denials[0].Minute != 1 || s.Denials[0].Count != 2 || fmt.Sprint(chat.Paths) != "[{POST "+chatPath+" 10}]" {
		t.Errorf("chat: %v calls, %v rejected, %s, %v, %+v", chat.Calls, chat.Rejected, show(chat.Limits[0]), chat.Paths, s.Denials)
	}
	if g := generatorNamed(t, s, "a-1"); g.Calls != 10 || g.Rejected != 1 || fmt.Sprint(g.Endpoints) != "[{chat 10 1}]" || g.Worst != "chat" {
		t.Errorf("%+v", g)
	}
}

// A call that a generator kept while it could not send counts where it belongs.
func TestFleetCallsThatComeLate(t *testing.T) {
	l := newTestLedger(t, heard(-4000, "a-1", "b-1"), fleetCalls(1, 10, "a-1", chatPath), heard(600, "b-1"), fleetCalls(599, 2, "b-1", chatPath), fleetCalls(20, 30, "a-1", chatPath), fleetCalls(560, 5, "a-1", chatPath), heard(601, "a-1", "b-1"))
	s := l.Snapshot(at(601))
	all := endpoint(t, s, "all")
	if minute, hour := showFleet(all.Limits[0]), showFleet(all.Limits[1]); minute != "5/1000 to 600 at a 0/2" || hour != "45/10000 to 600 at a 0/2" {
		t.Errorf("%s, %s", minute, hour)
	}
	chat := endpoint(t, s, "chat")
	day := chat.Charts[2]
	if got := fmt.Sprint(day.Accepted[len(day.Accepted)-11:]); got != "[0 40 0 0 0 0 0 0 0 0 7]" {
		t.Errorf("by the minute: %s", got)
	}
	if peak := chat.Limits[0].Peak; peak != Some(40) {
		t.Errorf("a peak of %v", peak)
	}
}

// A generator is judged by the waits that it got itself.
func TestFleetDiscipline(t *testing.T) {
	capped := Denial{Kind: KindCap, Reason: "daily_spend_cap_exceeded"}
	for name, tt := range map[string]struct {
		events []Event
		want   string // by generator
	}{
		"another waits":      {one(fleetDenied(1, "a-1", chatPath, rate(10*time.Second)), fleetCall(5, "a-2", chatPath)), "a-1 1/0 a-2 0/0"},
		"it ignores its own": {one(fleetDenied(1, "a-1", chatPath, rate(10*time.Second)), fleetCall(5, "a-1", chatPath), fleetCall(6, "a-1", chatPath)), "a-1 1/2 a-2 0/0"},
		"on its way":         {one(fleetDenied(1, "a-1", chatPath, rate(10*time.Second)), fleetCall(1.9, "a-1", chatPath)), "a-1 1/0 a-2 0/0"},
		"after it":           {one(fleetDenied(1, "a-1", chatPath, rate(3*time.Second)), fleetCall(5, "a-1", chatPath)), "a-1 1/0 a-2 0/0"},
		"another endpoint":   {one(fleetDenied(1, "a-1", chatPath, rate(10*time.Second)), fleetCall(5, "a-1", "/inference")), "a-1 1/0 a-2 0/0"},
		"both, in batches": {one(fleetDenied(1, "a-1", chatPath, rate(10*time.Second)), fleetCall(7, "a-1", chatPath), fleetDenied(3, "a-2", chatPath, rate(10*time.Second)), fleetCall(3.5, "a-2", chatPath), fleetDenied(6, "a-2", chatPath, rate(10*time.Second))),
			"a-1 1/1 a-2 2/1"},
		"after the cap": {one(fleetDenied(1, "a-1", chatPath, capped), fleetCall(5, "a-1", chatPath), fleetCall(5, "a-2", chatPath)), "a-1 1/1 a-2 0/0"},
	} {
		l := newTestLedger(t, heard(0, "a-1", "a-2"), tt.events, heard(9, "a-1", "a-2"))
		l = mustRestore(t, l)
		s := l.Snapshot(at(9))
		var got []string
		early, count := 0, 0
		for _, name := range []string{"a-1", "a-2"} {
			g := generatorNamed(t, s, name)
			got = append(got, fmt.Sprintf("%s %d/%d", name, g.Rejected, g.Early))
			early, count = early+g.Early, count+g.Rejected
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		if len(s.Denials) != 1 || s.Denials[0].Early != early || s.Denials[0].Count != count || s.Denials[0].Source != SourceFleet {
			t.Errorf("%s: %+v", name, s.Denials)
		}
		for _, d := range s.Denials[0].Generators {
			if g := generatorNamed(t, s, d.Name); g.Rejected != d.Count || g.Early != d.Early {
				t.Errorf("%s: %+v of %+v", name, d, g)
			}
		}
		if e := s.Log[slices.IndexFunc(s.Log, func(e LogEntry) bool { return e.Kind == LogRefused })]; e.Count != count || e.Early != early {
			t.Errorf("%s: in the log %+v", name, e)
		}
		r := NewReporter(l.table, LedgerOptions{})
		for _, e := range slices.Concat(heard(0, "a-1", "a-2"), tt.events, heard(9, "a-1", "a-2")) {
			r.Observe(e)
		}
		report := r.Report()
		for _, g := range report.Generators {
			if of := generatorNamed(t, s, g.Name); g.Early != of.Early || g.Rejected != of.Rejected || g.Accepted != of.Calls {
				t.Errorf("%s: the report says %+v, the ledger %+v", name, g, of)
			}
		}
		if chat := report.Endpoints[l.table.Index("chat")]; chat.SentEarly.Or(0) > early || chat.Rejected != Some(count) || chat.Source != SourceFleet {
			t.Errorf("%s: the report says %+v", name, chat)
		}
	}
}

// What a restarted source reports again is counted once, call by call.
func TestFleetIsReplayedExactly(t *testing.T) {
	batch := func(second float64, n int, g string) []Event {
		return append(fleetCalls(second, n, g, chatPath), beat(second+1, g, Beat{To: at(second + 1), Egress: "a"}))
	}
	before := slices.Concat(heard(-100, "a-1", "a-2"), batch(1, 10, "a-1"), batch(1, 5, "a-2"), batch(2, 10, "a-1"), fleetCalls(3, 3, "a-1", chatPath)) // ends within a batch
	again := slices.Concat(batch(1, 10, "a-1"), batch(1, 5, "a-2"), batch(2, 10, "a-1"), batch(3, 3, "a-1")[:3], fleetCalls(3.5, 4, "a-1", chatPath), fleetCalls(2, 6, "a-2", chatPath), fleetCalls(2, 6, "new", chatPath))
	for _, twice := range []bool{false, true} {
		l := newTestLedger(t, before, one(Event{At: at(4), Source: SourceFleet, Health: &Health{State: StateOK, Vantage: VantageLocal}}))
		l.Resume(at(5))
		if twice {
			l = mustRestore(t, l)
			l.Resume(at(6))
		}
		for _, e := range again {
			l.Observe(e)
		}
		for _, e := range one(beat(9, "a-1", Beat{To: at(8), Egress: "a"}), beat(9, "a-2", Beat{To: at(8), Egress: "a"}), beat(9, "new", Beat{To: at(8), Egress: "a"})) {
			l.Observe(e)
		}
		s := l.Snapshot(at(9))
		if got := fmt.Sprint(generatorNamed(t, s, "a-1").Calls, generatorNamed(t, s, "a-2").Calls, generatorNamed(t, s, "new").Calls, endpoint(t, s, "chat").Calls); got != "27 11 6 44" {
			t.Errorf("%s calls", got)
		}
	}
}

// A source that says where in the stream it was goes on there: what it reports then is
// counted, however slow a call was, but for the calls of a batch that was cut short.
func TestFleetGoesOnAtItsPlace(t *testing.T) {
	batch := func(second float64, n int, g, place string) []Event {
		return append(fleetCalls(second, n, g, chatPath), beat(second+1, g, Beat{Run: "default", To: at(second + 1), Egress: "a", Place: place}))
	}
	old := Event{At: at(4), Source: SourceFleet, Generator: "a-2", Beat: &Beat{Run: "default", Place: "x-4"}} // of an earlier process
	before := slices.Concat(heard(-100, "a-1", "a-2"), batch(1, 10, "a-1", "x-1"), batch(1, 5, "a-2", "x-2"), batch(2, 10, "a-1", "x-3"),
		fleetCalls(2, 2, "a-2", chatPath), one(old), heard(4, "a-1"), fleetCalls(3, 3, "a-1", chatPath)) // ends within a batch
	for _, restored := range []bool{false, true} {
		l := newTestLedger(t, before, one(Event{At: at(4), Source: SourceFleet, Health: &Health{State: StateOK, Vantage: VantageLocal}}))
		if got := l.FleetPlace("default"); got != "x-4" || l.FleetPlace("other") != "" {
			t.Fatalf("the place is %q", got)
		}
		l.Resume(at(5))
		if restored {
			l = mustRestore(t, l)
			l.Resume(at(6))
		}
		for _, e := range slices.Concat(batch(3, 7, "a-1", "x-5"), batch(1.5, 4, "a-2", "x-6"), batch(0.5, 1, "a-1", "x-7")) {
			l.Observe(e)
		}
		for _, e := range heard(9, "a-1", "a-2") {
			l.Observe(e)
		}
		s := l.Snapshot(at(9))
		if got := fmt.Sprintf("%d %d %d %s", generatorNamed(t, s, "a-1").Calls, generatorNamed(t, s, "a-2").Calls, generatorNamed(t, s, "a-1").Boots, l.FleetPlace("default")); got != "28 11 1 x-7" {
			t.Errorf("calls, boots and place: %s", got)
		}
	}
}

// Whatever generators do, and however late and mixed up it arrives, their rows add up to
// the gauges, and the addresses to no more.
func TestFleetRowsAddUp(t *testing.T) {
	for seed := range uint64(fewer(12)) {
		rng := rand.New(rand.NewPCG(seed, 1))
		type due struct {
			at float64
			Event
		}
		var events []due
		names := []string{"a-1", "a-2", "b-1", "c-1"}
		for _, g := range names {
			for second := 1.0; second < 200; second++ {
				arrives := second + 1 + 2*rng.Float64()
				for range rng.IntN(12) {
					e := fleetCall(second+rng.Float64(), g, []string{chatPath, "/inference", "/nowhere"}[rng.IntN(3)])
					if rng.IntN(20) == 0 {
						e = fleetDenied(e.At.Sub(t0).Seconds(), g, e.Call.Path, rate(time.Second))
					}
					events = append(events, due{arrives, e})
				}
				address, _, _ := strings.Cut(g, "-")
				events = append(events, due{arrives, beat(arrives, g, Beat{To: at(second + 1), Egress: address})})
			}
		}
		slices.SortStableFunc(events, func(a, b due) int { return cmp.Compare(a.at, b.at) })
		l := newTestLedger(t, heard(0, names...))
		for i, e := range events {
			l.Observe(e.Event)
			if i%500 != 499 {
				continue
			}
			s := l.Snapshot(at(e.at))
			checkSnapshot(t, s)
			calls, refused, from := map[string]int{}, map[string]int{}, map[string]int{} // by endpoint, and by address
			for _, g := range s.Fleet.Generators {
				for _, n := range g.Endpoints {
					calls[n.ID], refused[n.ID], from[g.Egress] = calls[n.ID]+n.Calls, refused[n.ID]+n.Rejected, from[g.Egress]+n.Calls
				}
			}
			for _, e := range s.Endpoints {
				switch {
				case e.Scope == ScopeIP:
					if u := e.Limits[0]; u.Local != Some(from[u.Egress]) || u.Egresses != 3 {
						t.Errorf("seed %d at %v: %s, by generator %v", seed, s.At, showFleet(u), from)
					}
				case e.Calls != Some(calls[e.ID]) || e.Rejected != Some(refused[e.ID]):
					t.Errorf("seed %d at %v, %s: %v calls, %v rejected; by generator %d and %d", seed, s.At, e.ID, e.Calls, e.Rejected, calls[e.ID], refused[e.ID])
				case len(e.Limits) > 0 && e.Limits[0].Local != e.Calls:
					t.Errorf("%s: %s, %v calls", e.ID, show(e.Limits[0]), e.Calls)
				}
			}
		}
	}
}

// Generators are listed by what hurts, for a while after they have ended, and not
// without bound.
func TestFleetList(t *testing.T) {
	names := func(s Snapshot) (names []string) {
		for _, g := range s.Fleet.Generators {
			names = append(names, g.Name+" "+string(g.State))
		}
		return names
	}
	l := newTestLedger(t, heard(-700, "gone-1"), heard(90, "silent-1"), heard(100, "b-1", "a-1", "late-1"), one(fleetDenied(98, "late-1", chatPath, rate(time.Second)), beat(99, "over-1", Beat{To: at(99), Ended: true})))
	for second, want := range map[float64]string{
		100:  "silent-1 silent; late-1 live; a-1 live; b-1 live; gone-1 gone; over-1 ended",
		710:  "a-1 gone; b-1 gone; gone-1 gone; late-1 gone; silent-1 gone",
		4000: "",
	} {
		if got := strings.Join(names(l.Snapshot(at(second))), "; "); got != want {
			t.Errorf("at %g s: %s, want %s", second, got, want)
		}
	}
	l = newTestLedger(t)
	for i := range 1500 {
		g := fmt.Sprintf("g%d-1", i)
		for _, e := range slices.Concat(fleetCalls(1, 1, g, chatPath), heard(3, g)) {
			l.Observe(e)
		}
	}
	s := l.Snapshot(at(3))
	if n, u := len(s.Fleet.Generators), s.Fleet.Unlisted; n != maxGenerators || u != 500 || s.Endpoints[2].Calls != Some(1500) || !s.Endpoints[2].Limits[0].LowerBound {
		t.Errorf("%d listed, %d not, %s", n, u, show(s.Endpoints[2].Limits[0]))
	}
	l.Observe(beat(4000, "new-1", Beat{To: at(3999)})) // there is room again
	if got := names(l.Snapshot(at(4000))); len(got) != 1 || got[0] != "new-1 live" {
		t.Errorf("%d, %v", len(got), got)
	}
}

// What is in a row: a generator that was started again is one generator, and its calls
// count at its address from the first on.
func TestFleetRow(t *testing.T) {
	l := newTestLedger(t, fleetCalls(1, 3, "pod-1", chatPath), fleetCalls(1, 4, "pod-2", chatPath), heard(4, "pod-1", "pod-2"),
		one(beat(5, "pod-1", Beat{Run: "soak", Version: "v2", To: at(4), Missing: 2, Dropped: 7, Egress: "pod", ClockOffset: -10 * time.Minute, ClockError: 40 * time.Millisecond})), fleetCalls(6, 3, "pod-1", "/inference"),
		one(beat(8, "pod-1", Beat{Run: "soak", Version: "v2", Boot: "2", To: at(7), Missing: 1, Egress: "pod", ClockOffset: -10 * time.Minute, ClockError: 40 * time.Millisecond})), heard(8, "pod-2"))
	s := l.Snapshot(at(8))
	if g := generatorNamed(t, s, "pod-1"); g.Calls != 6 || g.Boots != 2 || g.Missing != 3 || g.Dropped != 7 || g.ClockOffsetMS != -600_000 || g.ClockErrorMS != 40 || g.Version != "v2" || g.HeardAt != at(8) || g.To != at(7) || g.Worst != "chat" || s.Fleet.Run != "default" {
		t.Errorf("%+v in %s", g, s.Fleet.Run)
	}
	if got := showFleet(endpoint(t, s, "all").Limits[0]); got != "≥10/1000 to 7 at pod 0/1" {
		t.Errorf("at the address: %s", got)
	}
}

// Generators that fall silent together are one line of the log.
func TestFleetInTheLog(t *testing.T) {
	var pods []string
	for i := range 50 {
		pods = append(pods, fmt.Sprintf("pod-%02d", i))
	}
	said := func(l *Ledger, second float64) string {
		var lines []string
		for _, e := range l.Snapshot(at(second)).Log {
			lines = append(lines, fmt.Sprintf("%s %s %v %s", e.Kind, e.Source, e.On, e.Text))
		}
		return strings.Join(lines, "; ")
	}
	l := newTestLedger(t, heard(0, pods...), heard(4, pods[0]), heard(8, pods[0]))
	if got := said(l, 8); got != "source generators true pod-01, pod-02, pod-03 and 46 more" {
		t.Errorf("silent: %s", got)
	}
	l = mustRestore(t, l)
	for _, e := range slices.Concat(heard(12, pods[:48]...), heard(14, pods...), heard(15.5, pods...)) {
		l.Observe(e)
	}
	if got := said(l, 15.5); got != "source generators false pod-01, pod-02, pod-03 and 46 more" {
		t.Errorf("heard again: %s", got)
	}
	l = newTestLedger(t, one(healthy(100, SourceBilling)), heard(0, pods...), one(healthy(102, SourceBilling)), heard(103, pods...)) // the past is read first
	if got := said(l, 103); got != "" {
		t.Errorf("at the start: %s", got)
	}
	l = newTestLedger(t, heard(0, "billing", "pod-1"), heard(6, "pod-1"), one(healthy(6.5, SourceBilling)), heard(8, "pod-1"))
	if got := said(l, 8); got != "source billing true " {
		t.Errorf("a generator with the name of a source: %s", got)
	}
}

// The report has every generator, and counts what came late.
func TestFleetReport(t *testing.T) {
	r := NewReporter(mustProfile(t, DefaultProfile), LedgerOptions{})
	tail := fleetCalls(2, 4, "b-1", chatPath)
	for i := range tail {
		tail[i].Source = SourceTail // as a dump of the bus has them
	}
	for _, e := range slices.Concat(fleetCalls(1, 10, "a-1", chatPath), heard(3, "a-1"), tail, heard(4, "b-1"), one(fleetDenied(500, "b-1", chatPath, rate(time.Second))),
		one(beat(501, "b-1", Beat{To: at(501), Dropped: 3, Missing: 1, Boot: "2", Egress: "b", Ended: true})), fleetCalls(100, 5, "a-1", "/inference")) {
		r.Observe(e)
	}
	report := r.Report()
	want := []GeneratorReport{
		{Name: "b-1", Egress: "b", From: Some(at(2)), To: Some(at(501)), Sent: 5, Accepted: 4, Rejected: 1, Missing: 1, Dropped: 3, Boots: 2},
		{Name: "a-1", Egress: "a", From: Some(at(1)), To: Some(at(100.4)), Sent: 15, Accepted: 15, Boots: 1},
	}
	if fmt.Sprint(report.Generators) != fmt.Sprint(want) {
		t.Errorf("generators:\n%+v, want\n%+v", report.Generators, want)
	}
	if chat, all := report.Endpoints[2], report.Endpoints[0]; chat.Accepted != Some(14) || chat.Rejected != Some(1) || chat.Source != SourceFleet || all.Accepted != Some(19) || all.UpperBound || all.Limits[0].Peak != Some(10) || all.Limits[0].Egress != "a" || all.Limits[1].Peak != Some(15) || chat.Limits[0].Peak != Some(14) {
		t.Errorf("chat %+v, all %+v", chat, all)
	}
}

// A report measures limits by client IP at the address with the highest peak, from a
// generator's first call on; of more addresses than it keeps apart it says an upper bound.
func TestFleetReportByAddress(t *testing.T) {
	for name, tt := range map[string]struct {
		generators, per int
		want            string
	}{
		"one address":     {1, 5, "5 ≤false"},
		"several":         {10, 5, "14 n9 ≤false"},
		"more than there": {maxReportAddresses + 6, 1, "2485 ≤true"},
	} {
		r := NewReporter(mustProfile(t, DefaultProfile), LedgerOptions{})
		for i := range tt.generators {
			g := fmt.Sprintf("n%d-1", i)
			for _, e := range append(fleetCalls(1, tt.per+i, g, chatPath), heard(3, g)...) {
				r.Observe(e)
			}
		}
		all := r.Report().Endpoints[0]
		if got := strings.Join(strings.Fields(fmt.Sprintf("%v %s ≤%v", all.Limits[0].Peak, all.Limits[0].Egress, all.UpperBound)), " "); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// Calls that the fleet has not reported yet are not taken for others' when one is refused.
func TestFleetRefusedBeforeItHasReported(t *testing.T) {
	l := newTestLedger(t, heard(-100, "a-1", "b-1"), fleetCalls(1, 50, "a-1", chatPath), fleetCalls(3.2, 50, "a-1", chatPath), one(fleetDenied(4.2, "a-1", chatPath, rate(10*time.Second))), heard(3, "b-1"), heard(5, "a-1"))
	check := func(second float64, others Opt[int]) {
		t.Helper()
		if u := endpoint(t, l.Snapshot(at(second)), "chat").Limits[0]; !u.Inferred || u.Used != Some(200) || u.Others != others {
			t.Errorf("at %g s: %s, others %v", second, showFleet(u), u.Others)
		}
	}
	check(5, Opt[int]{})
	for _, e := range append(fleetCalls(3.2, 50, "b-1", chatPath), heard(7, "a-1", "b-1")...) {
		l.Observe(e)
	}
	check(7, Some(50))
}
