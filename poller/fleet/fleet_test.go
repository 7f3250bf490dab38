package fleet

import (
	"fmt"
	"testing"
	"time"

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
