package report

import (
	"fmt"

	"quotatop/model"
	"quotatop/ui/words"
)

// moneyTable has the spend and the forecast of the cap.
func moneyTable(names []string, runs []Named) table {
	t := table{Caption: "Spend", Head: append([]string{"Figure"}, names...)}
	for _, fact := range []struct {
		label string
		cell  func(s model.SpendReport, r model.Report) string
	}{
		{"Spent", func(s model.SpendReport, _ model.Report) string { return words.Amount(s.Spent, s.Estimated) }},
		{"Source", func(s model.SpendReport, r model.Report) string {
			if s.Source == "calls" && len(r.Generators) > 0 {
				return "calls of the fleet"
			}
			return map[string]string{"account": "the account's figures", "rows": "billing rows", "calls": "calls from this machine"}[s.Source]
		}},
		{"Burn rate, average", func(s model.SpendReport, _ model.Report) string { return words.Opt(s.BurnPerMin, words.PerMinute) }},
		{"Burn rate, highest minute", func(s model.SpendReport, _ model.Report) string { return words.Opt(s.PeakPerMin, words.PerMinute) }},
		{"Cap", func(s model.SpendReport, _ model.Report) string {
			if !s.Cap.Limit.Known() {
				return words.Unknown
			}
			return words.Opt(s.Cap.Limit, words.Money) + " a " + s.Cap.Period
		}},
		{"Used at the end", func(s model.SpendReport, _ model.Report) string { return words.CapUsed(&s.Cap) }},
		{"Left at the end", func(s model.SpendReport, _ model.Report) string { return words.CapLeft(&s.Cap) }},
		{"At the average burn rate", forecast},
	} {
		row := []string{fact.label}
		some := false
		for i := range runs {
			text := fact.cell(runs[i].Report.Spend, runs[i].Report)
			if text == "" {
				text = words.Unknown
			}
			some = some || text != words.Unknown
			row = append(row, text)
		}
		if some {
			t.add(row...)
		}
	}
	return t
}

// forecast says how long the cap will last.
func forecast(s model.SpendReport, r model.Report) string {
	c := s.Cap
	switch at, out := c.ExhaustsAt.Get(); {
	case !c.Remaining.Known() || !c.BurnPerMin.Known():
		return words.Unknown
	case c.Remaining.Or(0) == 0:
		return "cap reached; resets " + stampBeside(c.ResetsAt, r.To.Or(c.ResetsAt)) + " UTC"
	case out:
		return "runs out at " + stampBeside(at, r.To.Or(at)) + " UTC, " + words.Duration(c.ResetsAt.Sub(at)) + " before the reset"
	}
	return "will last until the reset at " + stampBeside(c.ResetsAt, r.To.Or(c.ResetsAt)) + " UTC"
}

// mostModels is how many models a table lists.
const mostModels = 20

func modelTable(name string, models []model.ModelReport, named bool) table {
	t := table{Caption: "Models", Head: []string{"Model", "Calls", "Tokens", "Cost"}}
	if named {
		t.Caption = "Models, " + name
	}
	rest := 0
	for i, m := range models {
		if i >= mostModels {
			rest += m.Calls
			continue
		}
		tokens := words.Unknown
		if n, ok := m.Tokens.Get(); ok {
			tokens = words.Count(int(n))
		}
		t.add(model.OneLine(m.Model), words.Count(m.Calls), tokens, words.Opt(m.Cost, words.Money))
	}
	if rest > 0 {
		t.add(fmt.Sprintf("+%d more", len(models)-mostModels), words.Count(rest), words.Unknown, words.Unknown)
	}
	return t
}
