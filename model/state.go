package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// StateVersion is the version of the bytes of Ledger.AppendState. Whatever
// changes what carry carries raises it. Version 1, which had a place each for
// the tap and the tails and did not say what a source sees, can still be read;
// other versions are refused.
const StateVersion = 2

// stateMagic is what a state begins with; its version, the fingerprint of its
// table and its checksum follow.
const (
	stateMagic  = "quotatop\x00"
	stateHeader = len(stateMagic) + 1 + 4 + 4
)

// What may be wrong with a state as a whole.
var (
	ErrStateVersion = errors.New("the state was saved by another version of quotatop")
	ErrStateTable   = errors.New("the state was saved for other limits")
	errStateBroken  = errors.New("the state is broken")
)

// AppendState appends all that the ledger knows to dst. RestoreLedger reads it.
func (l *Ledger) AppendState(dst []byte) []byte {
	start := len(dst)
	dst = append(append(dst, stateMagic...), StateVersion)
	dst = binary.LittleEndian.AppendUint32(dst, l.table.fingerprint())
	sum := len(dst)
	c := codec{version: StateVersion, buf: append(dst, 0, 0, 0, 0)}
	l.carry(&c)
	binary.LittleEndian.PutUint32(c.buf[sum:], crc32.ChecksumIEEE(c.buf[start+stateHeader:]))
	return c.buf
}

// RestoreLedger makes the ledger that a state was saved from. The limits have
// to be the same ones; the options are not part of the state. The error says
// why the state is of no use; a new ledger is then the way to go on.
func RestoreLedger(t Table, opts LedgerOptions, state []byte) (*Ledger, error) {
	if len(state) < stateHeader || string(state[:len(stateMagic)]) != stateMagic {
		return nil, errStateBroken
	}
	header, body := state[len(stateMagic):stateHeader], state[stateHeader:]
	switch {
	case header[0] < 1 || header[0] > StateVersion:
		return nil, ErrStateVersion
	case binary.LittleEndian.Uint32(header[1:]) != t.fingerprint():
		return nil, ErrStateTable
	case binary.LittleEndian.Uint32(header[5:]) != crc32.ChecksumIEEE(body):
		return nil, errStateBroken
	}
	l := NewLedger(t, opts)
	c := codec{reading: true, version: int(header[0]), buf: body}
	l.carry(&c)
	switch {
	case c.err != nil:
	case len(c.buf) > 0:
		c.err = errors.New("more follows its end")
	case l.billing == nil && !l.horizon.IsZero():
		c.err = errors.New("there is no log that the horizon belongs to")
	}
	if c.err != nil {
		return nil, fmt.Errorf("%w: %w", errStateBroken, c.err)
	}
	return l, nil
}

// fingerprint is a number that tables with other limits or paths do not have.
func (t Table) fingerprint() uint32 {
	sum := crc32.NewIEEE()
	for _, e := range t.Endpoints {
		fmt.Fprintf(sum, "%q %q %d %q %v\n", e.ID, e.Scope, e.Covers, e.Paths, e.Limits)
	}
	return sum.Sum32()
}

// carry names each field of the ledger once, in the order of its bytes. What
// follows from the table and the options is left out.
func (l *Ledger) carry(c *codec) {
	c.lane(&l.billing, func() *lane { return newBillingLane(l.table, l.spans) })
	if l.billing != nil {
		c.window(l.spend.cost)
	}
	l.carryLocal(c)
	c.lane(&l.polls, func() *lane { return newLane("", l.table, l.spans) })
	c.time(&l.horizon)
	c.time(&l.now)
	for _, lessons := range l.lessons {
		for i := range lessons {
			c.time(&lessons[i].at)
			number(c, &lessons[i].named)
		}
	}
	l.doubles.carry(c)
	l.sampling.carry(c, len(l.table.Endpoints))
	l.spend.carry(c)
	l.alerts.carry(c, len(l.table.Endpoints))
	list(c, &l.sources, maxSources, func(s *source) { s.carry(c) })
	number(c, &l.offset)
	c.time(&l.modelPeriod.from)
	c.time(&l.modelPeriod.to)
	c.time(&l.known.from)
	c.time(&l.known.to)
	if c.version == 1 {
		var known time.Time
		c.time(&known)
		for _, lane := range l.local {
			if !lane.live {
				lane.known = known
			}
		}
	}
}

