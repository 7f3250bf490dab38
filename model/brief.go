package model

import (
	"errors"
	"fmt"
)

// briefVersion is the version of the bytes that AppendBrief writes. A change to what
// brief writes raises it.
const briefVersion = 2

// ErrBriefVersion is the error of ReadBrief for the bytes of another version of
// quotatop.
var ErrBriefVersion = errors.New("written by another version of quotatop")

// maxBrief bounds each list of a brief.
const maxBrief = 10_000

// AppendBrief appends to dst what a status line needs of the snapshot: the cap, the
// limits, the walls, the sources and the states of a fleet's generators. A status line
// is written every few seconds by a process of its own, and to read JSON would be most
// of what that costs.
func (s *Snapshot) AppendBrief(dst []byte) []byte {
	c := codec{version: briefVersion, buf: append(dst, briefVersion)}
	s.brief(&c)
	return c.buf
}

// AppendUndated appends the brief without the snapshot's time. That time always moves,
// and with it that of all that is known up to now: two snapshots are the same undated
// if nothing else in their briefs has changed.
func (s *Snapshot) AppendUndated(dst []byte) []byte {
	c := codec{version: briefVersion, buf: dst, now: s.At}
	s.brief(&c)
	return c.buf
}

// ReadBrief returns the part of a snapshot that AppendBrief wrote. It returns
// ErrBriefVersion for what another version wrote.
func ReadBrief(data []byte) (Snapshot, error) {
	if len(data) == 0 {
		return Snapshot{}, errTruncated
	}
	if data[0] != briefVersion {
		return Snapshot{}, ErrBriefVersion
	}
	s := Snapshot{Version: SnapshotVersion}
	c := codec{reading: true, version: briefVersion, buf: data[1:]}
	s.brief(&c)
	if c.err == nil && len(c.buf) > 0 {
		c.err = errors.New("there is data after its end")
	}
	if c.err != nil {
		return Snapshot{}, fmt.Errorf("the figures are corrupt: %w", c.err)
	}
	return s, nil
}

// brief writes or reads a snapshot, without what no status line tells.
func (s *Snapshot) brief(c *codec) {
	c.time(&s.At)
	s.Cap.brief(c)
	list(c, &s.Endpoints, maxBrief, func(e *EndpointUsage) {
		text(c, &e.ID)
		list(c, &e.Limits, maxBrief, func(u *LimitUsage) { u.brief(c) })
	})
	list(c, &s.Walls, maxBrief, func(w *Wall) { w.brief(c) })
	list(c, &s.Sources, maxBrief, func(src *Source) {
		text(c, &src.Name)
		text(c, &src.Vantage)
		text(c, &src.State)
		opt(c, &src.AsOf, (*codec).time)
		opt(c, &src.Interval, (*codec).float)
	})
	fleet := s.Fleet != nil
	if c.flag(&fleet); !fleet {
		return
	}
	if c.reading {
		s.Fleet = &Fleet{}
	}
	s.Fleet.brief(c)
}

func (f *Fleet) brief(c *codec) {
	text(c, &f.Run)
	number(c, &f.Unlisted)
	list(c, &f.Generators, maxBrief, func(g *Generator) {
		text(c, &g.State)
		c.flag(&g.Behind)
		number(c, &g.Rejected)
	})
}

func (p *Cap) brief(c *codec) {
	opt(c, &p.Used, number)
	opt(c, &p.Limit, number)
	opt(c, &p.Remaining, number)
	c.flag(&p.Estimated)
	c.time(&p.ResetsAt)
	opt(c, &p.ExhaustsAt, (*codec).time)
	opt(c, &p.AsOf, (*codec).time)
}

func (u *LimitUsage) brief(c *codec) {
	number(c, &u.Limit)
	c.float(&u.PerS)
	opt(c, &u.Used, number)
	opt(c, &u.Rejected, number)
	opt(c, &u.Learned, number)
	c.flag(&u.Inferred)
	c.flag(&u.Estimated)
	c.flag(&u.UpperBound)
	c.flag(&u.LowerBound)
	opt(c, &u.AsOf, (*codec).time)
}

func (w *Wall) brief(c *codec) {
	text(c, &w.Kind)
	below(c, (*int)(&w.Pressure), 0, len(pressureNames))
	text(c, &w.Endpoint)
	number(c, &w.Limit)
	c.float(&w.PerS)
	text(c, &w.Denial)
	text(c, &w.Source)
	opt(c, &w.In, (*codec).float)
	opt(c, &w.Until, (*codec).time)
	opt(c, &w.Used, (*codec).float)
	c.flag(&w.Stale)
}
