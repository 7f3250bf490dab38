package model

import (
	"encoding/json"
	"slices"
	"time"
)

// A LogEntry is one thing that happened in a run. What lasts, such as a run of
// refusals, is one entry that changes while it goes on. Its JSON leaves out the
// fields that do not apply.
type LogEntry struct {
	At   time.Time `json:"at"` // when it began
	Kind LogKind   `json:"kind"`
	// Endpoint is the endpoint's ID, of refusals and warnings; empty for what
	// concerns the whole account, and for our own polls.
	Endpoint string `json:"endpoint,omitempty"`
	// Denial, Status, Count and Early are of LogRefused: what refused the calls,
	// the HTTP status, how many there were, and how many of them ignored Retry-After
	// or came after the cap was reached.
	Denial Kind `json:"denial,omitempty"`
	Status int  `json:"status,omitempty"`
	Count  int  `json:"count,omitempty"`
	Early  int  `json:"sent_early,omitempty"`
	// Source is the source or service, of LogSource and LogService.
	Source string `json:"source,omitempty"`
	// Until is when it ended: of LogRefused the last refusal, of LogSource when the
	// source was back, of LogCap when calls could go on. Unknown for what goes on, and
	// for what has no length.
	Until Opt[time.Time] `json:"until,omitzero"`
	// On is set while it goes on.
	On bool `json:"on"`
	// Used and Limit are the cap's figures, of LogCap and LogReset.
	Used  Opt[Micros] `json:"used_usd,omitzero"`
	Limit Opt[Micros] `json:"limit_usd,omitzero"`
	// Text is the message of a refusal, an error or a notice. May be empty.
	Text string `json:"text,omitempty"`
}

// A LogKind is what a LogEntry is about.
type LogKind string

// The kinds of entries.
const (
	LogRefused  LogKind = "refused"  // calls to an endpoint were refused
	LogCap      LogKind = "cap"      // the spending cap was reached
	LogReset    LogKind = "reset"    // a new period of the cap began; Used is what was spent in the old one
	LogSource   LogKind = "source"   // a source was lost
	LogService  LogKind = "service"  // a service failed, see Service
	LogWarning  LogKind = "warning"  // a Warning, or a problem with its command
	LogReloaded LogKind = "reloaded" // the configuration was read again
	LogChanged  LogKind = "changed"  // a setting was changed for the session
)

// A Log is what happened, newest first. Its JSON has the newest 20 entries.
type Log []LogEntry

const logInJSON = 20

// MarshalJSON implements json.Marshaler.
func (l Log) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]LogEntry(l[:min(len(l), logInJSON)]))
}

const (
	// logMemory is how many entries are kept; the oldest goes first.
	logMemory = 300

	// logTogether is how soon after its end something belongs to the same entry when
	// it begins again.
	logTogether = 10 * time.Second

	// maxLogText bounds the bytes of a text.
	maxLogText = 256

	// maxSeenBy bounds the sources that are counted separately in an entry.
	maxSeenBy = 4
)

// An eventLog keeps the entries of a ledger's log, in the order in which they were
// first observed.
type eventLog struct {
	entries []logged
	resetAt time.Time // the next reset of the cap; zero until anything is known
}

// A logged is an entry of the log.
type logged struct {
	kind     LogKind
	denial   Kind
	endpoint int       // its index in the table, or ownPolls
	at, last time.Time // last is the last refusal, or the end; zero while it goes on
	holds    time.Time // refusals up to then are expected
	status   int
	seen     []seenBy // refusals
	source   string
	used     Opt[Micros]
	limit    Opt[Micros]
	text     string
	silent   int // how many generators of a fleet are silent; 0 for what is not about that
}

// A seenBy is the refusals that one source saw. Several may see the same.
type seenBy struct {
	source       string
	count, early int
}

// add adds an entry.
func (g *eventLog) add(e logged) {
	if len(e.text) > maxLogText {
		e.text = e.text[:maxLogText]
	}
	if len(g.entries) == logMemory {
		g.entries = slices.Delete(g.entries, 0, 1)
	}
	g.entries = append(g.entries, e)
}

// newest returns the newest entry that is wanted, or nil.
func (g *eventLog) newest(want func(*logged) bool) *logged {
	for i := len(g.entries) - 1; i >= 0; i-- {
		if want(&g.entries[i]) {
			return &g.entries[i]
		}
	}
	return nil
}

