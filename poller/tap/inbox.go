package tap

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// An inbox holds what requests have shown until it is reported. A request only
// appends to it, so that nobody's call waits for a reader of events.
type inbox struct {
	wake chan struct{} // holds one token while there is news

	mu      sync.Mutex
	seen    []sighting
	lost    int    // calls that found the inbox full
	trouble string // why the upstream does not answer; empty when it does
}

// maxSeen bounds an inbox that is not emptied. At any rate that a tap can
// carry it lasts for seconds.
const maxSeen = 1 << 16

// A sighting is one call, with what is yet to be read of its response.
type sighting struct {
	at      time.Time
	call    model.Call
	refusal *refusal // of a 4xx or 5xx
}

// A refusal is a 4xx or 5xx as it came.
type refusal struct {
	came    time.Time
	header  http.Header
	body    []byte // its first bytes
	secrets secrets
}

// put takes in a call that the upstream has received.
func (b *inbox) put(s sighting) {
	b.mu.Lock()
	if len(b.seen) < maxSeen {
		b.seen = append(b.seen, s)
	} else {
		b.lost++
	}
	b.mu.Unlock()
	b.knock()
}

// note notes why the upstream does not answer; empty when it does.
func (b *inbox) note(trouble string) {
	b.mu.Lock()
	changed := b.trouble != trouble
	b.trouble = trouble
	b.mu.Unlock()
	if changed {
		b.knock()
	}
}

func (b *inbox) knock() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take empties the inbox.
func (b *inbox) take() (seen []sighting, health model.Health) {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen, b.seen = b.seen, nil
	health.State, health.Vantage, health.Live = model.StateOK, model.VantageLocal, true
	if b.trouble != "" {
		health.State, health.Error = model.StateError, b.trouble+"; passing 502 to clients"
	}
	if b.lost > 0 {
		health.Note = fmt.Sprintf("%d calls came too fast to be counted", b.lost)
	}
	return seen, health
}

// gather is how long a first piece of news waits for others to be reported
// with it.
const gather = 20 * time.Millisecond

// report reports what comes into the inbox, and changes of health, until done
// is closed.
func (t *Tap) report(done <-chan struct{}, emit func(model.Event)) {
	var last model.Health
	flush := func() {
		seen, health := t.inbox.take()
		if health != last {
			last = health
			emit(model.Event{At: t.clock.Now(), Source: model.SourceTap, Health: &health})
		}
		for i := range seen {
			emit(seen[i].event())
		}
	}
	timer := time.NewTimer(gather)
	defer timer.Stop()
	for flush(); ; flush() {
		select {
		case <-done:
			flush()
			return
		case <-t.inbox.wake:
		}
		timer.Reset(gather)
		select {
		case <-done:
		case <-timer.C:
		}
	}
}

// event reads the sighting into an event.
func (s *sighting) event() model.Event {
	if r := s.refusal; r != nil {
		if d, ok := pioneer.ReadDenial(s.call.Status, r.header, r.body, r.came, r.secrets[:]...); ok {
			s.call.Denial = &d
		}
	}
	return model.Event{At: s.at, Source: model.SourceTap, Call: &s.call}
}
