package report

import (
	"fmt"

	"quotatop/model"
	"quotatop/ui/words"
)

// mostGenerators is how many load generators a table lists.
const mostGenerators = 50

// generatorTable has a row for each load generator of a fleet, those that were denied
// most first.
func generatorTable(name string, all []model.GeneratorReport, named bool) table {
	t := table{Caption: "Load generators", Head: []string{"Generator", "Sent", "Rejected", "Ignored Retry-After", "Egress", "Batches missing", "Calls dropped", "Starts"}}
	if named {
		t.Caption += ", " + name
	}
	var rest model.GeneratorReport
	for i, g := range all {
		if i >= mostGenerators {
			rest.Sent, rest.Rejected, rest.Early = rest.Sent+g.Sent, rest.Rejected+g.Rejected, rest.Early+g.Early
			rest.Missing, rest.Dropped, rest.Boots = rest.Missing+g.Missing, rest.Dropped+g.Dropped, rest.Boots+g.Boots
			continue
		}
		t.generator(model.OneLine(g.Name), model.OneLine(words.EgressName(g.Egress, g.EgressAssumed)), &g)
	}
	if more := len(all) - mostGenerators; more > 0 {
		t.generator(fmt.Sprintf("+%d more", more), words.Unknown, &rest)
	}
	return t
}

// generator adds a row.
func (t *table) generator(name, egress string, g *model.GeneratorReport) {
	sent := model.Some(g.Sent)
	t.add(name, words.Count(g.Sent), shareOf(model.Some(g.Rejected), sent), shareOf(model.Some(g.Early), sent), egress,
		words.Count(g.Missing), words.Count(g.Dropped), words.Count(g.Boots))
}

// lost says what did not arrive from a fleet; empty for nothing.
func lost(all []model.GeneratorReport) string {
	missing, dropped := 0, 0
	for i := range all {
		missing, dropped = missing+all[i].Missing, dropped+all[i].Dropped
	}
	switch {
	case missing > 0 && dropped > 0:
		return fmt.Sprintf("%s of calls did not arrive and %s were dropped: the run sent more than this.", words.Batches(missing), words.Calls(dropped))
	case missing > 0:
		return fmt.Sprintf("%s of calls did not arrive: the run sent more than this.", words.Batches(missing))
	case dropped > 0:
		return fmt.Sprintf("%s were dropped while a generator could not send: the run sent more than this.", words.Calls(dropped))
	}
	return ""
}
