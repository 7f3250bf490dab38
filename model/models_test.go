package model

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// modelRow is a billing row of a model.
func modelRow(second float64, path, model string, tokens int64, cost Micros) Event {
	e := row(second, path, tokens, cost)
	e.Call.Model = model
	return e
}

func modelCall(second float64, source, model string) Event {
	e := call(second, source, chatPath)
	e.Call.Model = model
	return e
}

// showModels writes a table of models, and since when it counts.
func showModels(u EndpointUsage) string {
	var parts []string
	for _, m := range u.Models {
		sign := ""
		if m.Estimated {
			sign = "≈"
		}
		parts = append(parts, fmt.Sprintf("%s %s%d %dt %dµ$", m.Model, sign, m.Requests, m.Tokens, m.Cost))
	}
	since := "?"
	if t, ok := u.ModelsSince.Get(); ok {
		since = fmt.Sprint(t.Sub(t0).Seconds())
	}
	return "since " + since + ": " + strings.Join(parts, ", ")
}

func TestModels(t *testing.T) {
	const midnight = 12 * 3600 // t0 is noon
	resets := func(second, reset float64) Event {
		return Event{At: at(second), Source: SourceBilling, Account: &Account{ResetsAt: at(reset), Period: PeriodDay, ResetSource: ResetFromAPI}}
	}
	gliner := "/gliner-2/x"
	tests := map[string]struct {
		events   [][]Event
		now      float64
		endpoint string
		want     string
	}{
		"nothing heard": {nil, 100, "chat", "since ?: "},
		"nothing used":  {[][]Event{one(read(0, 90))}, 100, "chat", "since 0: "},
		"by requests, then by name": {
			[][]Event{one(modelRow(10, gliner, "b", 5, 7), modelRow(11, gliner, "c", 1, 1), modelRow(12, gliner, "a", 9, 9), modelRow(13, gliner, "c", 2, 2), read(-100, 90))},
			100, "gliner", "since -100: c 2 3t 3µ$, a 1 9t 9µ$, b 1 5t 7µ$",
		},
		"the endpoint that covers everything has all": {
			[][]Event{one(modelRow(10, gliner, "a", 5, 7), modelRow(11, "/inference", "b", 1, 1), read(0, 90))},
			100, "all", "since 0: a 1 5t 7µ$, b 1 1t 1µ$",
		},
		"both rows of a call count once": {
			[][]Event{one(modelRow(10, chatPath, "m", 5, 7), modelRow(10.5, "openai_compat", "m", 5, 7), modelRow(20, "openai_compat", "m", 6, 8), read(0, 90))},
			100, "chat", "since 0: m 2 11t 15µ$",
		},
		"a judge's rows are nobody's requests": {
			[][]Event{one(modelRow(10, "/llmaj/judge", "m", 5, 7), read(0, 90))}, 100, "other", "since 0: ",
		},
		"samples are scaled": {
			[][]Event{one(read(-60, 0), Event{At: at(60), Source: SourceBilling, Reading: &Reading{From: at(0), To: at(60), Sampled: true, Total: 300, Rows: []Call{
				{Vantage: VantageAccount, Path: gliner, Model: "a", Tokens: 10, Cost: 100}, {Vantage: VantageAccount, Path: gliner, Model: "a", Tokens: 30, Cost: 100},
				{Vantage: VantageAccount, Path: gliner, Model: "b", Tokens: 10, Cost: 50}}}}, modelRow(70, gliner, "c", 1, 1), read(60, 80))},
			100, "gliner", "since -60: a ≈200 4000t 20000µ$, b ≈100 1000t 5000µ$, c 1 1t 1µ$",
		},
		"sampled doubles count once": {
			[][]Event{one(read(-60, 0), Event{At: at(60), Source: SourceBilling, Reading: &Reading{From: at(0), To: at(60), Sampled: true, Total: 400, Rows: []Call{
				{Vantage: VantageAccount, Path: chatPath, Model: "a", Tokens: 10, Cost: 100}, {Vantage: VantageAccount, Path: "openai_compat", Model: "a", Tokens: 10, Cost: 100}}}})},
			100, "chat", "since -60: a ≈200 2000t 20000µ$",
		},
		"by this machine when the log shows none": {
			[][]Event{one(healthy(5, SourceTap), healthy(6, SourceTail), modelCall(10, SourceTap, "a"), modelCall(11, SourceTap, ""), modelCall(10, SourceTail, "a"))},
			100, "chat", "since 5:  1 0t 0µ$, a 1 0t 0µ$",
		},
		"the log knows better": {
			[][]Event{one(healthy(5, SourceTap), modelCall(10, SourceTap, "a"), modelCall(11, SourceTap, "a"), modelRow(10, chatPath, "a", 3, 4), read(0, 90))},
			100, "chat", "since 0: a 1 3t 4µ$",
		},
		"what was denied took no model": {
			[][]Event{one(healthy(5, SourceTap), denied(10, SourceTap, chatPath, rate(time.Second)))}, 100, "chat", "since 5: ",
		},
		"anew at the reset": {
			[][]Event{one(modelRow(10, gliner, "a", 5, 7), read(0, 90), healthy(midnight-2, SourceBilling), modelRow(midnight+1, gliner, "b", 1, 1), modelRow(midnight-1, gliner, "a", 1, 1), read(90, midnight+5))},
			midnight + 10, "gliner", "since 43200: b 1 1t 1µ$",
		},
		"anew at the reset, before the first call": {
			[][]Event{one(modelRow(10, gliner, "a", 5, 7), read(0, midnight-5))}, midnight + 1, "gliner", "since 43200: ",
		},
		"yesterday is not counted": {
			[][]Event{one(modelRow(-midnight-10, gliner, "a", 5, 7), modelRow(10, gliner, "b", 1, 1), read(-midnight-20, 90))},
			100, "gliner", "since -43200: b 1 1t 1µ$",
		},
		"the account resets at another hour, after which all was counted": {
			[][]Event{one(modelRow(10, gliner, "a", 5, 7), read(0, 90), resets(95, 6*3600), modelRow(96, gliner, "a", 1, 1), read(90, 97))},
			100, "gliner", "since 0: a 2 6t 8µ$",
		},
		"the account has reset since": {
			[][]Event{one(modelRow(10, gliner, "a", 5, 7), read(0, 90), resets(95, 50+86_400), modelRow(96, gliner, "a", 1, 1), read(90, 97))},
			100, "gliner", "since 95: a 1 1t 1µ$",
		},
		"a part of the log was never read": {
			[][]Event{one(modelRow(10, gliner, "a", 5, 7), read(0, 20), modelRow(70, gliner, "a", 1, 1), read(50, 90))},
			100, "gliner", "since 0: a ≈2 6t 8µ$",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newTestLedger(t, tt.events...).Snapshot(at(tt.now))
			if got := showModels(endpoint(t, s, tt.endpoint)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// However many names come, the list is bounded, and all calls are in it.
func TestModelsAreBounded(t *testing.T) {
	l := newTestLedger(t, one(read(0, 1)))
	for i := range 1000 {
		l.Observe(modelRow(2+float64(i)/100, "/inference", fmt.Sprint("model ", i%200), 1<<62, 1<<62))
	}
	u := endpoint(t, l.Snapshot(at(100)), "inference")
	if len(u.Models) != 65 || u.Models[64].Model != ModelOthers || u.Models[64].Requests != 1000-64*5 {
		t.Errorf("%d models, the last %+v", len(u.Models), u.Models[len(u.Models)-1])
	}
	for _, m := range u.Models {
		if m.Tokens < 0 || m.Cost < 0 {
			t.Errorf("%+v: the sum went over the edge", m)
		}
	}
}
