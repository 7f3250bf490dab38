package statefile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"quotatop/model"
	"quotatop/poller/events/private"
)

const (
	// pollEvery is the shortest time between two polls of all status lines
	// together: a bar is drawn every few seconds, and a poll takes several
	// requests.
	pollEvery = time.Minute

	// lockRetry is the time between two attempts to take the lock.
	lockRetry = 20 * time.Millisecond

	// The files of Poll. They are no state files, so Read does not see them.
	pollName = "polled"
	lockName = "polled.lock"
)

// polled is the result of a poll, or with neither a snapshot nor a failure the
// mark of one that has begun.
type polled struct {
	WrittenAt time.Time       `json:"written_at"` // local time
	Snapshot  *model.Snapshot `json:"snapshot"`
	Failure   string          `json:"failure"`
}

// Poll returns what the last poll of an account brought, and polls where that was
// a minute ago or longer. All processes that name the same account share the
// result, the failure too: also when they ask at the same moment, one polls, and
// the others wait for it until ctx ends. Where nothing can be written, so that
// the next one would not know of the poll, it does not poll and returns a
// *NoPlaceError.
//
// The Snapshot's time is moved forward to now.
func Poll(ctx context.Context, places []Place, account string, poll func(context.Context) (model.Snapshot, error)) (model.Snapshot, error) {
	var wrong []error
	for _, p := range pollPlaces(places) {
		dir, err := p.account(account, true)
		if err == nil {
			var s model.Snapshot
			var unusable error
			s, unusable, err = pollIn(ctx, dir, poll)
			_ = dir.Close()
			if unusable == nil {
				return s, err
			}
			err = unusable
		}
		wrong = p.collect(wrong, err)
	}
	return model.Snapshot{}, &NoPlaceError{"not polled, since the poll could not be remembered", wrong}
}

// pollPlaces returns the places for the memory of polls: first those that every
// status line looks in, whatever its environment, with the home folder in front.
func pollPlaces(places []Place) []Place {
	rank := func(p Place) int {
		switch {
		case p.home:
			return 0
		case p.WellKnown:
			return 1
		}
		return 2
	}
	return slices.SortedStableFunc(slices.Values(places), func(a, b Place) int { return rank(a) - rank(b) })
}

// pollIn is Poll in one folder; unusable says that it cannot be written.
func pollIn(ctx context.Context, dir *os.Root, poll func(context.Context) (model.Snapshot, error)) (s model.Snapshot, unusable, err error) {
	if p := lastPoll(dir); p.recent() && p.done() {
		s, err = p.result()
		return s, nil, err
	}
	lock, err := dir.OpenFile(lockName, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return s, fmt.Errorf("cannot write to %s: %w", dir.Name(), private.Cause(err)), nil
	}
	defer lock.Close()
	for {
		locked, err := tryLock(lock)
		if err != nil {
			return s, fmt.Errorf("cannot lock %s: %w", lock.Name(), err), nil
		}
		if locked {
			break
		}
		select {
		case <-ctx.Done():
			return s, nil, errors.New("another status line is polling and has no answer yet")
		case <-time.After(lockRetry):
		}
	}
	if p := lastPoll(dir); p.recent() {
		s, err = p.result()
		return s, nil, err
	}
	if err := ctx.Err(); err != nil {
		return s, nil, fmt.Errorf("not polled: %w", err)
	}
	// One that is killed meanwhile has polled too.
	if unusable := remember(dir, polled{}); unusable != nil {
		return s, unusable, nil
	}
	s, err = poll(ctx)
	p := polled{Snapshot: &s}
	if err != nil {
		p = polled{Failure: err.Error()}
	}
	_ = remember(dir, p) // else the mark stays, and the next poll is in a minute
	return s, nil, err
}

// remember writes down a poll.
func remember(dir *os.Root, p polled) error {
	p.WrittenAt = time.Now()
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return replace(dir, pollName, append(data, '\n'))
}

// lastPoll reads what was written down last; the zero value where that cannot be
// read.
func lastPoll(dir *os.Root) (p polled) {
	data, err := readSome(dir, pollName)
	if err != nil || json.Unmarshal(data, &p) != nil || p.Snapshot != nil && p.Snapshot.Version != model.SnapshotVersion {
		return polled{}
	}
	return p
}

// recent reports whether it is too early for another poll. A local clock that was
// set back does not put polls off for longer than a minute.
func (p polled) recent() bool { return time.Since(p.WrittenAt).Abs() < pollEvery }

// done reports whether the poll has ended.
func (p polled) done() bool { return p.Snapshot != nil || p.Failure != "" }

// result is what the poll brought. Once nobody has the lock, a poll that has not
// ended never will.
func (p polled) result() (model.Snapshot, error) {
	age := max(time.Since(p.WrittenAt), 0)
	switch {
	case p.Snapshot != nil:
		s := *p.Snapshot
		s.At = s.At.Add(age)
		return s, nil
	case p.Failure != "":
		return model.Snapshot{}, fmt.Errorf("%s (%d s ago)", p.Failure, int(age.Seconds()))
	}
	return model.Snapshot{}, fmt.Errorf("a poll was cut off %d s ago", int(age.Seconds()))
}
