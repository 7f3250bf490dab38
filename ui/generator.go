package ui

import (
	"slices"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// drawGeneratorDetail draws what is known about a generator above the chart of its worst
// endpoint, if there is room, and returns how many lines are below the area.
func (a *App) drawGeneratorDetail(at area, g *model.Generator) (below int) {
	facts := a.generatorFacts(g)
	lines := factLines(facts, at.w)
	if g.Worst != "" && at.h >= len(lines)+2+chartHeight {
		lines = factLines(append(facts, fact{"chart", "calls of all to " + g.Worst, theme.Dim, ""}), at.w)
	}
	return a.drawFactsOver(at, lines, g.Worst)
}

// generatorFacts returns what is known about a generator.
func (a *App) generatorFacts(g *model.Generator) []fact {
	now := a.snap.At
	facts := append(make([]fact, 0, 20), a.generatorState(g))
	facts = append(facts, fact{"last minute", words.Calls(g.Calls) + " accepted, " + words.Count(g.Rejected) + " refused", theme.Text, ""})
	if g.Early > 0 {
		facts = append(facts, fact{"ignored", words.Calls(g.Early) + " sent during its own Retry-After, or past the cap", theme.Alarm, ""})
	}
	for _, e := range g.Endpoints {
		text := words.Count(e.Calls) + "  " + e.ID
		if e.Rejected > 0 {
			text += ", " + words.Count(e.Rejected) + " refused"
		}
		facts = append(facts, fact{"", text, theme.Text, ""})
	}
	egress := fact{"egress", words.EgressName(g.Egress, g.EgressAssumed), theme.Text, ""}
	if g.EgressAssumed {
		egress.note = "assumed, may be shared: set --egress"
	}
	clock := fact{"clock", words.ClockOff(g.ClockOffset()), theme.Text, "±" + words.Count(int(g.ClockErrorMS)) + "ms"}
	facts = append(facts, egress, clock,
		fact{"heard", words.Clock(g.HeardAt) + " UTC", theme.Text, words.Ago(now, g.HeardAt)},
		fact{"reported to", words.Clock(g.To) + " UTC", theme.Text, words.Ago(now, g.To)},
		fact{"missing", words.Batches(g.Missing), lossRole(g.Missing), "sent, but did not arrive"},
		fact{"dropped", words.Calls(g.Dropped), lossRole(g.Dropped), "could not be kept while it could not send"},
		fact{"started", times(g.Boots), theme.Text, "version " + g.Version},
	)
	if g.Version == "" {
		facts[len(facts)-1].note = ""
	}
	return facts
}

// generatorState says how a generator is heard.
func (a *App) generatorState(g *model.Generator) fact {
	switch age := words.Coarse(a.snap.At.Sub(g.HeardAt)); g.State {
	case model.GeneratorSilent:
		return fact{"state", "silent for " + age, theme.Warm, "no longer waited for"}
	case model.GeneratorGone:
		return fact{"state", "gone, silent for " + age, theme.Dim, ""}
	case model.GeneratorEnded:
		return fact{"state", "ended " + age + " ago", theme.Dim, ""}
	}
	if g.Behind {
		return fact{"state", "catching up, " + words.Coarse(a.snap.At.Sub(g.To)) + " behind", theme.Warm, "not waited for"}
	}
	return fact{"state", string(g.State), theme.Bright, ""}
}

func lossRole(n int) theme.Role {
	if n > 0 {
		return theme.Warm
	}
	return theme.Text
}

// times writes how often something happened.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return words.Count(n) + " times"
}

// mostGenerators is how many generators of a group of denials are listed.
const mostGenerators = 8

// generatorDenials returns a line for each generator whose calls were denied.
func generatorDenials(g *model.DenialGroup) (facts []fact) {
	label := "generators"
	for i, d := range g.Generators {
		if i == mostGenerators {
			return append(facts, fact{"", "+" + words.Count(len(g.Generators)-i) + " more", theme.Dim, ""})
		}
		f := fact{label, words.Count(d.Count) + "×  " + d.Name, theme.Text, ""}
		if d.Early > 0 {
			f.note = words.Count(d.Early) + " early"
		}
		facts, label = append(facts, f), ""
	}
	return facts
}

// drawFactsOver draws facts above the chart of an endpoint, if there is room for both,
// and returns how many lines are below the area.
func (a *App) drawFactsOver(at area, lines []factLine, endpoint string) (below int) {
	facts := at
	if room := at.h - len(lines) - 1; room >= chartHeight {
		facts.h = len(lines)
		if i := slices.IndexFunc(a.snap.Endpoints, func(e model.EndpointUsage) bool { return e.ID == endpoint }); i >= 0 {
			e, l := &a.snap.Endpoints[i], (*model.LimitUsage)(nil)
			if len(e.Limits) > 0 {
				l = &e.Limits[0]
			}
			a.drawChart(at.sub(0, len(lines)+1, at.w, room), e, l)
		}
	}
	return a.drawFacts(facts, lines)
}
