package model

import (
	"strings"
	"testing"
	"time"
)

// told lists the warnings of a snapshot in short.
func told(w *Watcher, s Snapshot) string {
	var words []string
	s.Walls = WallsOf(&s)
	for _, x := range w.Check(&s) {
		words = append(words, strings.TrimSpace(string(x.Kind)+" "+x.Endpoint))
	}
	return strings.Join(words, ", ")
}

func TestWatcher(t *testing.T) {
	limit := func(sec float64, in Opt[float64], used int) Snapshot {
		return Snapshot{At: at(sec), Endpoints: []EndpointUsage{{ID: "chat", Limits: []LimitUsage{
			{Limit: 200, PerS: 60, Used: Some(used), TimeToLimit: in, AsOf: Some(at(sec))},
		}}}}
	}
	spend := func(sec float64, c Cap) Snapshot { return Snapshot{At: at(sec), Cap: c} }
	refused := func(sec, last float64, kind Kind) Snapshot {
		return Snapshot{At: at(sec), Denials: []DenialGroup{{Kind: kind, Endpoint: "chat", At: at(last)}}}
	}
	old := limit(100, Some(10.0), 190)
	old.Endpoints[0].Limits[0].AsOf = Some(at(20))
	empty := Cap{Limit: usd(50), Used: usd(50), Remaining: usd(0)}
	type step struct {
		s    Snapshot
		want string
	}
	for name, steps := range map[string][]step{
		"a limit comes near":            {{limit(0, Some(90.0), 100), ""}, {limit(1, Some(59.0), 150), "limit chat"}, {limit(2, Some(50.0), 160), ""}},
		"it is met at once":             {{limit(0, Opt[float64]{}, 100), ""}, {limit(1, Opt[float64]{}, 200), "limit chat"}},
		"it flaps":                      {{limit(0, Some(59.0), 150), "limit chat"}, {limit(10, Some(61.0), 150), ""}, {limit(20, Some(59.0), 150), ""}},
		"it stays near":                 {{limit(0, Some(59.0), 150), "limit chat"}, {limit(50, Some(50.0), 150), ""}, {limit(100, Some(50.0), 150), ""}},
		"it was away":                   {{limit(0, Some(59.0), 150), "limit chat"}, {limit(30, Opt[float64]{}, 50), ""}, {limit(61, Some(50.0), 150), "limit chat"}},
		"an old figure":                 {{old, ""}},
		"the cap runs out":              {{spend(0, Cap{Limit: usd(50), Used: usd(41), Remaining: usd(9)}), ""}, {spend(1, Cap{Limit: usd(50), Used: usd(41), Remaining: usd(9), ExhaustsAt: Some(at(900))}), "cap"}, {spend(2, Cap{Limit: usd(50), Used: usd(41), Remaining: usd(9), ExhaustsAt: Some(at(900))}), ""}},
		"and has run out":               {{spend(0, Cap{Limit: usd(50), Used: usd(41), Remaining: usd(9), ExhaustsAt: Some(at(900))}), "cap"}, {spend(1, empty), "cap"}, {spend(2, empty), ""}},
		"no cap at all":                 {{spend(0, Cap{}), ""}, {spend(0, Cap{Limit: usd(0), Used: usd(0), Remaining: usd(0)}), ""}},
		"calls are denied":              {{refused(0, 0, KindRate), "denial chat"}, {refused(5, 4, KindRate), ""}, {refused(6, 6, KindCap), "denial chat"}},
		"again after a while":           {{refused(0, 0, KindRate), "denial chat"}, {refused(50, 1, KindRate), ""}, {refused(62, 62, KindRate), "denial chat"}},
		"denied before we came":         {{refused(100, 0, KindRate), ""}},
		"the same denial does not ring": {{refused(0, 0, KindRate), "denial chat"}, {refused(59, 0, KindRate), ""}, {refused(61, 0, KindRate), ""}},
	} {
		w := &Watcher{Within: time.Minute, Quiet: time.Minute}
		for i, step := range steps {
			if got := told(w, step.s); got != step.want {
				t.Errorf("%s: step %d told %q, want %q", name, i, got, step.want)
			}
		}
	}
}
