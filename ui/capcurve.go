package ui

import (
	"time"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// curveHeight is the least height of the cap's curve: a line of words, three of dots,
// and one of times.
const curveHeight = 5

// drawCurve draws what was spent since the last reset as an area, what follows from
// the burn rate up to the next reset in half the dots, and the cap as a line. What was
// spent before anything was known stays blank.
func (a *App) drawCurve(at area) {
	c := &a.snap.Cap
	if c.Spent == nil || at.h < curveHeight {
		return
	}
	limit := int(max(c.Limit.Or(0), 0))
	var bins [maxColumns]bin
	labels := width(dollars(float64(limit))) // most often
	columns := bins[:min(2*max(at.w-labels-1, 0), maxColumns)]
	s := newScale(max(a.spendBins(columns), limit/2), limit, at.h-2)
	if n := s.width(dollars); n != labels {
		labels, columns = n, bins[:min(2*max(at.w-n-1, 0), maxColumns)]
		clear(bins[:])
		a.spendBins(columns)
	}
	body := at.sub(labels+1, 1, len(columns)/2, at.h-2)
	if body.w < 8 {
		return
	}
	at.put(0, 0, theme.Dim, fit(at.w, "spent since "+words.Day(a.snap.At, c.Spent.From)+" UTC", "spent"))
	at.sub(0, 1, labels, body.h).drawValues(&s, dollars)
	body.drawArea(columns, &s, a.snap.CapStale())
	if runsOut, ok := c.ExhaustsAt.Get(); ok && s.limit >= 0 {
		wall, _ := a.snap.CapWall()
		sign := pressureGlyph(wall.Pressure)
		if x := int(runsOut.Sub(c.Spent.From) * time.Duration(body.w) / c.ResetsAt.Sub(c.Spent.From)); sign != ' ' {
			body.set(x, s.line(s.max), wallRole(wall), sign)
		}
	}
	axis := at.sub(labels+1, at.h-1, body.w, 1)
	if c.Period == model.PeriodMonth {
		axis.put(0, 0, theme.Dim, words.Day(c.ResetsAt, c.Spent.From)[:len("2006-01-02")])
	} else {
		axis.put(0, 0, theme.Dim, words.HourMinute(c.Spent.From))
		noon := words.HourMinute(c.Spent.From.Add(c.ResetsAt.Sub(c.Spent.From) / 2))
		axis.put(body.w/2-len(noon)/2, 0, theme.Dim, fit(max(body.w-20, 0), noon))
	}
	axis.right(0, 0, body.w, theme.Dim, "reset")
}

// spendBins fills columns, which are for the time from the last reset to the next,
// with what was spent and what will be. It returns the most.
func (a *App) spendBins(columns []bin) (most int) {
	c := &a.snap.Cap
	whole, n := c.ResetsAt.Sub(c.Spent.From), len(columns)
	steps := max(int(whole/c.Spent.Step), 1)
	for i, used := range c.Spent.Used {
		if used == model.Unknown {
			continue
		}
		most = max(most, int(used))
		for x := i * n / steps; x <= ((i+1)*n-1)/steps && x < n; x++ {
			columns[x] = bin{calls: int(used), known: true}
		}
	}
	used, known := c.Used.Get()
	burn, burning := c.BurnPerMin.Get()
	if !known || !burning || burn < 0 || a.snap.CapStale() {
		return most
	}
	asOf := c.AsOf.Or(a.snap.At)
	past := asOf.Sub(c.Spent.From)
	for x := max(int(past*time.Duration(n)/max(whole, 1))+1, 0); x < n; x++ {
		ahead := whole*time.Duration(x+1)/time.Duration(n) - past
		will := float64(used) + float64(burn)*ahead.Minutes()
		if limit, limited := c.Limit.Get(); limited && will > float64(max(limit, used)) {
			will = float64(max(limit, used))
		}
		columns[x] = bin{calls: int(min(will, 1e15)), known: true, ahead: true}
		most = max(most, columns[x].calls)
	}
	return most
}

// dollars writes money on a scale, in micro-dollars: without cents if there are none.
func dollars(value float64) string {
	if m := model.Micros(value); m%model.Dollar != 0 {
		return words.Money(m)
	}
	return "$" + words.Short(int(model.Micros(value)/model.Dollar))
}

// drawSpendByModel lists the models that cost most.
func (a *App) drawSpendByModel(at area) {
	all := a.allModels()
	at.put(0, 0, theme.Dim, "model")
	at.right(0, 0, at.w, theme.Dim, "cost")
	last := -1
	for y := 1; y < at.h; y++ {
		next := -1
		for i := range all {
			if last >= 0 && !costsLess(all, i, last) {
				continue
			}
			if next < 0 || costsLess(all, next, i) {
				next = i
			}
		}
		if next < 0 || all[next].Cost == 0 {
			return
		}
		m := &all[next]
		cost := words.Sign(m.Estimated, false, false) + words.Money(m.Cost)
		at.put(0, y, theme.Text, ending(modelName(m), at.w-width(cost)-1))
		at.right(0, y, at.w, theme.Bright, cost)
		last = next
	}
}

// costsLess reports whether the model i comes after j when the one that costs most
// comes first.
func costsLess(all []model.ModelUsage, i, j int) bool {
	if all[i].Cost != all[j].Cost {
		return all[i].Cost < all[j].Cost
	}
	return i > j
}

// allModels returns the models of the endpoint that covers all calls.
func (a *App) allModels() []model.ModelUsage {
	for i := range a.snap.Endpoints {
		if e := &a.snap.Endpoints[i]; e.ID == "all" {
			return e.Models
		}
	}
	return nil
}
