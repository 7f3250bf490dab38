package words

import (
	"slices"
	"strings"
	"time"

	"quotatop/model"
)

// Fleet is how many generators of a fleet there are, and how many are in each state.
type Fleet struct {
	Total, Live, Silent, Ended, Gone int
	Behind                           int // live, but sending what it kept before
	Refused                          int // with calls denied in the last minute
	Missing, Dropped                 int // batches and calls that did not arrive
}

// FleetOf counts the generators of a fleet.
func FleetOf(f *model.Fleet) (n Fleet) {
	n.Total = len(f.Generators) + f.Unlisted
	for i := range f.Generators {
		g := &f.Generators[i]
		switch g.State {
		case model.GeneratorLive:
			n.Live++
			if g.Behind {
				n.Behind++
			}
		case model.GeneratorSilent:
			n.Silent++
		case model.GeneratorEnded:
			n.Ended++
		case model.GeneratorGone:
			n.Gone++
		}
		if g.Rejected > 0 {
			n.Refused++
		}
		n.Missing += g.Missing
		n.Dropped += g.Dropped
	}
	return n
}

// Texts say how many generators there are and what is wrong with some, from the
// longest text to the shortest: "12 generators, 1 silent, 3 refused".
func (n Fleet) Texts() []string {
	texts := []string{generators(n.Total)}
	for _, part := range [...]struct {
		n    int
		what string
	}{{n.Silent, " silent"}, {n.Behind, " behind"}, {n.Refused, " refused"}, {n.Gone, " gone"}, {n.Ended, " ended"}} {
		if part.n > 0 {
			texts = append(texts, texts[len(texts)-1]+", "+Count(part.n)+part.what)
		}
	}
	slices.Reverse(texts)
	return texts
}

// generators writes a number of generators.
func generators(n int) string {
	return Count(n) + plural(n, " generator", " generators")
}

// Unheard says what of a fleet's calls is not known, from the longest text to the
// shortest: "1 of 12 generators is silent, 3 batches are missing". It is nil if all is
// known.
func (n Fleet) Unheard() []string {
	var long, short []string
	if n.Silent > 0 {
		long = append(long, Count(n.Silent)+" of "+generators(n.Total)+plural(n.Silent, " is", " are")+" silent")
		short = append(short, Count(n.Silent)+" of "+Count(n.Total)+" silent")
	}
	if n.Behind > 0 {
		long = append(long, Count(n.Behind)+" of "+generators(n.Total)+plural(n.Behind, " is", " are")+" catching up")
		short = append(short, Count(n.Behind)+" of "+Count(n.Total)+" catching up")
	}
	if n.Missing > 0 {
		long = append(long, Batches(n.Missing)+plural(n.Missing, " is", " are")+" missing")
		short = append(short, Batches(n.Missing)+" missing")
	}
	if n.Dropped > 0 {
		long = append(long, Calls(n.Dropped)+" dropped")
		short = append(short, Calls(n.Dropped)+" dropped")
	}
	if long == nil {
		return nil
	}
	return []string{strings.Join(long, ", "), strings.Join(short, ", "), short[0]}
}

// Batches writes a number of batches of calls.
func Batches(n int) string { return Count(n) + plural(n, " batch", " batches") }

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Early says which generators ignore Retry-After, or send after the cap was reached:
// "gen-17 and 2 more ignore Retry-After: 42 early". It is empty if the group names none.
func Early(g *model.DenialGroup) string {
	name, others := "", 0
	for i := range g.Generators {
		switch {
		case g.Generators[i].Early == 0:
		case name == "":
			name = g.Generators[i].Name
		default:
			others++
		}
	}
	switch {
	case name == "":
		return ""
	case others > 0:
		name += " and " + Count(others) + " more"
	}
	if g.Kind == model.KindCap {
		return name + plural(others+1, " sends", " send") + " after the cap: " + Calls(g.Early)
	}
	return name + plural(others+1, " ignores", " ignore") + " Retry-After: " + Count(g.Early) + " early"
}

// Denied names the generators of a fleet whose calls a group of denials is about:
// "gen-17 and 2 more". It is empty if the group names none.
func Denied(g *model.DenialGroup) string {
	switch n := len(g.Generators); n {
	case 0:
		return ""
	case 1:
		return g.Generators[0].Name
	default:
		return g.Generators[0].Name + " and " + Count(n-1) + " more"
	}
}

// ClockOff says how far a generator's clock is from the server's, by its offset: the
// server's clock minus the generator's.
func ClockOff(offset time.Duration) string {
	way := " behind"
	if offset < 0 {
		way, offset = " ahead", -offset
	}
	switch {
	case offset < 50*time.Millisecond:
		return "0s"
	case offset < 10*time.Second:
		return Duration((offset + 50*time.Millisecond).Truncate(100*time.Millisecond)) + way
	}
	return Coarse(offset) + way
}

// EgressName names an address that calls leave from, with ≈ if nobody said so.
func EgressName(name string, assumed bool) string {
	switch {
	case name == "":
		return Unknown
	case assumed:
		return "≈" + name
	}
	return name
}

// Near says how many addresses of a fleet are near a limit by client IP:
// "2 of 5 near".
func Near(u *model.LimitUsage) string {
	return Count(u.EgressesNear) + " of " + Count(u.Egresses) + " near"
}
