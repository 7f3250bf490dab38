package model

import (
	"slices"
	"time"
)

// A Notice is what quotatop itself has to say: a warning, or that the configuration
// was read again or a setting changed. It is kept as an event, so that a replay says it too.
type Notice struct {
	Kind     LogKind `json:"kind"`               // LogWarning, LogReloaded or LogChanged
	Endpoint string  `json:"endpoint,omitempty"` // the endpoint's ID; may be empty
	Text     string  `json:"text"`
}

// notice adds a notice to the log.
func (l *Ledger) notice(n *Notice, at time.Time) {
	endpoint := ownPolls
	for i, e := range l.table.Endpoints {
		if e.ID == n.Endpoint {
			endpoint = i
		}
	}
	l.happened.add(logged{kind: n.Kind, endpoint: endpoint, at: at, last: at, text: n.Text})
}

// logReset notes that a new period of the cap has begun at a time, if it has.
func (l *Ledger) logReset(at time.Time) {
	if e, ok := l.resetBy(at); ok {
		if reached := l.happened.capReached(); reached != nil {
			reached.last = e.at
		}
		l.happened.add(e)
	}
	if next := l.happened.resetAt; next.IsZero() || !at.Before(next) {
		l.happened.resetAt = l.spend.reset(at)
	}
}

// resetBy returns the entry of the reset that was due by a time; false if none was,
// or nothing is known of the cap.
func (l *Ledger) resetBy(at time.Time) (logged, bool) {
	due := l.happened.resetAt
	if due.IsZero() || at.Before(due) {
		return logged{}, false
	}
	c := l.spend.snapshot(due.Add(-1), l.log())
	from, _ := l.spend.period(at)
	return logged{kind: LogReset, endpoint: ownPolls, at: maxTime(from, due), last: at, used: c.Used, limit: c.Limit}, c.Used.Known() || c.Limit.Known()
}

// logCap notes that the cap is reached, or is not any more.
func (l *Ledger) logCap() {
	c := l.spend.snapshot(l.now, l.log())
	open := l.happened.capReached()
	switch reached := c.Pressure(l.now) == Full; {
	case reached && open == nil:
		l.happened.add(logged{kind: LogCap, endpoint: ownPolls, at: l.now, used: c.Used, limit: c.Limit})
	case reached:
		open.used, open.limit = c.Used, c.Limit
	case open != nil:
		open.last = l.now
	}
}

// capReached returns the entry of a cap that is still reached, or nil.
func (g *eventLog) capReached() *logged {
	e := g.newest(func(e *logged) bool { return e.kind == LogCap })
	if e != nil && !e.last.IsZero() {
		return nil
	}
	return e
}

// logAt returns the log of a snapshot, whose other fields are set.
func (l *Ledger) logAt(s *Snapshot) Log {
	out := make(Log, 0, len(l.happened.entries)+2)
	for i := range l.happened.entries {
		out = append(out, l.happened.entries[i].snapshot(s.At, l.table))
	}
	// What only the time tells is noted with the next event.
	if e, ok := l.resetBy(s.At); ok {
		for i := range out {
			if out[i].Kind == LogCap && out[i].On {
				out[i].On, out[i].Until = false, Some(e.at)
			}
		}
		out = append(out, e.snapshot(s.At, l.table))
	}
	for i := range l.sources {
		if src := &l.sources[i]; src.health.Vantage != "" && src.silent(s.At) {
			e := logged{kind: LogSource, endpoint: ownPolls, source: src.name, at: src.good.Add(src.health.staleAfter())}
			out = append(out, e.snapshot(s.At, l.table))
		}
	}
	slices.Reverse(out)
	slices.SortStableFunc(out, func(a, b LogEntry) int { return b.At.Compare(a.At) })
	s.markOn(out)
	return out
}

// snapshot returns an entry at now.
func (e *logged) snapshot(now time.Time, table Table) LogEntry {
	out := LogEntry{
		At: e.at, Kind: e.kind, Denial: e.denial, Status: e.status, Source: e.source,
		Used: e.used, Limit: e.limit, Text: e.text,
	}
	if e.endpoint != ownPolls && (e.kind == LogRefused || e.kind == LogWarning) {
		out.Endpoint = table.Endpoints[e.endpoint].ID
	}
	for _, s := range e.seen {
		out.Count, out.Early = max(out.Count, s.count), max(out.Early, s.early)
	}
	switch e.kind {
	case LogRefused:
		out.Until = Some(e.last)
	case LogCap, LogSource, LogService:
		if out.On = e.last.IsZero(); !out.On {
			out.Until = Some(e.last)
		}
	}
	return out
}

// markOn marks the refusals that go on: those that the snapshot's walls say, so that
// the two agree.
func (s *Snapshot) markOn(log Log) {
	for _, w := range s.Walls {
		if w.Kind != WallRefused {
			continue
		}
		for i := range log { // the newest of them
			e := &log[i]
			if e.Kind == LogRefused && e.Denial == w.Denial && (w.Endpoint == "" || e.Endpoint == w.Endpoint) {
				e.On, e.Until = true, Opt[time.Time]{}
				break
			}
		}
	}
}

func (g *eventLog) serialize(c *codec, endpoints int) {
	list(c, &g.entries, logMemory, func(e *logged) {
		text(c, &e.kind)
		text(c, &e.denial)
		below(c, &e.endpoint, ownPolls, endpoints)
		c.time(&e.at)
		c.time(&e.last)
		c.time(&e.holds)
		number(c, &e.status)
		list(c, &e.seen, maxSeenBy, func(s *seenBy) {
			text(c, &s.source)
			number(c, &s.count)
			number(c, &s.early)
		})
		text(c, &e.source)
		opt(c, &e.used, number)
		opt(c, &e.limit, number)
		text(c, &e.text)
		if c.version > 4 {
			number(c, &e.silent)
		}
	})
	c.time(&g.resetAt)
}
