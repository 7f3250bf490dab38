package ui

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/ui/report"
	"quotatop/ui/status"
	"quotatop/ui/warn"
)

// outlets are all texts that show the figures of one snapshot, by name. They are
// about its chat endpoint and its cap.
func outlets(t *testing.T, s *model.Snapshot) map[string]string {
	t.Helper()
	chat := &s.Endpoints[2]
	line, err := status.Format(walled(*s), status.Plain)
	if err != nil {
		t.Fatal(err)
	}
	now := walled(*s)
	wall, _ := now.WallOf(chat.ID, &chat.Limits[0])
	headroom := model.Judgment{At: s.At, Verdict: model.Open, Endpoint: chat.ID, Limit: &chat.Limits[0], Wall: wall, Cap: &s.Cap}
	var page bytes.Buffer
	err = report.Markdown(&page, []report.Named{{Name: "run", Report: model.Report{
		Events: 1, Spend: model.SpendReport{Cap: s.Cap},
		Endpoints: []model.EndpointReport{{
			ID: chat.ID, Name: chat.Name, Source: model.SourceTap, Accepted: model.Some(1),
			Estimated: chat.Limits[0].Estimated, UpperBound: chat.Limits[0].UpperBound,
			Limits: []model.LimitReport{{Limit: chat.Limits[0].Limit, PerS: chat.Limits[0].PerS, Peak: chat.Limits[0].Used}},
		}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"screen":      plainFrame(screen(func() *model.Snapshot { return s }, 120, 40)),
		"header":      strings.SplitN(plainFrame(screen(func() *model.Snapshot { return s }, 120, 40)), "\n", 2)[0],
		"strip":       plainFrame(screen(func() *model.Snapshot { return s }, 20, 3)),
		"title":       screen(func() *model.Snapshot { return s }, 120, 40).title,
		"status":      line,
		"summary":     Summary(walled(*s)),
		"gate":        GateLine(model.Gate{}, headroom),
		"warning":     warn.Line(model.Warning{At: s.At, Endpoint: chat.ID, Limit: &chat.Limits[0]}),
		"cap warning": warn.Line(model.Warning{At: s.At, Cap: &s.Cap}),
		"report":      page.String(),
	}
}

// A figure reads the same wherever it is shown.
func TestFiguresReadTheSame(t *testing.T) {
	const all = "screen header strip title status summary gate warning"
	type figures map[string]string // where each text must be, by the text
	for name, tt := range map[string]struct {
		change func(*model.LimitUsage, *model.Cap)
		want   figures
	}{
		"exact": {func(*model.LimitUsage, *model.Cap) {}, figures{
			"92%": all + " report", "184": "screen summary gate report", "14s": "screen header strip status summary warning",
			"$18.73": "screen status summary gate report",
		}},
		"estimated": {func(l *model.LimitUsage, c *model.Cap) { l.Estimated, c.Estimated = true, true }, figures{
			"≈92%": all + " report", "≈184": "screen summary gate report", "≈$18.73": "screen status summary gate report", "≈62%": "screen strip summary",
			"≈$31.27": "screen summary report",
		}},
		"upper bound": {func(l *model.LimitUsage, _ *model.Cap) { l.UpperBound = true }, figures{
			"≤92%": all + " report", "≤184": "screen summary gate report",
		}},
		"lower bound": {func(l *model.LimitUsage, _ *model.Cap) { l.LowerBound = true }, figures{
			"≥92%": all, "≥184": "screen summary gate",
		}},
		"stale": {func(l *model.LimitUsage, c *model.Cap) {
			l.AsOf, c.AsOf = at(200*time.Second), at(200*time.Second)
		}, figures{
			"92%": all, "3m ago": "screen status summary gate",
		}},
		"unknown": {func(l *model.LimitUsage, c *model.Cap) {
			l.Used, l.Rejected, c.Remaining = model.Opt[int]{}, model.Some(3), model.Opt[model.Micros]{}
		}, figures{
			"–": "screen summary gate warning report", "refused": "header strip title status summary gate", "– of 200 in 1m": "screen gate",
		}},
		"over": {func(l *model.LimitUsage, _ *model.Cap) { l.Used = model.Some(219) }, figures{
			"109%": all + " report",
		}},
		"far over": {func(l *model.LimitUsage, _ *model.Cap) { l.Used, l.UpperBound = model.Some(4_321), true }, figures{
			"≤2160%": all + " report", "≤4,321": "screen summary gate report",
		}},
		"a little left": {func(l *model.LimitUsage, c *model.Cap) {
			l.Limit, l.Used, c.Remaining = 10_000, model.Some(9_999), model.Some(model.Micros(4_200))
		}, figures{
			"99%": all + " report", "9,999": "screen summary gate report", "$0.0042": "screen status summary gate report",
		}},
		"cap runs out": {func(_ *model.LimitUsage, c *model.Cap) {
			c.Remaining, c.ExhaustsAt = model.Some(1_234_500_000*model.Micros(1)), model.Some(now.Add(6*time.Hour))
		}, figures{
			"$1,234.50": "screen status summary gate report", "runs out at 18:04": "screen summary", ", runs out at 18:04": "summary", "5h": "screen summary",
		}},
	} {
		s := busy()
		for i := range s.Endpoints { // chat is the worst of all
			for j := range s.Endpoints[i].Limits {
				if i != 2 {
					used(&s.Endpoints[i].Limits[j], 1, 0)
					s.Endpoints[i].Limits[j].TimeToLimit = model.Opt[float64]{}
				}
			}
		}
		tt.change(&s.Endpoints[2].Limits[0], &s.Cap)
		if n := s.Endpoints[2].Limits[0].Rejected.Or(0); n > 0 {
			s.Denials = []model.DenialGroup{{Kind: model.KindRate, Endpoint: "chat", Status: 429, First: now, At: now, Count: n, Source: "tap"}}
		}
		texts := outlets(t, s)
		for text, places := range tt.want {
			for _, place := range strings.Fields(places) {
				if !has(texts[place], text) {
					t.Errorf("%s: no %q in the %s:\n%s", name, text, place, texts[place])
				}
			}
		}
		if left := strings.TrimSuffix(firstWord(texts["cap warning"], "cap: "), " left"); !strings.Contains(texts["gate"], left+" left of") || !strings.Contains(texts["status"], left+" ") {
			t.Errorf("%s: the cap warning says that %q is left, the gate %q, the status line %q", name, left, texts["gate"], texts["status"])
		}
	}
}

// has reports whether a text shows a figure, and not as a part of another one.
func has(text, figure string) bool {
	for rest := text; ; {
		before, after, found := strings.Cut(rest, figure)
		if !found {
			return false
		}
		if !strings.HasSuffix(before, "≈") && !strings.HasSuffix(before, "≤") && !strings.HasSuffix(before, "≥") && !endsInDigit(before) {
			return true
		}
		rest = after
	}
}

func endsInDigit(s string) bool { return s != "" && strings.IndexByte(number, s[len(s)-1]) >= 0 }

// firstWord is the word after a prefix.
func firstWord(text, prefix string) string {
	word, _, _ := strings.Cut(strings.TrimPrefix(text, prefix), " ")
	return word
}
