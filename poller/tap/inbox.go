package tap

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// An inbox holds calls until they are reported. Requests only append to it, so
// that no call waits for a reader of events.
type inbox struct {
	wake chan struct{} // holds one token while there is something to report

	mu      sync.Mutex
	seen    []observed
	lost    int    // calls dropped because the inbox was full
	problem string // why the upstream cannot be reached; empty when it can
	note    string // about the tap itself; may be empty
}

// maxSeen bounds an inbox that is not emptied: some seconds of calls at the
// highest rate that a tap can carry.
const maxSeen = 1 << 16

// observed is one call, with the parts of its response that have not been read yet.
type observed struct {
	at      time.Time // local
	call    model.Call
	failure *failure // of a 4xx or 5xx
}

// failure is a 4xx or 5xx response as it was sent.
type failure struct {
	came    time.Time
	header  http.Header
	body    []byte // its first bytes
	secrets secrets
}

// put adds a call that the upstream has received.
func (b *inbox) put(s observed) {
	b.mu.Lock()
	if len(b.seen) < maxSeen {
		b.seen = append(b.seen, s)
	} else {
		b.lost++
	}
	b.mu.Unlock()
	b.signal()
}

// setProblem records why the upstream cannot be reached; empty when it can.
func (b *inbox) setProblem(problem string) {
	b.mu.Lock()
	changed := b.problem != problem
	b.problem = problem
	b.mu.Unlock()
	if changed {
		b.signal()
	}
}

func (b *inbox) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take empties the inbox and returns its calls and the tap's health.
func (b *inbox) take() (seen []observed, health model.Health) {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen, b.seen = b.seen, nil
	health.State, health.Vantage, health.Live = model.StateOK, model.VantageLocal, true
	if b.problem != "" {
		health.State, health.Error = model.StateError, b.problem+"; passing 502 to clients"
	}
	health.Note = b.note
	if b.lost > 0 {
		health.Note = strings.TrimPrefix(fmt.Sprintf("%s; %d calls dropped: they came too fast", b.note, b.lost), "; ")
	}
	return seen, health
}

// gather is how long the first call waits for others to be reported with it.
const gather = 20 * time.Millisecond

// learnWithin is how long the first reports wait for the server's time to be known.
const learnWithin = 500 * time.Millisecond

// report emits the calls in the inbox, and changes of health, until done is
// closed.
func (t *Tap) report(done <-chan struct{}, emit func(model.Event)) {
	learning := time.NewTimer(learnWithin)
	defer learning.Stop()
	select {
	case <-done:
	case <-t.clock.Learned():
	case <-learning.C:
	}
	var last model.Health
	flush := func() {
		seen, health := t.inbox.take()
		if health != last {
			last = health
			emit(model.Event{At: t.clock.Now(), Source: model.SourceTap, Health: &health})
		}
		for i := range seen {
			emit(seen[i].event(t.clock))
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

// event returns the call as an event in the server's time, with the denial in its
// response if any.
func (s *observed) event(clock *pioneer.Clock) model.Event {
	if r := s.failure; r != nil {
		if d, ok := pioneer.ReadDenial(s.call.Status, r.header, r.body, r.came, r.secrets[:]...); ok {
			s.call.Denial = &d
		}
	}
	return model.Event{At: clock.At(s.at), Source: model.SourceTap, Call: &s.call}
}
