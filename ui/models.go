package ui

import (
	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// A modelFormat is the columns of a table of models that is at least w wide; 0 for
// none. The name gets what the others leave.
type modelFormat struct{ w, calls, tokens, cost int }

var modelFormats = []modelFormat{
	{42, 10, 7, 10},
	{32, 9, 7, 0},
	{0, 9, 0, 0},
}

// modelsHeight and modelsWidth are the least size of the table: a heading and two
// models.
const (
	modelsHeight = 3
	modelsWidth  = 24
)

// drawModels lists the models of an endpoint, most calls first.
func (a *App) drawModels(at area, e *model.EndpointUsage) {
	f := modelFormats[0]
	for _, f = range modelFormats {
		if at.w >= f.w {
			break
		}
	}
	name := at.w - f.calls - f.tokens - f.cost
	at.put(0, 0, theme.Dim, fit(name, a.modelsTitle(e)...))
	at.right(name, 0, f.calls, theme.Dim, "calls")
	at.right(name+f.calls, 0, f.tokens, theme.Dim, "tokens")
	at.right(name+f.calls+f.tokens, 0, f.cost, theme.Dim, "cost")
	list, y := e.Models, 1
	if len(list) > at.h-1 {
		list = list[:max(at.h-2, 0)]
	}
	for i := range list {
		m := &list[i]
		at.put(0, y, theme.Text, ending(modelName(m), name-1))
		calls, tokens, cost := modelFigures(m)
		at.right(name, y, f.calls, theme.Bright, calls)
		at.right(name+f.calls, y, f.tokens, theme.Text, tokens)
		at.right(name+f.calls+f.tokens, y, f.cost, theme.Text, cost)
		y++
	}
	if more := len(e.Models) - len(list); more > 0 {
		at.cut(0, y, at.w, theme.Dim, "+"+words.Count(more)+" more")
	}
}

// modelsTitle says since when models are counted, the longest text first.
func (a *App) modelsTitle(e *model.EndpointUsage) []string {
	t, ok := e.ModelsSince.Get()
	if !ok {
		return []string{"models"}
	}
	since := "since " + words.Day(a.snap.At, t)
	return []string{"models " + since + " UTC", "models " + since, since, "models"}
}

func modelName(m *model.ModelUsage) string {
	if m.Model == "" {
		return words.Unknown
	}
	return m.Model
}

// modelFigures returns the calls, tokens and cost of a model. Calls that only this
// machine observed have neither tokens nor cost.
func modelFigures(m *model.ModelUsage) (calls, tokens, cost string) {
	calls, tokens, cost = words.Count(m.Requests), words.Unknown, words.Unknown
	if m.Requests >= 1_000_000 {
		calls = words.Short(m.Requests)
	}
	if m.Tokens > 0 {
		tokens = words.Short(int(m.Tokens))
	}
	if m.Cost > 0 {
		cost = words.Money(m.Cost)
	}
	if m.Estimated {
		calls = words.Sign(true, false, false) + calls
	}
	return calls, tokens, cost
}

// modelFacts returns the models as facts, for a pane without room for the table.
func (a *App) modelFacts(e *model.EndpointUsage) []fact {
	var facts []fact
	for i := range e.Models {
		m := &e.Models[i]
		calls, tokens, cost := modelFigures(m)
		f := fact{"", calls + "  " + modelName(m), theme.Text, tokens + " tokens, " + cost}
		if i == 0 {
			f.label = fit(13, a.modelsTitle(e)[1:]...)
		}
		facts = append(facts, f)
	}
	return facts
}
