package model

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

func mustRestore(t testing.TB, l *Ledger) *Ledger {
	t.Helper()
	restored, err := RestoreLedger(l.table, LedgerOptions{Cap: l.spend.limit, CountDoubleRows: l.countDoubles}, l.AppendState(nil))
	if err != nil {
		t.Fatal(err)
	}
	return restored
}

func inJSON(t testing.TB, s Snapshot) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + fmt.Sprint(s.Endpoints) // the histories are not in the JSON
}

// A restored ledger tells what the saved one does: now, later, and after more
// events.
func TestRestoredLedgerGoesOn(t *testing.T) {
	for seed := range uint64(fewer(20)) {
		events := randomEvents(seed, 600)
		l := warmLedger(t)
		for _, e := range events[:400] {
			l.Observe(e)
		}
		restored := mustRestore(t, l)
		for _, s := range []float64{200, 230, 4000} {
			if diff := cmp.Diff(inJSON(t, l.Snapshot(at(s))), inJSON(t, restored.Snapshot(at(s)))); diff != "" {
				t.Fatalf("seed %d, at %g s (-saved +restored):\n%s", seed, s, diff)
			}
		}
		for _, e := range events[400:] {
			l.Observe(e)
			restored.Observe(e)
		}
		if diff := cmp.Diff(inJSON(t, l.Snapshot(at(200))), inJSON(t, restored.Snapshot(at(200)))); diff != "" {
			t.Fatalf("seed %d, after more events (-saved +restored):\n%s", seed, diff)
		}
		if string(l.AppendState(nil)) != string(restored.AppendState(nil)) {
			t.Errorf("seed %d: the two save different states", seed)
		}
	}
}

