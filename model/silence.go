package model

import (
	"fmt"
	"strings"
	"time"
)

// silentNamed is how many silent generators an entry of the log names.
const silentNamed = 3

// logSilence notes in the log that generators are silent, or heard again: one entry
// however many they are.
func (l *Ledger) logSilence(at time.Time) {
	r := &l.fleet
	if at.Before(r.judged.Add(time.Second)) {
		return
	}
	r.judged = at
	var names []string
	n, since := 0, at
	for _, g := range r.generators {
		if !g.live || g.state(at) != GeneratorSilent {
			continue
		}
		n++
		since = minTime(since, g.heard)
		if len(names) < silentNamed {
			names = append(names, g.name)
		}
	}
	e := l.happened.newest(func(e *logged) bool { return e.silent > 0 })
	on := e != nil && e.last.IsZero()
	switch {
	case n == 0 && on:
		e.last = at
	case n == 0:
	case !on && (e == nil || at.Sub(e.last) > logTogether):
		l.happened.add(logged{kind: LogSource, endpoint: ownPolls, at: since})
		e = &l.happened.entries[len(l.happened.entries)-1]
		fallthrough
	default:
		e.last = time.Time{}
		e.nameSilent(n, names)
	}
}

// nameSilent says who is silent, unless the entry tells of more already.
func (e *logged) nameSilent(n int, names []string) {
	switch {
	case n <= e.silent:
	case n == 1:
		e.source = names[0]
	default:
		e.source, e.text = "generators", strings.Join(names, ", ")
		if n > len(names) {
			e.text += fmt.Sprintf(" and %d more", n-len(names))
		}
	}
	e.silent = max(e.silent, n)
}