// refused notes a refused call. reset returns the cap's next reset.
func (g *eventLog) refused(key groupKey, d *Denial, at time.Time, reset func(t time.Time) time.Time) {
	e := g.burst(key, at)
	if e == nil {
		g.add(logged{kind: LogRefused, denial: key.kind, endpoint: endpointOf(key), at: at, last: at})
		e = &g.entries[len(g.entries)-1]
	}
	e.at = minTime(e.at, at)
	if !at.Before(e.last) {
		e.last, e.status = at, d.Status
		e.text = d.Detail[:min(len(d.Detail), maxLogText)]
	}
	holds := at.Add(rateHolds)
	switch key.kind {
	case KindCap:
		holds = reset(at).Add(-logTogether)
	case KindCredits, KindCeiling, KindAuth:
		holds = at.Add(personHolds)
	}
	e.holds = maxTime(e.holds, maxTime(holds, at.Add(d.RetryAfter.Or(0))))
	e.seenBy(key.source).count++
}

// endpointOf returns the endpoint that an entry is about: of what the cap refuses
// there is one entry for all.
func endpointOf(key groupKey) int {
	if key.kind == KindCap {
		return ownPolls
	}
	return key.endpoint
}

// burst returns the entry that a refusal at a time belongs to, or nil.
func (g *eventLog) burst(key groupKey, at time.Time) *logged {
	return g.newest(func(e *logged) bool {
		return e.kind == LogRefused && e.denial == key.kind && e.endpoint == endpointOf(key) &&
			!at.After(e.holds.Add(logTogether)) && !at.Before(e.at.Add(-logTogether))
	})
}

// early notes a call that ignored a wait.
func (g *eventLog) early(key groupKey) {
	if e := g.newest(func(e *logged) bool {
		return e.kind == LogRefused && e.denial == key.kind && e.endpoint == endpointOf(key)
	}); e != nil {
		e.seenBy(key.source).early++
	}
}

func (e *logged) seenBy(source string) *seenBy {
	for i := range e.seen {
		if e.seen[i].source == source || i == maxSeenBy-1 {
			return &e.seen[i]
		}
	}
	e.seen = append(e.seen, seenBy{source: source})
	return &e.seen[len(e.seen)-1]
}

// confirmCap turns refusals of unknown reason since a time into the cap's.
func (g *eventLog) confirmCap(since time.Time, reset func(t time.Time) time.Time) {
	kept := g.entries[:0]
	var capped *logged // its entry in kept
	for _, e := range g.entries {
		unknown := e.kind == LogRefused && e.denial == KindUnknown && e.status == 429 && !e.last.Before(since)
		if unknown {
			e.denial, e.endpoint, e.holds = KindCap, ownPolls, reset(e.last).Add(-logTogether)
		}
		if unknown && capped != nil && !e.at.After(capped.holds) {
			capped.at, capped.last = minTime(capped.at, e.at), maxTime(capped.last, e.last)
			for _, s := range e.seen {
				to := capped.seenBy(s.source)
				to.count, to.early = to.count+s.count, to.early+s.early
			}
			continue
		}
		kept = append(kept, e)
		if e.kind == LogRefused && e.denial == KindCap {
			capped = &kept[len(kept)-1]
		}
	}
	clear(g.entries[len(kept):])
	g.entries = kept
}

// health notes that a source is lost or back, by its next health.
func (g *eventLog) health(s *source, next Health, at time.Time) {
	kind := LogSource
	if next.Vantage == "" {
		kind = LogService
	}
	e := g.newest(func(e *logged) bool { return e.kind == kind && e.source == s.name && e.silent == 0 })
	lost := e != nil && e.last.IsZero()
	switch {
	case next.State == StateError && lost:
		e.text = next.Error[:min(len(next.Error), maxLogText)]
	case next.State == StateError && e != nil && at.Sub(e.last) <= logTogether:
		e.last = time.Time{}
	case next.State == StateError:
		g.add(logged{kind: kind, source: s.name, at: at, text: next.Error})
	case next.State == StateOK && lost:
		e.last = at
	case next.State == StateOK && s.silent(at):
		g.add(logged{kind: kind, source: s.name, at: s.good.Add(s.health.staleAfter()), last: at})
	}
}

// silent reports whether a source that polls has not reported for too long at a
// time.
func (s *source) silent(at time.Time) bool {
	return s.health.State == StateOK && s.health.Interval > 0 && !s.good.IsZero() && at.Sub(s.good) > s.health.staleAfter()
}

// resume ends what an earlier run left open at the time at which it ended.
func (g *eventLog) resume(at time.Time) {
	for i := range g.entries {
		if e := &g.entries[i]; e.last.IsZero() && (e.kind == LogSource || e.kind == LogService) {
			e.last = maxTime(at, e.at)
		}
	}
}

// turnBack makes nothing lie ahead of now.
func (g *eventLog) turnBack(now time.Time) {
	for i := range g.entries {
		e := &g.entries[i]
		e.at, e.last = minTime(e.at, now), minTime(e.last, now)
	}
}
