package fleet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"quotatop/model"
)

// Every call of every generator reaches the dashboard, once, with its generator and
// its time; and what each says about itself.
func TestCallsArrive(t *testing.T) {
	b := sharedBroker(t)
	start := time.Now().Truncate(time.Millisecond)
	for g := range 3 {
		p := testPublisher(t, b, func(o *PublisherOptions) { o.Generator = fmt.Sprintf("gen-%d", g) })
		for i := range 1000 {
			p.Observe(call(start.Add(time.Duration(i)*time.Millisecond), "/inference"))
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r := read(t, b, nil)
	all := r.until("3,000 calls and 3 ends", func(all []model.Event) bool {
		return len(calls(all)) == 3000 && newest(all, "gen-0").Ended && newest(all, "gen-1").Ended && newest(all, "gen-2").Ended
	})
	seen := map[string]int{}
	for _, e := range calls(all) {
		if e.Source != model.SourceFleet || e.Call.Vantage != model.VantageLocal || e.Call.Path != "/inference" {
			t.Fatalf("got %+v", e)
		}
		if i := seen[e.Generator]; !e.At.Equal(start.Add(time.Duration(i) * time.Millisecond)) {
			t.Fatalf("call %d of %s is of %s", i, e.Generator, e.At)
		}
		seen[e.Generator]++
	}
	if len(seen) != 3 || seen["gen-0"] != 1000 {
		t.Errorf("calls by generator: %v", seen)
	}
	if got := newest(all, "gen-2"); got.Run != DefaultRun || got.Egress != "nat-1" || got.Version != "test" || got.Missing != 0 || got.To.IsZero() {
		t.Errorf("beat %+v", got)
	}
}

// A dashboard that was started again goes on after what it has reported, and still knows
// what is sent twice.
func TestGoOn(t *testing.T) {
	b := sharedBroker(t)
	publish := func(paths ...string) {
		t.Helper()
		p := testPublisher(t, b, nil)
		for _, path := range paths {
			p.Observe(call(time.Now(), path))
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	publish("/a", "/b")
	first := read(t, b, nil)
	all := first.until("two calls and an end", func(all []model.Event) bool { return len(calls(all)) == 2 && newest(all, "gen-1").Ended })
	first.stop()
	last := newest(all, "gen-1").Place
	publish("/c")
	l, err := b.connect(t.Context(), publisherInbox)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	stream, err := l.js.Stream(t.Context(), StreamName)
	if err != nil {
		t.Fatal(err)
	}
	again, err := stream.GetMsg(t.Context(), parsePlace(last).seq)
	if err != nil {
		t.Fatal(err)
	}
	again.Header.Del(headerID) // so that the server does not notice
	if _, err := l.js.PublishMsg(t.Context(), &nats.Msg{Subject: again.Subject, Header: again.Header, Data: again.Data}); err != nil {
		t.Fatal(err)
	}
	publish("/d")
	for place, want := range map[string]string{last: "/c/d", "": "/a/b/c/d", "0-zz": "/a/b/c/d", "what": "/a/b/c/d"} {
		s, err := NewSource(SourceOptions{Broker: b, Account: account(t), Run: DefaultRun, Clock: known(0)})
		if err != nil {
			t.Fatal(err)
		}
		s.GoOn()(place)
		next := run(t, s)
		all := next.until("the last call", func(all []model.Event) bool {
			got := calls(all)
			return len(got) > 0 && got[len(got)-1].Call.Path == "/d"
		})
		got := ""
		for _, e := range calls(all) {
			got += e.Call.Path
		}
		if got != want {
			t.Errorf("after %q: %s, want %s", place, got, want)
		}
		next.stop()
	}
}

// An egress may be named by its address, which no subject has to hold.
func TestEgressNames(t *testing.T) {
	for text, fits := range map[string]struct{ name, egress bool }{
		"gen-1":                 {true, true},
		"203.0.113.7":           {false, true},
		"2001:db8::7":           {false, true},
		"ip-10-0-0-1.internal":  {false, true},
		"":                      {false, false},
		"a b":                   {false, false},
		"a.*":                   {false, false},
		"é":                     {false, false},
		strings.Repeat("a", 65): {false, false},
	} {
		if name, egress := CheckName(text) == nil, CheckEgress(text) == nil; name != fits.name || egress != fits.egress {
			t.Errorf("%q names a generator: %t, an egress: %t", text, name, egress)
		}
	}
}
