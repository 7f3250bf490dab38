package report

import (
	"fmt"

	"quotatop/model"
)

// moneyTable is the spend and the cap's outlook.
func moneyTable(names []string, runs []Named) table {
	t := table{Caption: "Spend", Head: append([]string{"Figure"}, names...)}
	for _, fact := range []struct {
		label string
		cell  func(s model.SpendReport, r model.Report) string
	}{
		{"Spent", func(s model.SpendReport, _ model.Report) string { return about(s.Estimated, money(s.Spent)) }},
		{"Known from", func(s model.SpendReport, _ model.Report) string {
			return map[string]string{"account": "the account's figures", "rows": "billing rows", "calls": "calls seen here"}[s.Source]
		}},
		{"Burn, average", func(s model.SpendReport, _ model.Report) string { return perMinute(s.BurnPerMin) }},
		{"Burn, dearest minute", func(s model.SpendReport, _ model.Report) string { return perMinute(s.PeakPerMin) }},
		{"Cap", func(s model.SpendReport, _ model.Report) string {
			if !s.Cap.Limit.Known() {
				return unknown
			}
			return money(s.Cap.Limit) + " a " + s.Cap.Period
		}},
		{"Used at the end", func(s model.SpendReport, _ model.Report) string { return about(s.Cap.Estimated, money(s.Cap.Used)) }},
		{"Left at the end", func(s model.SpendReport, _ model.Report) string {
			return about(s.Cap.Estimated, money(s.Cap.Remaining))
		}},
		{"At the average burn", outlook},
	} {
		row := []string{fact.label}
		some := false
		for i := range runs {
			text := fact.cell(runs[i].Report.Spend, runs[i].Report)
			if text == "" {
				text = unknown
			}
			some = some || text != unknown
			row = append(row, text)
		}
		if some {
			t.add(row...)
		}
	}
	return t
}

// about marks a figure that is an estimate.
func about(estimated bool, text string) string {
	if estimated && text != unknown {
		return "≈ " + text
	}
	return text
}

func perMinute(m model.Opt[model.Micros]) string {
	if !m.Known() {
		return unknown
	}
	return money(m) + "/min"
}

// outlook says how long the cap lasts.
func outlook(s model.SpendReport, r model.Report) string {
	c := s.Cap
	switch at, out := c.ExhaustsAt.Get(); {
	case !c.Remaining.Known() || !c.BurnPerMin.Known():
		return unknown
	case c.Remaining.Or(0) == 0:
		return "used up; resets " + stampBeside(c.ResetsAt, r.To.Or(c.ResetsAt)) + " UTC"
	case out:
		return "used up at " + stampBeside(at, r.To.Or(at)) + " UTC, " + duration(c.ResetsAt.Sub(at)) + " before the reset"
	}
	return "lasts until the reset at " + stampBeside(c.ResetsAt, r.To.Or(c.ResetsAt)) + " UTC"
}

// mostModels is how many models a table names.
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
		tokens := unknown
		if n, ok := m.Tokens.Get(); ok {
			tokens = count(int(n))
		}
		t.add(plain(m.Model), count(m.Calls), tokens, money(m.Cost))
	}
	if rest > 0 {
		t.add(fmt.Sprintf("%d more", len(models)-mostModels), count(rest), unknown, unknown)
	}
	return t
}
