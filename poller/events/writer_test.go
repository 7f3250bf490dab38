package events

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A sink keeps what is written to it, as far as there is room.
type sink struct {
	writes  []string
	room    int            // bytes
	stalled chan struct{}  // if not nil, Write waits until it is closed
	during  func(p []byte) // if not nil, called by Write
	closed  bool
}

func (s *sink) Write(p []byte) (int, error) {
	if s.stalled != nil {
		<-s.stalled
	}
	if s.during != nil {
		s.during(p)
	}
	n := min(len(p), s.room)
	s.room -= n
	s.writes = append(s.writes, string(p[:n]))
	if n < len(p) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func (s *sink) Close() error { s.closed = true; return nil }

// A sink that stalls costs events, not memory, and nobody waits for it.
func TestWriterIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{room: 1 << 30, stalled: make(chan struct{})}
		w := NewWriter("test", s, time.Second, nil)
		taken, dropped := 0, 0
		for range 4 * maxPending / 256 {
			if w.Observe(call("/" + strings.Repeat("x", 200))) {
				taken++
			} else {
				dropped++
			}
		}
		if w.held > maxPending+1000 || dropped == 0 {
			t.Errorf("%d bytes pending and %d events dropped, want a bound", w.held, dropped)
		}
		if w.Line([]byte("x\n")) || w.Then(0, func() error { return nil }) {
			t.Error("lines and steps are taken in beyond the bound")
		}
		close(s.stalled)
		if err := w.Close(); err == nil || err.Error() != fmt.Sprintf("test: %d events dropped: disk too slow", dropped) {
			t.Errorf("Close: %v, want that %d were dropped", err, dropped)
		}
		if got := strings.Count(strings.Join(s.writes, ""), "\n"); got != taken {
			t.Errorf("%d lines were written of the %d taken in", got, taken)
		}
	})
}

// What a step holds counts too.
func TestWriterBoundsSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWriter("test", &sink{room: 1 << 30}, time.Second, nil)
		done := 0
		for range 10 {
			w.Then(maxPending/4, func() error { done++; return nil })
		}
		if err := w.Close(); done != 5 || err != nil {
			t.Errorf("%d steps, %v, want 5", done, err)
		}
	})
}

// Steps are done between the lines before and after them, soon, and do not wait
// for the next flush; an event does.
func TestWriterSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{room: 1 << 30}
		w := NewWriter("test", s, time.Minute, nil)
		step := func(text string) { w.Then(0, func() error { s.writes = append(s.writes, text); return nil }) }
		w.Line([]byte("a\n"))
		w.Line([]byte("b\n"))
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if len(s.writes) != 0 {
			t.Errorf("%q was written at once", s.writes)
		}
		step("first")
		step("second")
		w.Line([]byte("c\n"))
		synctest.Wait()
		if err := w.Close(); err != nil || !s.closed {
			t.Errorf("Close: %v; is the sink closed: %v", err, s.closed)
		}
		if got, want := strings.Join(s.writes, ","), "a\nb\n,first,second,c\n"; got != want {
			t.Errorf("written %q, want %q", got, want)
		}
		if w.Line([]byte("d\n")) || w.Then(0, func() error { return nil }) {
			t.Error("something is taken in after Close")
		}
	})
}

// Each change is reported: that the sink fails, and that it works again. Events
// whose lines were written in full are not counted as dropped, steps are done
// all the same, and their errors are reported as well.
func TestWriterRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reports []string
		s := &sink{room: len(Append(nil, call("/inference"))) + 10}
		w := NewWriter("test", s, time.Second, func(err error) { reports = append(reports, fmt.Sprint(err)) })
		steps := 0
		var wrong error
		for second := range 8 {
			switch second {
			case 4:
				s.room = 1 << 20
			case 6:
				wrong = errors.New("wrong")
			}
			w.Observe(call("/inference"))
			w.Observe(call("/inference"))
			w.Then(0, func() error { steps++; return wrong })
			time.Sleep(2 * time.Second)
			synctest.Wait()
		}
		err := w.Close()
		if got, want := strings.Join(reports, ","), "test: no space left on device,<nil>,test: wrong"; got != want {
			t.Errorf("reports %q, want %q", got, want)
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), "test: 7 events dropped: ") || steps != 8 {
			t.Errorf("Close: %v after %d steps, want 7 events dropped and 8 steps", err, steps)
		}
	})
}

// What comes while a batch is written does not touch it, whether or not there
// was nothing to write the last time.
func TestWriterKeepsBatchesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{room: 1 << 20}
		w := NewWriter("test", s, time.Second, nil)
		s.during = func(p []byte) {
			if p[0] == 'b' {
				w.Line([]byte("c\n"))
			}
		}
		for range 4 {
			w.Then(0, func() error { return nil })
			w.Line([]byte("a\n")) // wakes the Writer again, for nothing
			time.Sleep(2 * time.Second)
			w.Line([]byte("b\n"))
			time.Sleep(3 * time.Second)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if got, want := strings.Join(s.writes, ""), strings.Repeat("a\nb\nc\n", 4); got != want {
			t.Errorf("written %q, want %q", got, want)
		}
	})
}
