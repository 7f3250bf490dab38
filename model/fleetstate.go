package model

import "slices"

// serializeFleet writes or reads what is known of a fleet.
func (l *Ledger) serializeFleet(c *codec) {
	r := &l.fleet
	text(c, &r.run)
	text(c, &r.place)
	c.coverage(&r.lost)
	c.time(&r.replayedTo)
	c.time(&r.judged)
	list(c, &r.unlisted, maxUnlisted, func(u *unlisted) {
		text(c, &u.name)
		c.time(&u.heard)
	})
	list(c, &r.egresses, maxEgresses, func(p **egress) {
		if *p == nil {
			*p = newEgress("", l.table, l.spans)
		}
		(*p).serialize(c)
	})
	list(c, &r.generators, maxGenerators, func(p **generator) {
		if *p == nil {
			*p = &generator{endpoints: make([]*generatorTally, len(l.table.Endpoints))}
		}
		(*p).serialize(c)
		address := slices.Index(r.egresses, (*p).address)
		if below(c, &address, -1, len(r.egresses)); address >= 0 {
			(*p).address = r.egresses[address]
		}
	})
	if !c.reading {
		return
	}
	r.byName = make(map[string]*generator, len(r.generators))
	for _, g := range r.generators {
		r.byName[g.name] = g
	}
	l.findOwn()
}

func (g *generator) serialize(c *codec) {
	text(c, &g.name)
	text(c, &g.version)
	text(c, &g.boot)
	text(c, &g.egress)
	c.flag(&g.assumed)
	c.time(&g.heard)
	c.time(&g.to)
	c.flag(&g.ended)
	c.flag(&g.live)
	number(c, &g.clockOffset)
	number(c, &g.clockError)
	number(c, &g.boots)
	number(c, &g.early)
	number(c, &g.missing)
	number(c, &g.dropped)
	number(c, &g.missingBefore)
	number(c, &g.droppedBefore)
	c.coverage(&g.gaps)
	number(c, &g.counted)
	c.time(&g.replayedTo)
	number(c, &g.replayed)
	for e := range g.endpoints {
		called := g.endpoints[e] != nil
		if c.flag(&called); called {
			g.tally(e).serialize(c)
		}
	}
}

func (t *generatorTally) serialize(c *codec) {
	c.windows(t.accepted, t.rejected)
	t.early.serialize(c)
}

func (d *earlyCalls) serialize(c *codec) {
	c.time(&d.from)
	c.time(&d.until)
	c.time(&d.capFrom)
	c.time(&d.capUntil)
	number(c, &d.count)
}
