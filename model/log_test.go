package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// logLines returns the log, oldest first, in short lines.
func logLines(s Snapshot) []string {
	var out []string
	for _, e := range slices.Backward(s.Log) {
		line := fmt.Sprintf("%g %s", e.At.Sub(t0).Seconds(), e.Kind)
		for _, text := range []string{e.Endpoint, string(e.Denial), e.Source, e.Text} {
			if text != "" {
				line += " " + text
			}
		}
		if e.Count > 0 {
			line += fmt.Sprintf(" %d", e.Count)
		}
		if e.Early > 0 {
			line += fmt.Sprintf(" early %d", e.Early)
		}
		if used, ok := e.Used.Get(); ok {
			line += fmt.Sprintf(" $%d", used/Dollar)
		}
		if until, ok := e.Until.Get(); ok {
			line += fmt.Sprintf(" until %g", until.Sub(t0).Seconds())
		}
		if e.On {
			line += " on"
		}
		out = append(out, line)
	}
	return out
}

func health(second float64, source string, h Health) Event {
	h.Vantage, h.Live = SourceVantage(source)
	if source == SourceBilling {
		h.Interval = 10 * time.Second
	}
	return Event{At: at(second), Source: source, Health: &h}
}

func spent(second float64, used Micros) Event {
	return Event{At: at(second), Source: SourceBilling, Account: &Account{Used: Some(used * Dollar), Limit: Some(50 * Dollar)}}
}

