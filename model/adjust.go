package model

import "slices"

// adjusted returns the table with the number of calls that each limit allows taken
// from another where both have the limit: one of an endpoint with the same ID, in a
// window of the same length.
func (t Table) adjusted(from Table) Table {
	t.Endpoints = slices.Clone(t.Endpoints) // others share the old ones
	for i := range t.Endpoints {
		e := &t.Endpoints[i]
		at := from.Index(e.ID)
		if at < 0 {
			continue
		}
		e.Limits = slices.Clone(e.Limits)
		for j := range e.Limits {
			for _, limit := range from.Endpoints[at].Limits {
				if limit.Per == e.Limits[j].Per {
					e.Limits[j].Max = limit.Max
				}
			}
		}
	}
	return t
}

// Adjust takes over the cap of opts, and from t the number of calls that each limit
// allows which both tables have: one of an endpoint with the same ID, in a window of
// the same length. It is for a change of the settings during a run; the state that
// AppendState saves stays that of the table at first.
func (l *Ledger) Adjust(t Table, opts LedgerOptions) {
	l.spend.limit = opts.Cap
	l.table = l.table.adjusted(t)
	clear(l.chartCache)
}

// Adjust takes over the same as Ledger.Adjust. The report is then against the new
// limits, but for the time above a limit, which counts the limit of the time.
func (r *Reporter) Adjust(t Table, opts LedgerOptions) {
	r.spend.limit = opts.Cap
	r.table = r.table.adjusted(t)
	for _, tally := range append(slices.Clone(r.local), r.billing, r.unseen) {
		for e := range tally.endpoints {
			for i, m := range tally.endpoints[e].meters {
				m.limit = int64(r.table.Endpoints[e].Limits[i].Max)
			}
		}
	}
	for _, a := range r.fleet.addresses {
		for e := range a.meters {
			for i, m := range a.meters[e] {
				m.limit = int64(r.table.Endpoints[e].Limits[i].Max)
			}
		}
	}
}