// A state of version 1 restores to what it said when it was saved: the tap and
// the tails each have a local stream, and each source its vantage.
func TestRestoresVersion1(t *testing.T) {
	table, err := NewTable("v1", Endpoint{ID: "all", Scope: ScopeIP, Covers: CoversEverything, Limits: []Limit{{1000, time.Minute}}},
		Endpoint{ID: "chat", Scope: ScopeUser, Paths: []string{"POST " + chatPath, "*_compat"}, Limits: []Limit{{200, time.Minute}}})
	if err != nil {
		t.Fatal(err)
	}
	state, err := os.ReadFile("testdata/state-1")
	if err != nil {
		t.Fatal(err)
	}
	saved, err := os.ReadFile("testdata/state-1.json") // as version 1 wrote it
	if err != nil {
		t.Fatal(err)
	}
	l, err := RestoreLedger(table, LedgerOptions{}, state)
	if err != nil {
		t.Fatal(err)
	}
	var want Snapshot
	if err := json.Unmarshal(saved, &want); err != nil {
		t.Fatal(err)
	}
	// Version 1 had no walls, and the journal among the sources, and did not say what
	// those see. It judged the calls by the table's limit, not by the learned one.
	for i := range want.Endpoints {
		want.Endpoints[i].Rejected = l.Snapshot(at(8)).Endpoints[i].Rejected
	}
	want.Endpoints[0].Limits[0].PeakUpperBound = true
	want.Denials[0].Endpoints = []EndpointCount{{"chat", 1}}
	want.Walls = l.Snapshot(at(8)).Walls
	want.Endpoints[1].Limits[0].TimeToLimit = Some(0.0)
	want.Services = []Service{{Name: "journal", State: StateError, Error: "disk full"}}
	want.Sources = slices.DeleteFunc(want.Sources, func(s Source) bool { return s.Name == "journal" })
	for i := range want.Sources {
		want.Sources[i].Vantage, _ = SourceVantage(want.Sources[i].Name)
	}
	// Nor did it say how often they poll, and what follows from the rest.
	for i := range want.Sources {
		if want.Sources[i].Vantage == VantageAccount {
			want.Sources[i].Interval = Some(10.0)
		}
	}
	want.Walls = WallsOf(&want)
	for i := range want.Endpoints {
		for j := range want.Endpoints[i].Limits {
			want.Endpoints[i].Limits[j].Others = Opt[int]{} // it took for others' what was called before this machine was watched
		}
	}
	got, err := json.MarshalIndent(l.Snapshot(at(8)), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	expected, err := json.MarshalIndent(want, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(expected), string(got)); diff != "" {
		t.Errorf("restored (-saved +restored):\n%s", diff)
	}
	l.Resume(at(10))
	l.Observe(call(3, SourceTail, chatPath)) // it reads its log again
	l.Observe(call(3, SourceTap, chatPath))  // it does not: another run's
	if got := l.localCount(l.table.Index("chat"), 0, at(0), at(10)); got != 11 {
		t.Errorf("%d calls, want the tap's 11", got)
	}
}

// A state of version 4, which knew no fleet, restores to what it said.
func TestRestoresVersion4(t *testing.T) {
	state, err := os.ReadFile("testdata/state-4")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/state-4.json")
	if err != nil {
		t.Fatal(err)
	}
	l, err := RestoreLedger(mustProfile(t, DefaultProfile), LedgerOptions{}, state)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(l.Snapshot(at(8)), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("restored (-saved +restored):\n%s", diff)
	}
}

// derived says which fields a state leaves out: they follow from the table and
// the options, or are made anew.
var derived = []string{
	"attribution.table", "attribution.coveredBy", "attribution.aliased", "attribution.countDoubles", "Ledger.spans", "Ledger.saved", "Ledger.chartCache", "Ledger.work", "spend.limit", "pairing.hashes", "pairing.hashCounts",
	"Window.width", "Ledger.egress", "roster.byName", "roster.last", "roster.own", "roster.pending", "roster.caller", "roster.widths", "egress.streams",
}

// A filler sets every field to something that is not zero.
type filler struct {
	t    *testing.T
	next int64
}

func (f *filler) fill(v reflect.Value, name string) {
	for _, k := range derived {
		if name == k {
			return
		}
	}
	if !v.CanSet() { // it is not exported
		v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	}
	f.next = f.next%5 + 1
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = t0.Add(time.Duration(f.next) * time.Second)
		return
	case **Window:
		if *p != nil {
			(*p).Add(t0, int(f.next))
			(*p).Add(t0.Add(-17*(*p).width), 3)
		}
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(f.next)
	case reflect.Float64:
		v.SetFloat(float64(f.next) + 0.5)
	case reflect.String:
		v.SetString(fmt.Sprint("text", f.next))
	case reflect.Pointer:
		if !v.IsNil() {
			f.fill(v.Elem(), name)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name)
		}
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i), name)
		}
	case reflect.Slice:
		shaped := slices.Contains([]string{"Ledger.lastDenials", "egress.lastDenials", "stream.tallies", "stream.charts"}, name) // by the table
		if v.Len() == 0 && v.Type().Elem().Kind() != reflect.Pointer && !shaped {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			f.fill(v.Index(i), name)
		}
	default:
		f.t.Fatalf("%s is a %s: teach this test and the codec to handle it", name, v.Kind())
	}
}

// No field is forgotten: one that is added to the ledger or to anything in it
// has to be carried, or named above.
func TestStateCarriesEveryField(t *testing.T) {
	l := warmLedger(t)
	endpoints := len(l.table.Endpoints)
	for _, e := range one(beat(2, "gen-1", Beat{To: at(2), Egress: "a"}), fleetCall(2, "gen-1", chatPath), fleetDenied(2, "gen-1", chatPath, rate(time.Second))) {
		l.Observe(e)
	}
	l.sampling.intervals = []sampled{{hits: make([]float64, endpoints)}}
	(&filler{t: t}).fill(reflect.ValueOf(l).Elem(), "")
	restored := mustRestore(t, l)
	diffs := differences(reflect.ValueOf(l).Elem(), reflect.ValueOf(restored).Elem(), "Ledger")
	if len(diffs) > 0 {
		t.Errorf("not carried by the state:\n%s", strings.Join(diffs, "\n"))
	}
}

