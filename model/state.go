package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// StateVersion is the version of the bytes that Ledger.AppendState writes. A
// change to what serialize writes raises it.
//
// RestoreLedger also reads version 4, which had no fleet and no calls by second that were
// denied, version 3, which had no spend curve and did not say whether
// the local clock was set, version 2, which had no log, and version 1, which had one
// stream each for the tap and the tails, no vantages and no interval of the account, and
// kept less of the last denials. It refuses other versions.
const StateVersion = 5

// A state begins with stateMagic, its version, the fingerprint of its table and
// its checksum.
const (
	stateMagic  = "quotatop\x00"
	stateHeader = len(stateMagic) + 1 + 4 + 4
)

// Errors of RestoreLedger.
var (
	ErrStateVersion = errors.New("the state was saved by another version of quotatop")
	ErrStateTable   = errors.New("the state was saved for other limits")
	errStateCorrupt = errors.New("the state is corrupt")
)

// AppendState appends the state of the ledger to dst, for RestoreLedger.
func (l *Ledger) AppendState(dst []byte) []byte {
	l.flush()
	start := len(dst)
	dst = append(append(dst, stateMagic...), StateVersion)
	dst = binary.LittleEndian.AppendUint32(dst, l.saved)
	sum := len(dst)
	c := codec{version: StateVersion, buf: append(dst, 0, 0, 0, 0)}
	l.serialize(&c)
	binary.LittleEndian.PutUint32(c.buf[sum:], crc32.ChecksumIEEE(c.buf[start+stateHeader:]))
	return c.buf
}

// RestoreLedger returns the ledger that AppendState saved. The limits must be the
// same; the options are not part of the state. It returns ErrStateVersion or
// ErrStateTable for a state that does not fit, and another error for one that is
// corrupt: start with a new ledger then.
func RestoreLedger(t Table, opts LedgerOptions, state []byte) (*Ledger, error) {
	if len(state) < stateHeader || string(state[:len(stateMagic)]) != stateMagic {
		return nil, errStateCorrupt
	}
	header, body := state[len(stateMagic):stateHeader], state[stateHeader:]
	switch {
	case header[0] < 1 || header[0] > StateVersion:
		return nil, ErrStateVersion
	case binary.LittleEndian.Uint32(header[1:]) != t.fingerprint():
		return nil, ErrStateTable
	case binary.LittleEndian.Uint32(header[5:]) != crc32.ChecksumIEEE(body):
		return nil, errStateCorrupt
	}
	l := NewLedger(t, opts)
	c := codec{reading: true, version: int(header[0]), buf: body}
	l.serialize(&c)
	switch {
	case c.err != nil:
	case len(c.buf) > 0:
		c.err = errors.New("there is data after its end")
	case l.billing == nil && !l.horizon.IsZero():
		c.err = errors.New("there is a horizon without a billing log")
	}
	if c.err != nil {
		return nil, fmt.Errorf("%w: %w", errStateCorrupt, c.err)
	}
	return l, nil
}

// fingerprint returns a checksum of the limits and paths of the table.
func (t Table) fingerprint() uint32 {
	sum := crc32.NewIEEE()
	for _, e := range t.Endpoints {
		fmt.Fprintf(sum, "%q %q %d %q %v\n", e.ID, e.Scope, e.Covers, e.Paths, e.Limits)
	}
	return sum.Sum32()
}

