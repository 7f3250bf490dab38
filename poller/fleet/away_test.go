package fleet

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// reports collects what is reported.
type reports struct {
	mu  sync.Mutex
	all []string
}

func (r *reports) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := "works"
	if err != nil {
		text = err.Error()
	}
	r.all = append(r.all, text)
}

func (r *reports) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.all, "\n")
}

// What happens while the broker is away is kept, and sent in order once it is back;
// both ends say meanwhile what is wrong.
func TestBrokerIsKilled(t *testing.T) {
	server := startServer(t, nil)
	b := server.broker()
	if _, err := Init(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	var said reports
	p := testPublisher(t, b, func(o *PublisherOptions) { o.State, o.Report = t.TempDir(), said.add })
	r := read(t, b, nil)
	start := time.Now()
	p.Observe(call(start, "/a"))
	r.until("first call", func(all []model.Event) bool { return len(calls(all)) == 1 })
	server.stop()
	for i := range 200 {
		p.Observe(call(start.Add(time.Duration(i+1)*time.Millisecond), "/b"))
		if i%50 == 0 {
			waitFor(t, "a batch in the spool", func() bool { n, files, _ := p.spool.left(); return n > i/50 && files == n })
		}
	}
	r.until("error", func(all []model.Event) bool {
		h := health(all)
		return h.State == model.StateError && strings.Contains(h.Error, "no broker at "+b.String()+": ") && !h.RetryAt.IsZero()
	})
	if err := server.start(); err != nil {
		t.Fatal(err)
	}
	all := r.until("201 calls and health", func(all []model.Event) bool {
		return len(calls(all)) == 201 && health(all).State == model.StateOK
	})
	for i, e := range calls(all)[1:] {
		if want := start.Add(time.Duration(i+1) * time.Millisecond).UTC(); !e.At.Equal(want) {
			t.Fatalf("call %d is of %s, want %s: out of order", i, e.At, want)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if got := said.String(); !strings.Contains(got, "publish: no broker at "+b.String()) || !strings.Contains(got, "calls are kept in the spool") || !strings.HasSuffix(got, "works") {
		t.Errorf("reported %q", got)
	}
	r.until("end", func(all []model.Event) bool { g := newest(all, "gen-1"); return g.Ended && g.Missing == 0 })
}

func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.After(15 * time.Second); !is(); {
		select {
		case <-late:
			t.Fatalf("no %s", what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// What a process could not send before it ended is sent by the next one of its name,
// first, and under its own number.
func TestNextProcessSendsWhatIsLeft(t *testing.T) {
	b := sharedBroker(t)
	state := t.TempDir()
	p := testPublisher(t, Broker{URL: "nats://127.0.0.1:1"}, func(o *PublisherOptions) { o.State, o.closeWithin = state, 50*time.Millisecond })
	start := time.Now()
	for i := range 1000 {
		p.Observe(call(start.Add(time.Duration(i)*time.Millisecond), "/a"))
	}
	closed := p.Close()
	folder := filepath.Join(state, "spool", account(t)+".default.gen-1")
	if closed == nil || !strings.Contains(closed.Error(), "batches left in "+folder+", which the next start sends: ") {
		t.Errorf("closed with %v", closed)
	}
	files, _ := filepath.Glob(filepath.Join(folder, "*.jsonl.zst"))
	if len(files) < 2 {
		t.Fatalf("the spool has %q", files)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	next := testPublisher(t, b, func(o *PublisherOptions) { o.State = state })
	next.Observe(call(start.Add(time.Second), "/b"))
	if err := next.Close(); err != nil {
		t.Error(err)
	}
	all := read(t, b, nil).until("1,001 calls", func(all []model.Event) bool { return len(calls(all)) == 1001 })
	if last := calls(all)[1000]; last.Call.Path != "/b" {
		t.Errorf("the new call is not the last, but %+v", last)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the empty spool stays: %v", err)
	}
}

// A broker that takes connections and never answers delays neither calls nor the end.
func TestBrokerHangs(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	p := testPublisher(t, Broker{URL: "nats://" + ln.Addr().String()}, func(o *PublisherOptions) {
		o.State, o.closeWithin = t.TempDir(), 100*time.Millisecond
	})
	begin := time.Now()
	for range 10_000 {
		p.Observe(call(begin, "/a"))
	}
	if d := time.Since(begin); d > time.Second {
		t.Errorf("10,000 calls took %s", d)
	}
	waitFor(t, "batch", func() bool { n, _, _ := p.spool.left(); return n > 0 })
	begin = time.Now()
	if err := p.Close(); err == nil || !strings.Contains(err.Error(), "batches left in ") {
		t.Error(err)
	}
	if d := time.Since(begin); d > 2*time.Second {
		t.Errorf("the end took %s", d)
	}
}

// A spool that is full says so, and how many calls that cost.
func TestSpoolIsFull(t *testing.T) {
	server := startServer(t, nil)
	b := server.broker()
	if _, err := Init(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	server.stop()
	var said reports
	p := testPublisher(t, b, func(o *PublisherOptions) { o.SpoolMax, o.Report = 2000, said.add })
	for i := range 40 {
		p.Observe(call(time.Now(), "/a"))
		before := p.dropped() + i
		waitFor(t, "batch or drop", func() bool { n, _, _ := p.spool.left(); return n > i || p.dropped() > 0 || before < 0 })
	}
	waitFor(t, "drop", func() bool { return p.dropped() > 0 })
	if !strings.Contains(said.String(), "calls are dropped: the spool is full") {
		t.Errorf("said %q", said.String())
	}
	if err := server.start(); err != nil {
		t.Fatal(err)
	}
	r := read(t, b, nil)
	r.until("40 calls, of which some are dropped", func(all []model.Event) bool {
		dropped := newest(all, "gen-1").Dropped
		return dropped > 0 && len(calls(all))+dropped == 40
	})
	if err := p.Close(); err == nil || !strings.Contains(err.Error(), "the spool is full") {
		t.Errorf("closed with %v", err)
	}
}

func (p *Publisher) dropped() int {
	p.problems.mu.Lock()
	defer p.problems.mu.Unlock()
	return p.problems.dropped
}

// Calls of before the server's time is known wait until it is, and then have it.
func TestClockThatIsOff(t *testing.T) {
	b := sharedBroker(t)
	const off = -10 * time.Minute
	clock := &pioneer.Clock{}
	p := testPublisher(t, b, func(o *PublisherOptions) { o.Clock = clock })
	r := read(t, b, func(o *SourceOptions) { o.Clock = known(off) })
	r.until("beat of before the first call", func(all []model.Event) bool {
		to := newest(all, "gen-1").To
		return !to.IsZero() && time.Now().Add(off).Sub(to) < 10*time.Second
	})
	at := time.Now()
	p.Observe(call(clock.At(at), "/early"))
	time.Sleep(60 * time.Millisecond) // three batches, if there were any
	if n, _, _ := p.spool.left(); n > 0 {
		t.Error("a call was published before its time was known")
	}
	learn(clock, off)
	p.Observe(call(clock.At(at), "/later"))
	all := r.until("two calls and a beat", func(all []model.Event) bool { return len(calls(all)) == 2 && newest(all, "gen-1").ClockOffset != 0 })
	for _, e := range calls(all) {
		if d := e.At.Sub(at.Add(off)).Abs(); d > time.Second {
			t.Errorf("%s is %s off", e.Call.Path, d)
		}
	}
	if d := (newest(all, "gen-1").ClockOffset - off).Abs(); d > time.Second || newest(all, "gen-1").ClockError <= 0 {
		t.Errorf("beat %+v", newest(all, "gen-1"))
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// A process that reads a log again publishes of it what an earlier one has not: also of
// calls of one time, and whatever another log holds.
func TestLogIsReadAgain(t *testing.T) {
	b := sharedBroker(t)
	state := t.TempDir()
	start := time.Now().Add(-time.Minute).Truncate(time.Second)
	publish := func(log string, seconds ...int) {
		t.Helper()
		p := testPublisher(t, b, func(o *PublisherOptions) { o.State, o.Source, o.Logs = state, model.SourceTail, log })
		for _, n := range seconds {
			e := call(start.Add(time.Duration(n)*time.Second), "/"+log)
			e.Source = model.SourceTail
			p.Observe(e)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	publish("a", 1, 2, 3, 3)
	publish("a", 1, 2, 3, 3, 3, 4)
	publish("b", 1, 2)
	publish("a", 1, 2, 3, 3, 3, 4)
	publish("a", 1, 2, 3, 3, 3, 4, 5)
	read(t, b, nil).until("7 calls of the one log and 2 of the other", func(all []model.Event) bool {
		a := 0
		for _, e := range calls(all) {
			if e.Call.Path == "/a" {
				a++
			}
		}
		return a == 7 && len(calls(all)) == 9 && newest(all, "gen-1").Ended && len(boots(all)) == 5
	})
}

// boots are the processes that were told about.
func boots(all []model.Event) map[string]bool {
	ids := map[string]bool{}
	for _, e := range all {
		if e.Beat != nil {
			ids[e.Beat.Boot] = true
		}
	}
	return ids
}

// Without a folder for the spool, batches are kept in memory, and the user is told.
func TestSpoolInMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var said reports
	p := testPublisher(t, Broker{URL: "nats://127.0.0.1:1"}, func(o *PublisherOptions) {
		o.State, o.Report, o.closeWithin = file, said.add, 10*time.Millisecond
	})
	p.Observe(call(time.Now(), "/a"))
	waitFor(t, "batch", func() bool { n, files, _ := p.spool.left(); return n == 1 && files == 0 })
	waitFor(t, "report", func() bool {
		return strings.Contains(said.String(), "is not a folder: remove it; while the broker is away, calls are kept in memory") &&
			strings.Contains(said.String(), "connection refused; calls are kept in memory")
	})
	if err := p.Close(); err == nil || !strings.Contains(err.Error(), "batches in memory that are lost: ") {
		t.Errorf("closed with %v", err)
	}
}

// No key reaches the bus, wherever a call has it.
func TestKeyStaysHere(t *testing.T) {
	const key = "no0mark1in2this3key4"
	b := sharedBroker(t)
	p := testPublisher(t, b, func(o *PublisherOptions) { o.Gate = pioneer.NewGate(key) })
	e := call(time.Now(), "/x/"+key)
	e.Call.Status, e.Call.Model = 429, key
	e.Call.Denial = &model.Denial{Kind: model.KindRate, Status: 429, Detail: "key " + strings.ToUpper(key), Headers: key, URL: "https://a/" + key, Reason: key}
	p.Observe(e)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	all := read(t, b, nil).until("call", func(all []model.Event) bool { return len(calls(all)) == 1 })
	c := calls(all)[0].Call
	if text := strings.ToLower(fmt.Sprint(*c, *c.Denial)); strings.Contains(text, key) || !strings.Contains(text, "[key]") || c.Denial == nil {
		t.Errorf("the bus has %s", text)
	}
}
