package fleet

import (
	"testing"
	"time"
)

// What has come, what is missing, and up to when a generator has reported, after each
// of some steps.
func TestHeard(t *testing.T) {
	start := time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)
	second := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
	type step struct {
		at      int    // seconds
		batch   uint64 // its calls are before second(batch)
		beat    uint64 // the newest batch that it knows of
		fresh   bool
		missing int
		to      int
	}
	for name, steps := range map[string][]step{
		"in order":              {{at: 1, batch: 1, fresh: true, to: 1}, {at: 2, beat: 2, to: 1}, {at: 2, batch: 2, fresh: true, to: 2}, {at: 3, beat: 2, to: 3}, {at: 4, beat: 2, to: 4}},
		"twice":                 {{at: 1, batch: 1, fresh: true, to: 1}, {at: 1, batch: 1, to: 1}, {at: 2, batch: 2, fresh: true, to: 2}, {at: 2, batch: 1, to: 2}},
		"out of order":          {{at: 1, batch: 1, fresh: true, to: 1}, {at: 2, batch: 4, fresh: true, to: 1}, {at: 2, batch: 3, fresh: true, to: 1}, {at: 2, batch: 3, to: 1}, {at: 3, batch: 2, fresh: true, to: 4}},
		"begins in the middle":  {{at: 1, batch: 100, fresh: true, to: 100}, {at: 9, batch: 101, fresh: true, to: 101}, {at: 9, batch: 7, fresh: true, to: 101}, {at: 9, batch: 7, to: 101}},
		"lost":                  {{at: 1, batch: 1, fresh: true, to: 1}, {at: 2, batch: 3, fresh: true, to: 1}, {at: 3, to: 1}, {at: 4, to: 1, missing: 1}, {at: 8, batch: 4, fresh: true, to: 4, missing: 1}, {at: 9, batch: 2, fresh: true, to: 4}},
		"the last ones are due": {{at: 1, batch: 1, fresh: true, to: 1}, {at: 2, beat: 3, to: 1}, {at: 3, to: 1}, {at: 4, to: 1, missing: 2}, {at: 5, batch: 2, fresh: true, to: 2, missing: 1}, {at: 6, batch: 3, fresh: true, to: 3}},
		"the last ones do not come": {
			{at: 1, batch: 1, fresh: true, to: 1}, {at: 2, beat: 2, to: 1}, {at: 4, to: 1, missing: 1}, {at: 5, beat: 2, to: 1, missing: 1}, {at: 7, to: 5, missing: 1}, {at: 9, to: 5, missing: 1},
		},
	} {
		b := &boot{id: "a"}
		for i, s := range steps {
			fresh := false
			switch {
			case s.batch > 0:
				fresh = b.take(s.batch, second(int(s.batch)), second(s.at))
			case s.beat > 0:
				b.hear(s.beat, second(s.at), second(s.at))
			default:
				b.reach(second(s.at))
			}
			if got := b.missing(second(s.at)); fresh != s.fresh || got != s.missing || !b.to.Equal(second(s.to)) {
				t.Errorf("%s, step %d: fresh %v, %d missing, to %s; want %v, %d, %s", name, i, fresh, got, b.to.Sub(start), s.fresh, s.missing, second(s.to).Sub(start))
			}
		}
	}
}

// A generator that was started again is told about by its new process, though batches of
// the old one come later; and two at once under one name are noticed.
func TestTurn(t *testing.T) {
	at := time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)
	g := &generator{}
	first, second := g.boot("1"), g.boot("2")
	speak := func(b *boot, after time.Duration) {
		at = at.Add(after)
		g.turn(b, true, at)
		b.heard = at
	}
	speak(first, 0)
	speak(second, time.Second)
	g.turn(first, false, at)
	if g.current != second || g.twice {
		t.Errorf("current %s, twice %v, want the new process", g.current.id, g.twice)
	}
	speak(first, 0)
	if g.current != second || !g.twice {
		t.Errorf("current %s, twice %v, want both noticed", g.current.id, g.twice)
	}
}