// serialize writes or reads each field of the ledger, in the order of its bytes.
// It leaves out what follows from the table and the options.
func (l *Ledger) serialize(c *codec) {
	c.stream(&l.billing, func() *stream { return newBillingStream(l.table, l.spans) })
	if l.billing != nil {
		c.window(l.spend.cost)
	}
	l.serializeLocal(c)
	c.stream(&l.polls, func() *stream { return newStream("", l.table, l.spans) })
	c.time(&l.horizon)
	c.time(&l.now)
	for e, lastDenials := range l.lastDenials {
		for i := range lastDenials {
			lastDenials[i].serialize(c)
		}
		if c.version > 1 {
			l.full[e].serialize(c)
		}
	}
	l.doubles.serialize(c)
	l.sampling.serialize(c, len(l.table.Endpoints))
	l.spend.serialize(c)
	l.alerts.serialize(c, len(l.table.Endpoints))
	list(c, &l.sources, maxSources, func(s *source) { s.serialize(c) })
	number(c, &l.offset)
	if c.version > 3 {
		number(c, &l.step)
		c.time(&l.moved)
	}
	c.time(&l.modelPeriod.from)
	c.time(&l.modelPeriod.to)
	c.time(&l.replayed.from)
	c.time(&l.replayed.to)
	if c.version > 2 {
		l.happened.serialize(c, len(l.table.Endpoints))
	}
	if c.version > 3 {
		l.spent.serialize(c)
	}
	if c.version > 4 {
		l.serializeFleet(c)
	}
	if c.version == 1 {
		var replayedTo time.Time
		c.time(&replayedTo)
		for _, stream := range l.local {
			if !stream.live {
				stream.replayedTo = replayedTo
			}
		}
		if l.billing != nil && l.horizon.After(l.billing.since) {
			l.billing.watched.add(l.billing.since, l.horizon)
		}
		l.settleAll()
	}
}

// serializeLocal writes or reads the streams of the local sources.
func (l *Ledger) serializeLocal(c *codec) {
	if c.version == 1 {
		for _, name := range []string{SourceTap, SourceTail} {
			var p *stream
			if c.stream(&p, func() *stream { return newStream(name, l.table, l.spans) }); p != nil {
				_, p.live = SourceVantage(name)
				l.local = append(l.local, p)
			}
		}
		return
	}
	list(c, &l.local, maxLocalStreams+1, func(p **stream) {
		if *p == nil {
			*p = newStream("", l.table, l.spans)
		}
		(*p).serialize(c)
	})
}

// stream writes or reads a stream, which may be nil; newStream makes it.
func (c *codec) stream(p **stream, newStream func() *stream) {
	present := *p != nil
	if c.flag(&present); !present {
		return
	}
	if *p == nil {
		*p = newStream()
	}
	(*p).serialize(c)
}

func (l *stream) serialize(c *codec) {
	if c.version > 1 {
		text(c, &l.name)
		c.flag(&l.live)
		c.time(&l.replayedTo)
	}
	c.time(&l.since)
	c.time(&l.oldest)
	if c.version > 1 {
		c.coverage(&l.watched)
	}
	for e := range l.charts {
		for i := range l.charts[e] {
			l.charts[e][i].serialize(c)
		}
		list(c, (*[]ModelUsage)(&l.models[e]), maxModels+1, func(u *ModelUsage) { u.serialize(c) })
	}
	for _, spans := range l.tallies {
		for _, y := range spans {
			c.windows(y.accepted.Window, y.accepted.tail, y.rejected.Window, y.rejected.tail)
			y.history.serialize(c)
		}
	}
	c.windows(l.paths...)
	c.windows(l.rows...)
	if c.version > 4 {
		c.windows(l.denied...)
		return
	}
	for e, w := range l.denied { // as far as the charts say
		l.charts[e][0].rejected.each(func(at time.Time, n int) { w.Add(at, n) })
	}
}

// windows writes or reads windows. Those that are nil are left out: the table says which.
func (c *codec) windows(all ...*Window) {
	for _, w := range all {
		if w != nil {
			c.window(w)
		}
	}
}

// coverage writes or reads the periods of a coverage.
func (c *codec) coverage(p *coverage) {
	list(c, (*[]period)(p), maxCoverage, func(p *period) {
		c.time(&p.from)
		c.time(&p.to)
	})
}

func (t *fullTally) serialize(c *codec) {
	c.windows(t.history...)
	c.windows(t.charts...)
}

func (t chartTally) serialize(c *codec) {
	c.window(t.accepted)
	c.window(t.rejected)
}

func (u *ModelUsage) serialize(c *codec) {
	text(c, &u.Model)
	number(c, &u.Requests)
	number(c, &u.Tokens)
	number(c, &u.Cost)
	c.flag(&u.Estimated)
}