func differences(a, b reflect.Value, name string) (found []string) {
	add := func(more []string) { found = append(found, more...) }
	different := []string{fmt.Sprintf("%s: saved %v, restored %v", name, a, b)}
	switch a.Kind() {
	case reflect.Pointer:
		switch {
		case a.IsNil() && b.IsNil():
		case a.IsNil() || b.IsNil():
			return different
		case a.Type() != reflect.TypeFor[*time.Location]():
			return differences(a.Elem(), b.Elem(), name)
		}
	case reflect.Struct:
		for i := range a.NumField() {
			field := a.Type().Field(i).Name
			if !slices.Contains(derived, a.Type().Name()+"."+field) {
				add(differences(a.Field(i), b.Field(i), name+"."+field))
			}
		}
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return different
		}
		for i := range a.Len() {
			if add(differences(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", name, i))); len(found) > 20 {
				return found
			}
		}
	default:
		if !a.Equal(b) {
			return different
		}
	}
	return found
}

// A state that cannot be used is refused and says why.
func TestRestoreRefuses(t *testing.T) {
	l := warmLedger(t)
	state := l.AppendState(nil)
	changed := func(i int, to byte) []byte {
		s := append([]byte(nil), state...)
		s[i] = to
		return s
	}
	for name, c := range map[string]struct {
		state []byte
		table Table
		want  error
	}{
		"empty":              {nil, l.table, errStateCorrupt},
		"other file":         {[]byte(strings.Repeat("{}\n", 20)), l.table, errStateCorrupt},
		"cut":                {state[:len(state)-1], l.table, errStateCorrupt},
		"longer":             {append(append([]byte(nil), state...), 0), l.table, errStateCorrupt},
		"a bit flipped":      {changed(len(state)/2, state[len(state)/2]^4), l.table, errStateCorrupt},
		"from a newer one":   {changed(len(stateMagic), StateVersion+1), l.table, ErrStateVersion},
		"of another table":   {state, mustProfile(t, "2026-07"), ErrStateTable},
		"with wild counts":   {seal(l.table, []byte(strings.Repeat("\xff", 100))), l.table, errStateCorrupt},
		"with nothing in it": {seal(l.table, nil), l.table, errStateCorrupt},
	} {
		if _, err := RestoreLedger(c.table, LedgerOptions{}, c.state); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// seal makes a state of any body, with a checksum that is right.
func seal(t Table, body []byte) []byte {
	s := binary.LittleEndian.AppendUint32(append([]byte(stateMagic), StateVersion), t.fingerprint())
	return append(binary.LittleEndian.AppendUint32(s, crc32.ChecksumIEEE(body)), body...)
}

// Whatever bytes are restored, the ledger that comes of them, if any, works.
func FuzzRestoreLedger(f *testing.F) {
	l := warmLedger(f)
	for seed := range uint64(3) {
		f.Add(l.AppendState(nil)[stateHeader:])
		for _, e := range randomEvents(seed, 200) {
			l.Observe(e)
		}
	}
	f.Add([]byte{})
	table := mustProfile(f, DefaultProfile)
	f.Fuzz(func(t *testing.T, body []byte) {
		l, err := RestoreLedger(table, LedgerOptions{}, seal(table, body))
		if err != nil {
			return
		}
		inJSON(t, l.Snapshot(at(200)))
		l.Resume(at(200))
		inJSON(t, l.Snapshot(at(200)))
		for _, e := range randomEvents(1, 50) {
			l.Observe(e)
		}
		inJSON(t, l.Snapshot(at(200)))
		if _, err := RestoreLedger(table, LedgerOptions{}, l.AppendState(nil)); err != nil {
			t.Errorf("what was restored cannot be saved and restored: %v", err)
		}
	})
}

func BenchmarkState(b *testing.B) {
	l := warmLedger(b)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 900_000 { // an hour of 15,000 a minute
		s := 3 + float64(i)/250
		l.Observe(call(s, SourceTap, []string{chatPath, "/inference", "/gliner-2/x"}[rng.IntN(3)]))
	}
	state := l.AppendState(nil)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			state = l.AppendState(state[:0])
		}
		b.ReportMetric(float64(len(state)), "bytes")
	})
	b.Run("restore", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := RestoreLedger(l.table, LedgerOptions{}, state); err != nil {
				b.Fatal(err)
			}
		}
	})
}