// carryLocal carries the lanes of the local sources.
func (l *Ledger) carryLocal(c *codec) {
	if c.version == 1 {
		for _, name := range []string{SourceTap, SourceTail} {
			var p *lane
			if c.lane(&p, func() *lane { return newLane(name, l.table, l.spans) }); p != nil {
				_, p.live = SourceVantage(name)
				l.local = append(l.local, p)
			}
		}
		return
	}
	list(c, &l.local, maxLocalLanes, func(p **lane) {
		if *p == nil {
			*p = newLane("", l.table, l.spans)
		}
		(*p).carry(c)
	})
}

// lane carries a lane, which may not have begun.
func (c *codec) lane(p **lane, begin func() *lane) {
	there := *p != nil
	if c.flag(&there); !there {
		return
	}
	if *p == nil {
		*p = begin()
	}
	(*p).carry(c)
}

func (l *lane) carry(c *codec) {
	if c.version > 1 {
		text(c, &l.name)
		c.flag(&l.live)
		c.time(&l.known)
	}
	c.time(&l.since)
	c.time(&l.oldest)
	for e := range l.charts {
		for i := range l.charts[e] {
			l.charts[e][i].carry(c)
		}
		list(c, (*[]ModelUsage)(&l.models[e]), maxModels+1, func(u *ModelUsage) { u.carry(c) })
	}
	for _, spans := range l.tallies {
		for _, y := range spans {
			c.window(y.accepted)
			c.window(y.rejected)
			y.history.carry(c)
		}
	}
	for _, w := range l.paths {
		c.window(w)
	}
	for _, w := range l.rows {
		c.window(w)
	}
}

func (t chartTally) carry(c *codec) {
	c.window(t.accepted)
	c.window(t.rejected)
}

func (u *ModelUsage) carry(c *codec) {
	text(c, &u.Model)
	number(c, &u.Requests)
	number(c, &u.Tokens)
	number(c, &u.Cost)
	c.flag(&u.Estimated)
}

func (p *pairing) carry(c *codec) {
	for i := range p.waiting {
		h := &p.waiting[i]
		if text(c, &h.path); h.path == "" {
			continue // a free place
		}
		c.time(&h.at)
		c.flag(&h.alias)
		c.flag(&h.held)
		number(c, &h.tokens)
		number(c, &h.cost)
		text(c, &h.model)
		if c.reading {
			p.mark(i, markOf(h.tokens, h.cost))
		}
	}
	below(c, &p.next, 0, pairMemory)
	number(c, &p.compat)
	number(c, &p.paired)
}

func (s *sampling) carry(c *codec, endpoints int) {
	list(c, &s.intervals, sampleMemory, func(x *sampled) {
		c.time(&x.from)
		c.time(&x.to)
		number(c, &x.total)
		number(c, &x.margin)
		number(c, &x.read)
		list(c, &x.hits, endpoints, func(f *float64) { c.float(f) })
		if len(x.hits) != endpoints {
			c.fail(errCut)
		}
	})
	below(c, &s.next, 0, sampleMemory)
}

func (s *spend) carry(c *codec) {
	a := &s.account
	text(c, &a.Plan)
	text(c, &a.Team)
	opt(c, &a.Used, number)
	opt(c, &a.Limit, number)
	c.time(&a.ResetsAt)
	text(c, &a.Period)
	text(c, &a.ResetSource)
	c.time(&s.as)
	list(c, &s.figures, spendMemory, func(f *figure) {
		c.time(&f.at)
		number(c, &f.used)
	})
	number(c, &s.rows)
	c.time(&s.rowsEnd)
	c.flag(&s.estimated)
}

func (a *alerts) carry(c *codec, endpoints int) {
	list(c, &a.groups, alertMemory, func(p **group) {
		if *p == nil {
			*p = newGroup(groupKey{})
		}
		(*p).carry(c, endpoints)
	})
}

func (g *group) carry(c *codec, endpoints int) {
	text(c, &g.key.kind)
	below(c, &g.key.endpoint, ownPolls, endpoints)
	text(c, &g.key.reason)
	text(c, &g.key.source)
	g.last.carry(c)
	c.time(&g.first)
	c.time(&g.at)
	number(c, &g.count)
	c.window(g.minute)
	c.time(&g.retryAt)
	c.time(&g.told)
	number(c, &g.early)
}

func (d *Denial) carry(c *codec) {
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

func (s *source) carry(c *codec) {
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
	c.time(&s.good)
	c.window(s.polls)
}
