package report

import (
	"strings"

	"quotatop/model"
	"quotatop/ui/words"
)

// Brief sums a run up in three lines at most: its calls and what they cost; its worst
// moment; and how to see more, if it was recorded to a file. It returns none for a run
// in which nothing was seen. name is what the first line begins with.
func Brief(name string, r model.Report, recorded string) []string {
	calls := r.Calls()
	if calls.Accepted.Or(0)+calls.Rejected.Or(0) == 0 && r.Spend.Spent.Or(0) == 0 {
		return nil
	}
	sums := []string{words.Duration(words.Seconds(r.Watched.Or(0)))}
	mark := words.Sign(calls.Estimated, false, false)
	if n, ok := calls.Accepted.Get(); ok {
		sums = append(sums, mark+words.Calls(n)+" accepted")
	}
	if n, ok := calls.Rejected.Get(); ok {
		sums = append(sums, words.Count(n)+" refused")
	} else {
		sums = append(sums, "refused unknown (no tap or tail)")
	}
	if r.Spend.Spent.Known() {
		sums = append(sums, words.Amount(r.Spend.Spent, r.Spend.Estimated)+" spent")
	}
	lines := []string{name + ": " + strings.Join(sums, ", ")}
	if w, ok := r.Worst(); ok {
		lines = append(lines, worstText(&r, w))
	}
	if recorded != "" {
		lines = append(lines, More(recorded))
	}
	return lines
}

// More says how to see more of a run that was recorded to a file.
func More(recorded string) string { return "more: quotatop report " + shellWord(recorded) }

// worstText describes the worst moment of a run.
func worstText(r *model.Report, w model.WorstMoment) string {
	e := w.Endpoint
	if w.Rejected == 0 {
		return "fullest: " + model.OneLine(e.ID) + " at " + peakText(e, *w.Limit) + ", " + stampBeside(w.At, r.To.Or(w.At)) + " UTC"
	}
	by, most := "", 0
	for _, k := range denials {
		if n := e.Denied(k.kind); n > most {
			by, most = k.by, n
			if k.kind == model.KindRate && w.Limit != nil {
				by = "its limit of " + limitText(*w.Limit)
			}
		}
	}
	text := "worst: " + model.OneLine(e.ID) + ", " + words.Calls(w.Rejected) + " refused"
	if by != "" {
		text += " by " + by
	}
	return text + " in the " + spanName(w.Span) + " from " + stampBeside(w.At, r.To.Or(w.At)) + " UTC"
}

// shellWord quotes a file name for a shell if that is needed.
func shellWord(text string) string {
	plain := !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:,@~%", r))
	})
	if plain && text != "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