func (p *pairing) serialize(c *codec) {
	for i := range p.waiting {
		h := &p.waiting[i]
		if text(c, &h.path); h.path == "" {
			continue // an empty slot
		}
		c.time(&h.at)
		c.flag(&h.alias)
		c.flag(&h.held)
		number(c, &h.tokens)
		number(c, &h.cost)
		text(c, &h.model)
		if c.reading {
			p.add(i, rowHash(h.tokens, h.cost))
		}
	}
	below(c, &p.next, 0, pairMemory)
	number(c, &p.aliases)
	number(c, &p.paired)
}

func (s *sampling) serialize(c *codec, endpoints int) {
	list(c, &s.intervals, sampleMemory, func(x *sampled) {
		c.time(&x.from)
		c.time(&x.to)
		number(c, &x.total)
		number(c, &x.margin)
		number(c, &x.read)
		list(c, &x.hits, endpoints, func(f *float64) { c.float(f) })
		if len(x.hits) != endpoints {
			c.fail(errTruncated)
		}
	})
	below(c, &s.next, 0, sampleMemory)
}

func (d *lastDenial) serialize(c *codec) {
	c.time(&d.at)
	number(c, &d.named)
	if c.version == 1 {
		d.explained = true // not known; settle asks for it
		return
	}
	c.flag(&d.explained)
	c.time(&d.until)
	c.time(&d.accepted)
	c.flag(&d.settled)
	number(c, &d.learned)
}

func (s *spend) serialize(c *codec) {
	a := &s.account
	text(c, &a.Plan)
	text(c, &a.Team)
	opt(c, &a.Used, number)
	opt(c, &a.Limit, number)
	c.time(&a.ResetsAt)
	text(c, &a.Period)
	text(c, &a.ResetSource)
	if c.version > 1 {
		number(c, &a.Interval)
	}
	c.time(&s.asOf)
	list(c, &s.figures, spendMemory, func(f *figure) {
		c.time(&f.at)
		number(c, &f.used)
	})
	number(c, &s.rows)
	c.time(&s.rowsEnd)
	c.flag(&s.estimated)
	if c.version > 1 {
		number(c, &s.since)
		c.flag(&s.sinceSampled)
		c.time(&s.denied)
		c.time(&s.leftAt)
		c.time(&s.fullAt)
	}
}

func (a *alerts) serialize(c *codec, endpoints int) {
	list(c, &a.groups, alertMemory, func(p **group) {
		if *p == nil {
			*p = newGroup(groupKey{})
		}
		(*p).serialize(c, endpoints)
	})
}

func (g *group) serialize(c *codec, endpoints int) {
	text(c, &g.key.kind)
	below(c, &g.key.endpoint, ownPolls, endpoints)
	text(c, &g.key.reason)
	text(c, &g.key.source)
	g.last.serialize(c)
	c.time(&g.first)
	c.time(&g.at)
	number(c, &g.count)
	c.window(g.minute)
	c.time(&g.retryAt)
	c.time(&g.waitFrom)
	number(c, &g.early)
	if c.version > 4 {
		list(c, &g.by, maxGroupGenerators, func(n *GeneratorDenials) {
			text(c, &n.Name)
			number(c, &n.Count)
			number(c, &n.Early)
		})
	}
}

func (d *Denial) serialize(c *codec) {
	text(c, &d.Kind)
	number(c, &d.Status)
	opt(c, &d.RetryAfter, number)
	text(c, &d.Reason)
	text(c, &d.Detail)
	text(c, &d.Headers)
	text(c, &d.URL)
	number(c, &d.Limit.Max)
	number(c, &d.Limit.Per)
}

func (s *source) serialize(c *codec) {
	if s.polls == nil {
		s.polls = newPollWindow()
	}
	text(c, &s.name)
	h := &s.health
	if c.version == 1 {
		h.Vantage, h.Live = SourceVantage(s.name)
	} else {
		text(c, &h.Vantage)
		c.flag(&h.Live)
	}
	text(c, &h.State)
	text(c, &h.Error)
	text(c, &h.Note)
	c.time(&h.RetryAt)
	number(c, &h.Interval)
	number(c, &h.BudgetMinute)
	number(c, &h.BudgetHour)
	number(c, &h.ClockOffset)
	if c.version > 3 {
		number(c, &h.ClockStep)
	}
	if c.version > 4 {
		c.time(&h.Since)
	}
	c.time(&s.good)
	c.window(s.polls)
}
