package statefile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"quotatop/model"
)

// counted returns a poll that counts how often it runs, and brings the count.
func counted(n *atomic.Int32, err error) func(context.Context) (model.Snapshot, error) {
	return func(context.Context) (model.Snapshot, error) {
		s := snapshot(time.Now(), int(n.Add(1)))
		if err != nil {
			return model.Snapshot{}, err
		}
		return s, nil
	}
}

// A bar that is drawn every few seconds polls once a minute.
func TestPoll(t *testing.T) {
	p := fresh(t)
	synctest.Test(t, func(t *testing.T) {
		var polls atomic.Int32
		poll := func(want int) {
			t.Helper()
			s, err := Poll(t.Context(), []Place{p}, account, counted(&polls, nil))
			if err != nil || used(t, s) != want || int(polls.Load()) != want || !s.At.Equal(time.Now()) {
				t.Errorf("got %+v, %v after %d polls, want %d", s, err, polls.Load(), want)
			}
		}
		for range 12 { // the first minute
			poll(1)
			time.Sleep(5 * time.Second)
		}
		poll(2)
		time.Sleep(30 * time.Second)
		if _, ok, err := read(time.Now(), p); ok || err != nil {
			t.Errorf("a poll is taken for a dashboard: %v, %v", ok, err)
		}
		info, err := os.Stat(filepath.Join(p.folder(), pollName))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
		}
		w := open(t, p)
		poll(2) // a dashboard that starts does not sweep it away
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		poll(2)
		put(t, p.folder(), pollName, "{") // half a file
		poll(3)
		put(t, p.folder(), pollName, polled{WrittenAt: time.Now().Add(24 * time.Hour), Failure: "x"}) // the clock was set back
		poll(4)
		put(t, p.folder(), pollName, polled{WrittenAt: time.Now(), Snapshot: &model.Snapshot{Version: 99}})
		poll(5)
	})
}

// One that failed is not tried again at once either, and why it failed is kept.
func TestPollFails(t *testing.T) {
	p := fresh(t)
	synctest.Test(t, func(t *testing.T) {
		var polls atomic.Int32
		for range 6 {
			if _, err := Poll(t.Context(), []Place{p}, account, counted(&polls, errors.New("key refused"))); err == nil || !strings.HasPrefix(err.Error(), "key refused") {
				t.Errorf("got %v", err)
			}
			time.Sleep(5 * time.Second)
		}
		if polls.Load() != 1 {
			t.Errorf("%d polls in half a minute", polls.Load())
		}
	})
}

// Of many that start at the same moment one polls, and all have the result.
func TestPollTogether(t *testing.T) {
	p := fresh(t)
	var polls atomic.Int32
	var group sync.WaitGroup
	begin := make(chan struct{})
	slow := counted(&polls, nil)
	for range 8 {
		group.Go(func() {
			<-begin
			s, err := Poll(t.Context(), []Place{p}, account, func(ctx context.Context) (model.Snapshot, error) {
				time.Sleep(5 * lockRetry) // an answer takes a while
				return slow(ctx)
			})
			if err != nil || len(s.Endpoints) != 1 || used(t, s) != 1 {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
	close(begin)
	group.Wait()
	if polls.Load() != 1 {
		t.Errorf("%d polls", polls.Load())
	}
}

// Nobody waits for an answer for ever, and a poll that was cut off counts.
func TestPollHangs(t *testing.T) {
	p := fresh(t)
	var polls atomic.Int32
	ctx, cancel := context.WithTimeout(t.Context(), 5*lockRetry)
	defer cancel()
	asked, answer := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		_, err := Poll(t.Context(), []Place{p}, account, func(context.Context) (model.Snapshot, error) {
			close(asked)
			<-answer
			return model.Snapshot{}, context.Canceled
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the first got %v", err)
		}
	})
	<-asked
	if _, err := Poll(ctx, []Place{p}, account, counted(&polls, nil)); err == nil || !strings.Contains(err.Error(), "another status line is polling") {
		t.Errorf("the second got %v", err)
	}
	mark, err := os.ReadFile(filepath.Join(p.folder(), pollName))
	if err != nil {
		t.Fatal(err)
	}
	close(answer)
	group.Wait()
	put(t, p.folder(), pollName, string(mark)) // as if it had been killed
	if _, err := Poll(t.Context(), []Place{p}, account, counted(&polls, nil)); err == nil || !strings.Contains(err.Error(), "was cut off") || polls.Load() != 0 {
		t.Errorf("after one was cut off: %v, %d polls", err, polls.Load())
	}
}

// The memory is where the status lines of another environment look, else where it
// can be; and where it cannot be, nothing is polled.
func TestPollPlaces(t *testing.T) {
	own, shared, home := fresh(t), fresh(t), fresh(t)
	own.WellKnown, home.home = false, true
	var polls atomic.Int32
	if _, err := Poll(t.Context(), []Place{own, shared, home}, account, counted(&polls, nil)); err != nil {
		t.Error(err)
	}
	if _, err := Poll(t.Context(), []Place{fresh(t), home}, account, counted(&polls, nil)); err != nil || polls.Load() != 1 {
		t.Errorf("with another environment: %v, %d polls", err, polls.Load())
	}
	broken := known(touch(t, filepath.Join(t.TempDir(), "file")))
	wide := fresh(t)
	mkdir(t, wide.Path, 0o755)
	polls.Store(0)
	for range 2 {
		if _, err := Poll(t.Context(), []Place{own, wide, broken}, account, counted(&polls, nil)); err != nil || polls.Load() != 1 {
			t.Errorf("with one place left: %v, %d polls", err, polls.Load())
		}
	}
	polls.Store(0)
	for range 2 {
		_, err := Poll(t.Context(), []Place{wide, broken}, account, counted(&polls, nil))
		if _, ok := errors.AsType[*NoPlaceError](err); !ok || !strings.Contains(err.Error(), "chmod 700 ") || !strings.Contains(err.Error(), "is not a folder") || strings.Contains(err.Error(), "\n") {
			t.Errorf("with no place left: %v", err)
		}
	}
	if polls.Load() != 0 {
		t.Errorf("%d polls that the next one would not know of", polls.Load())
	}
}
