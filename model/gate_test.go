package model

import "testing"

func TestGate(t *testing.T) {
	limit := func(used Opt[int], rejected int) LimitUsage {
		return LimitUsage{Limit: 200, PerS: 60, Used: used, Rejected: Some(rejected)}
	}
	with := func(chat, inference LimitUsage, left Opt[Micros], state State) *Snapshot {
		s := &Snapshot{
			At:        at(100),
			Cap:       Cap{Remaining: left},
			Endpoints: []EndpointUsage{{ID: "chat", Limits: []LimitUsage{chat}}, {ID: "inference", Limits: []LimitUsage{inference}}, {ID: "other"}},
			Sources:   []Source{{Name: SourceBilling, Vantage: VantageAccount, State: state}},
		}
		s.Walls = WallsOf(s)
		return s
	}
	refused := func(s *Snapshot, kind Kind, until float64) *Snapshot {
		s.Denials = []DenialGroup{{Kind: kind, Endpoint: "chat", At: at(99), RetryAt: Some(at(until)), ClearsAt: Some(at(until))}}
		s.Walls = WallsOf(s)
		return s
	}
	old := func(s *Snapshot) *Snapshot {
		s.Endpoints[0].Limits[0].AsOf, s.Cap.AsOf = Some(at(79)), Some(at(-41))
		s.Walls = WallsOf(s)
		return s
	}
	half, none := limit(Some(100), 0), Opt[int]{}
	for name, tt := range map[string]struct {
		gate     Gate
		s        *Snapshot
		want     Verdict
		endpoint string
		ofCap    bool
	}{
		"room":                    {Gate{Headroom: Some(0.2)}, with(half, limit(Some(150), 0), noMoney, StateOK), Open, "inference", false},
		"just enough":             {Gate{Headroom: Some(0.25)}, with(half, limit(Some(150), 0), noMoney, StateOK), Open, "inference", false},
		"just enough, rounded":    {Gate{Headroom: Some(0.2)}, with(half, limit(Some(160), 0), noMoney, StateOK), Open, "inference", false},
		"too little":              {Gate{Headroom: Some(0.3)}, with(half, limit(Some(150), 0), noMoney, StateOK), Shut, "inference", false},
		"too little elsewhere":    {Gate{Headroom: Some(0.3), Endpoint: "chat"}, with(half, limit(Some(150), 0), noMoney, StateOK), Open, "chat", false},
		"rejecting":               {Gate{Headroom: Some(0.01)}, refused(with(limit(Some(100), 3), half, noMoney, StateOK), KindRate, 112), Shut, "chat", false},
		"rejected before":         {Gate{Headroom: Some(0.01)}, refused(with(limit(Some(110), 3), half, noMoney, StateOK), KindRate, 99), Open, "chat", false},
		"the cap refuses all":     {Gate{Headroom: Some(0.01), Endpoint: "inference"}, refused(with(half, half, noMoney, StatePaused), KindCap, 900), Shut, "", true},
		"an old gauge":            {Gate{Headroom: Some(0.01)}, old(with(half, half, noMoney, StateOK)), VerdictUnknown, "chat", false},
		"an old cap":              {Gate{CapLeft: Some(Dollar)}, old(with(half, half, Some(5*Dollar), StateOK)), VerdictUnknown, "", false},
		"over the limit":          {Gate{Headroom: Some(0.0)}, with(limit(Some(210), 0), half, noMoney, StateOK), Open, "chat", false},
		"nothing known":           {Gate{Headroom: Some(0.0)}, with(limit(none, 0), limit(none, 0), noMoney, StateOK), VerdictUnknown, "", false},
		"one known":               {Gate{Headroom: Some(0.2)}, with(limit(none, 0), half, noMoney, StateOK), Open, "inference", false},
		"that one not known":      {Gate{Headroom: Some(0.2), Endpoint: "chat"}, with(limit(none, 0), half, noMoney, StateOK), VerdictUnknown, "", false},
		"cap left":                {Gate{CapLeft: Some(5 * Dollar)}, with(half, half, Some(5*Dollar), StateOK), Open, "", false},
		"cap too low":             {Gate{CapLeft: Some(5 * Dollar)}, with(half, half, Some(5*Dollar-1), StateOK), Shut, "", true},
		"cap not known":           {Gate{CapLeft: Some(5 * Dollar)}, with(half, half, noMoney, StateOK), VerdictUnknown, "", true},
		"headroom before the cap": {Gate{Headroom: Some(0.9), CapLeft: Some(5 * Dollar)}, with(half, half, noMoney, StateOK), Shut, "chat", false},
		"old figures":             {Gate{Headroom: Some(0.2)}, with(half, half, noMoney, StateStale), VerdictUnknown, "chat", false},
		"figures gone":            {Gate{Headroom: Some(0.9)}, with(half, half, noMoney, StateError), VerdictUnknown, "chat", false},
	} {
		j := tt.gate.Judge(tt.s)
		if j.Verdict != tt.want || j.Endpoint != tt.endpoint || j.OfCap != tt.ofCap {
			t.Errorf("%s: verdict %d by %q, of the cap %v; want %d by %q, %v", name, j.Verdict, j.Endpoint, j.OfCap, tt.want, tt.endpoint, tt.ofCap)
		}
	}
}

var noMoney Opt[Micros]
