package fleet

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/events/frame"
)

// beatLine is a beat's line of a generator's batch.
func beatLine(generator, run, boot string, at time.Time) []byte {
	return events.AppendServer(nil, model.Event{At: at, Source: model.SourceTap, Generator: generator, Beat: &model.Beat{Run: run, Boot: boot, Egress: "e", To: at}})
}

// What does not belong on the bus, or is not believed, counts nothing and harms nothing:
// it is left out, and the source says so.
func TestForeignMessages(t *testing.T) {
	b := sharedBroker(t)
	l, err := b.connect(t.Context(), publisherInbox)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	now := time.Now().UTC()
	from := name{account(t), DefaultRun, "gen-1"}
	send := func(change func(*nats.Msg), lines ...[]byte) {
		t.Helper()
		m := nats.NewMsg(from.events())
		m.Header.Set(headerBoot, "b")
		m.Header.Set(headerSeq, "1")
		m.Data = frame.NewWriter().Append(nil, bytes.Join(lines, nil))
		if change != nil {
			change(m)
		}
		if _, err := l.js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	line := func(generator string, at time.Time) []byte {
		e := call(at, "/a")
		e.Generator = generator
		return events.AppendServer(nil, e)
	}
	beat := beatLine("gen-1", DefaultRun, "b", now)
	own := bytes.Replace(line("gen-1", now), []byte(`"path"`), []byte(`"vantage":"account","path"`), 1)
	billing := events.AppendServer(nil, model.Event{At: now, Source: model.SourceBilling, Generator: "gen-1", Account: &model.Account{Plan: "x"}})
	local := line("gen-1", now)
	local = append(local[:bytes.Index(local, []byte(`,"clock"`))], "}\n"...)

	send(func(m *nats.Msg) { m.Data = []byte("no frame") })
	send(func(m *nats.Msg) { m.Data = nil })
	send(func(m *nats.Msg) { m.Header.Del(headerBoot) }, beat)
	send(func(m *nats.Msg) { m.Header.Set(headerSeq, "-1") }, beat)
	send(func(m *nats.Msg) { m.Header.Set(headerSeq, "0") }, beat)
	send(func(m *nats.Msg) { m.Header.Set(headerBoot, "other") }, line("gen-1", now), beat)
	send(nil, line("gen-1", now))
	send(nil, bytes.Repeat([]byte("x\n"), maxLines), beat)
	send(nil, line("gen-1", now), beatLine("gen-1", "other-run", "b", now))
	send(nil, line("gen-1", now), beatLine("gen-2", DefaultRun, "b", now))
	send(nil, line("gen-1", now), beatLine("gen-1", DefaultRun, "b", now.Add(time.Hour)))
	const messages = 11
	send(nil, line("gen-1", now), line("gen-2", now), line("", now), own, billing, local, line("gen-1", now.Add(time.Hour)), []byte("garbage\n"), beat)
	const lines = 7
	send(nil, line("gen-1", now), beat) // sent twice
	r := read(t, b, nil)
	all := r.until("note", func(all []model.Event) bool {
		return strings.HasPrefix(health(all).Note, fmt.Sprintf("%d messages or lines left out: ", messages+lines))
	})
	if len(calls(all)) != 1 || calls(all)[0].Generator != "gen-1" {
		t.Errorf("%d calls: %+v", len(calls(all)), calls(all))
	}
	for _, e := range all {
		if e.Source != model.SourceFleet || e.Account != nil || e.Beat != nil && e.Generator != "gen-1" {
			t.Errorf("reported %+v", e)
		}
	}
	m := nats.NewMsg(from.beats())
	m.Header.Set(headerBoot, "b")
	m.Header.Set(headerSeq, "1")
	m.Data = append([]byte(`{"x":"`), bytes.Repeat([]byte("y"), 2*maxLine)...)
	if err := l.PublishMsg(m); err != nil {
		t.Fatal(err)
	}
	r.until("note about a beat", func(all []model.Event) bool {
		return strings.Contains(health(all).Note, fmt.Sprint(messages+lines+1)) && strings.Contains(health(all).Note, errTooLarge.Error())
	})
}

// FuzzBatch reads what a message holds.
func FuzzBatch(f *testing.F) {
	n := name{"a", "r", "g"}
	now := time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)
	c := &encoder{frames: frame.NewWriter(), from: n}
	c.add(call(now, "/inference"))
	body, _ := c.batch(model.Event{At: now, Source: model.SourceTap, Generator: "g", Beat: &model.Beat{Run: "r", Boot: "b", Egress: "e"}})
	f.Add(body)
	f.Add(body[:len(body)/2])
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		d := newDecoder()
		defer d.close()
		b, err := d.decode(n, body)
		if err != nil {
			return
		}
		for _, e := range append(b.calls, b.beat) {
			if e.Generator != "g" || (e.Beat == nil) == (e.Call == nil) || e.Call != nil && e.Call.Vantage != model.VantageLocal {
				t.Errorf("believed %+v", e)
			}
		}
	})
}

// BenchmarkDecode is what a dashboard does for each call of a fleet.
func BenchmarkDecode(b *testing.B) {
	n := name{"a", "r", "gen-17"}
	now := time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)
	c := &encoder{frames: frame.NewWriter(), from: n}
	for i := range 250 {
		c.add(call(now.Add(time.Duration(i)*4*time.Millisecond+time.Duration(i*i*7919%4_000_000)), "/gliner-2/classify"))
	}
	body, calls := c.batch(model.Event{At: now, Source: model.SourceTap, Generator: n.generator, Beat: &model.Beat{Run: "r", Boot: "b", Egress: "e"}})
	d := newDecoder()
	defer d.close()
	b.ReportAllocs()
	for b.Loop() {
		if got, err := d.decode(n, body); err != nil || len(got.calls) != calls {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(calls*b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64(len(body))/float64(calls), "bytes/call")
}
