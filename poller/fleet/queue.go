package fleet

import (
	"sync"
	"time"

	"quotatop/model"
)

// maxQueued bounds the calls that wait to be part of a batch.
const maxQueued = 1 << 16

// fullBatch is about how many calls fill a batch.
const fullBatch = 400

// A queue takes in calls. Whoever has one only appends it: nobody waits for a disk, a
// network or a lock that is held for long.
type queue struct {
	full chan struct{} // holds one token once there is enough for a batch

	mu      sync.Mutex
	calls   []queued
	dropped int
}

// queued is a call with what the server's clock was then less the steady one: its
// time is wrong by as much as that changes.
type queued struct {
	event      model.Event
	correction time.Duration
}

func (q *queue) put(e model.Event, correction time.Duration) {
	q.mu.Lock()
	if len(q.calls) < maxQueued {
		q.calls = append(q.calls, queued{e, correction})
	} else {
		q.dropped++
	}
	enough := len(q.calls) >= fullBatch
	q.mu.Unlock()
	if enough {
		select {
		case q.full <- struct{}{}:
		default:
		}
	}
}

func (q *queue) isEmpty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.calls)+q.dropped == 0
}

// take empties the queue, and returns how many calls it had no room for. The calls
// that come next are put in the memory of spare.
func (q *queue) take(spare []queued) (calls []queued, dropped int) {
	clear(spare)
	q.mu.Lock()
	defer q.mu.Unlock()
	calls, dropped = q.calls, q.dropped
	q.calls, q.dropped = spare[:0], 0
	return calls, dropped
}