func TestLog(t *testing.T) {
	midnight := t0.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(t0).Seconds()
	capped := Denial{Kind: KindCap}
	for _, tt := range []struct {
		name   string
		events []Event
		at     float64
		want   []string
	}{
		{"refusals that go on", one(denied(10, SourceTap, chatPath, rate(20*time.Second)), denied(12, SourceTap, chatPath, rate(18*time.Second))), 20,
			[]string{"10 refused chat rate 2 early 1 on"}},
		{"and end", one(denied(10, SourceTap, chatPath, rate(20*time.Second)), denied(12, SourceTap, chatPath, rate(18*time.Second))), 31,
			[]string{"10 refused chat rate 2 early 1 until 12"}},
		{"that ignored Retry-After", one(denied(10, SourceTap, chatPath, rate(20*time.Second)), call(15, SourceTap, chatPath), call(16, SourceTap, chatPath)), 40,
			[]string{"10 refused chat rate 1 early 2 until 10"}},
		{"after a pause are others", one(denied(10, SourceTap, chatPath, rate(20*time.Second)), denied(41, SourceTap, chatPath, rate(5*time.Second))), 60,
			[]string{"10 refused chat rate 1 until 10", "41 refused chat rate 1 until 41"}},
		{"seen twice count once", one(denied(10, SourceTap, chatPath, rate(2*time.Second)), denied(10.1, SourceTail, chatPath, rate(2*time.Second)), denied(11, SourceTap, chatPath, rate(2*time.Second))), 40,
			[]string{"10 refused chat rate 2 until 11"}},
		{"of two endpoints", one(denied(10, SourceTap, chatPath, waiting), denied(11, SourceTap, "/inference", waiting)), 12,
			[]string{"10 refused chat rate 1 on", "11 refused inference rate 1 on"}},
		{"late ones", one(denied(10, SourceTail, chatPath, rate(time.Second)), denied(8, SourceTail, chatPath, rate(time.Second))), 40,
			[]string{"8 refused chat rate 2 until 10"}},
		{"own polls", one(denied(10, SourceBilling, "/billing/plan-info", Denial{Kind: KindAuth, Detail: "Invalid API key"})), 90,
			[]string{"10 refused auth Invalid API key 1 until 10"}},

		{"the cap, by its denials", one(spent(1, 49), denied(10, SourceTap, chatPath, capped), denied(400, SourceTap, "/inference", capped)), 410,
			[]string{"10 refused cap 2 on", "10 cap $50 on"}},
		{"the cap, by its figures", one(spent(1, 49), spent(10, 50), spent(20, 51)), 30,
			[]string{"10 cap $51 on"}},
		{"a cap that was raised", one(spent(1, 50), spent(20, 40)), 30,
			[]string{"1 cap $50 until 20"}},
		{"a status that turns out to be the cap's", one(spent(1, 49), denied(10, SourceTail, chatPath, Denial{Kind: KindUnknown}), spent(20, 50)), 30,
			[]string{"10 refused cap 1 on", "20 cap $50 on"}},
		{"the reset that only the time tells", one(spent(1, 50)), midnight + 1,
			[]string{"1 cap $50 until " + fmt.Sprint(midnight), fmt.Sprint(midnight) + " reset $50"}},
		{"the reset, with the next poll", one(spent(1, 50), spent(midnight+5, 0)), midnight + 9,
			[]string{"1 cap $50 until " + fmt.Sprint(midnight), fmt.Sprint(midnight) + " reset $50"}},

		{"a source that is lost", one(healthy(1, SourceBilling), health(10, SourceBilling, Health{State: StateError, Error: "no route"}), health(20, SourceBilling, Health{State: StateError, Error: "timeout"})), 25,
			[]string{"10 source billing timeout on"}},
		{"and back", one(healthy(1, SourceBilling), health(10, SourceBilling, Health{State: StateError, Error: "timeout"}), healthy(30, SourceBilling)), 35,
			[]string{"10 source billing timeout until 30"}},
		{"and lost again at once", one(healthy(1, SourceTap), health(10, SourceTap, Health{State: StateError, Error: "x"}), healthy(11, SourceTap), health(12, SourceTap, Health{State: StateError, Error: "y"})), 35,
			[]string{"10 source tap x on"}},
		{"a source that is silent", one(healthy(1, SourceBilling)), 42, []string{"41 source billing on"}},
		{"and speaks again", one(healthy(1, SourceBilling), healthy(60, SourceBilling)), 62, []string{"41 source billing until 60"}},
		{"a service", one(Event{At: at(3), Source: "journal", Health: &Health{State: StateError, Error: "disk full"}}), 5, []string{"3 service journal disk full on"}},

		{"notices", one(Event{At: at(3), Source: "warn", Notice: &Notice{Kind: LogWarning, Endpoint: "chat", Text: "chat: 92%"}}, Event{At: at(4), Source: "config", Notice: &Notice{Kind: LogReloaded}}), 5,
			[]string{"3 warning chat chat: 92%", "4 reloaded"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newTestLedger(t, tt.events)
			got := logLines(l.Snapshot(at(tt.at)))
			got = slices.DeleteFunc(got, func(line string) bool {
				return strings.Contains(line, "source billing on") && !slices.Contains(tt.want, line)
			})
			if !slices.Equal(got, tt.want) {
				t.Errorf("the log is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			if again := logLines(mustRestore(t, l).Snapshot(at(tt.at))); strings.Join(again, "\n") != strings.Join(logLines(l.Snapshot(at(tt.at))), "\n") {
				t.Errorf("a restored ledger says\n%s", strings.Join(again, "\n"))
			}
		})
	}
}

// What the log says goes on is what the walls say, and its refusals and those that
// ignored Retry-After add up to what the alerts say.
func TestLogAgrees(t *testing.T) {
	for seed := range uint64(30) {
		l := warmLedger(t)
		for i, e := range randomEvents(seed, 400) {
			l.Observe(e)
			if i%20 > 0 {
				continue
			}
			s := l.Snapshot(maxTime(e.At, l.now))
			walls, on := map[string]bool{}, map[string]bool{}
			for _, w := range s.Walls {
				if w.Kind == WallRefused {
					walls[string(w.Denial)+" "+w.Endpoint] = true
				}
			}
			for _, e := range s.Log {
				if e.Kind == LogRefused && e.On {
					on[string(e.Denial)] = true
				}
			}
			for key := range walls {
				if kind, _, _ := strings.Cut(key, " "); !on[kind] {
					t.Fatalf("seed %d, event %d: %s calls are refused, and the log says\n%s", seed, i, key, strings.Join(logLines(s), "\n"))
				}
			}
			if len(walls) == 0 && len(on) > 0 {
				t.Fatalf("seed %d, event %d: the log says that calls are refused, and no wall does:\n%s", seed, i, strings.Join(logLines(s), "\n"))
			}
		}
	}
}

// The log is bounded, and so is its JSON.
func TestLogIsBounded(t *testing.T) {
	l := newTestLedger(t, nil)
	for i := range 3 * logMemory {
		l.Observe(Event{At: at(float64(i)), Source: "warn", Notice: &Notice{Kind: LogWarning, Text: strings.Repeat("x", 1000)}})
	}
	s := l.Snapshot(at(3 * logMemory))
	if len(s.Log) != logMemory || s.Log[len(s.Log)-1].Text != strings.Repeat("x", maxLogText) {
		t.Errorf("%d entries, the last %v", len(s.Log), s.Log[len(s.Log)-1])
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var read Snapshot
	if err := json.Unmarshal(text, &read); err != nil || len(read.Log) != logInJSON || !read.Log[0].At.Equal(s.Log[0].At) {
		t.Errorf("the JSON has %d entries: %v", len(read.Log), err)
	}
}
