package ui

import (
	"slices"
	"strings"

	"quotatop/model"
	"quotatop/theme"
)

// A segment is one fact of the header. Where there is no room for all, those
// with the least rank go first.
type segment struct {
	rank  int
	right bool
	words []word
	gap   int // blanks before it
}

// drawHeader names the program, whose quota this is, the sources and the time
// at the left, and at the right end what matters most.
func (a *App) drawHeader(at area) {
	segments := make([]segment, 0, 16)
	left := func(rank int, words ...word) { segments = append(segments, segment{rank: rank, words: words, gap: 2}) }
	right := func(rank int, words ...word) {
		segments = append(segments, segment{rank: rank, words: words, gap: 3, right: true})
	}
	left(5, word{theme.Bright, "quotatop"})
	if a.opts.Player != nil {
		left(11, a.replayWords()...)
	}
	if a.opts.Label != "" {
		left(mustStay, word{theme.Accent, a.opts.Label})
	}
	if a.paused {
		left(11, a.pausedWords()...)
	}
	if plan := a.snap.Account.Plan; plan != "" {
		left(2, word{theme.Text, brief(plan, 12)})
	}
	if team := a.snap.Account.Team; team != "" {
		left(1, word{theme.Dim, "team"}, word{theme.Dim, shortTeam(team)})
	}
	if p := a.snap.Profile; p != "" && p != model.DefaultProfile {
		left(3, word{theme.Dim, "limits"}, word{theme.Text, brief(p, 12)})
	}
	for i := range a.snap.Sources {
		s := &a.snap.Sources[i]
		rank := 6
		if s.State != model.StateOK {
			rank = mustStay
		}
		left(rank, a.sourceWords(s)...)
		if used, ok := s.PollsMinute.Get(); ok && s.BudgetMinute.Known() {
			left(4, word{theme.Dim, "polls"}, word{theme.Text, count(used) + "/" + countOr(s.BudgetMinute)}, word{theme.Dim, "min"})
		}
		if used, ok := s.PollsHour.Get(); ok && s.BudgetHour.Known() {
			left(0, word{theme.Text, count(used) + "/" + countOr(s.BudgetHour)}, word{theme.Dim, "h"})
		}
	}
	if a.live {
		right(7, word{theme.Text, clock(a.snap.At)}, word{theme.Dim, "UTC"})
	}
	right(10, a.worstWords(at.w >= 100)...)

	segments = fitting(segments, at.w-1)
	x, end := 1, at.w-1
	for i := len(segments) - 1; i >= 0; i-- {
		if s := &segments[i]; s.right {
			end -= wordsWidth(s.words)
			at.words(end, 0, s.words)
			end -= s.gap
		}
	}
	for i := range segments {
		if s := &segments[i]; !s.right {
			x = at.sub(0, 0, max(end, 0), 1).words(x, 0, s.words) + s.gap
		}
	}
}

// mustStay is the rank from which on a segment loses words before it goes.
const mustStay = 9

// fitting keeps the segments of the highest ranks, as many as fit n cells.
func fitting(segments []segment, n int) []segment {
	order := make([]int, len(segments))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return segments[j].rank - segments[i].rank })
	kept := 0
	for _, i := range order {
		s := &segments[i]
		for s.rank >= mustStay && len(s.words) > 1 && s.gap+wordsWidth(s.words) > n {
			s.words = s.words[:len(s.words)-1] // if only by its sign or name
		}
		n -= s.gap + wordsWidth(s.words)
		if n < 0 {
			break
		}
		kept++
	}
	for _, i := range order[kept:] {
		segments[i].words = nil
	}
	return slices.DeleteFunc(segments, func(s segment) bool { return s.words == nil })
}

// shortTeam is the first group of a team's ID, or as much of it as a header has
// room for.
func shortTeam(id string) string {
	if group, _, ok := strings.Cut(id, "-"); ok && len(group) >= 4 {
		id = group
	}
	return brief(id, 12)
}

// pausedWords say that the screen is held, and how far behind it is.
func (a *App) pausedWords() []word {
	words := []word{{theme.Warm, "PAUSED"}}
	if behind := a.newest.At.Sub(a.snap.At); behind > 0 {
		words = append(words, word{theme.Warm, rough(behind)})
	}
	return words
}

// sourceMark is the sign of a source's state.
func sourceMark(s model.State) (theme.Role, rune) {
	switch s {
	case model.StateOK:
		return theme.Calm, '●'
	case model.StateStale:
		return theme.Warm, '◌'
	case model.StatePaused:
		return theme.Warm, '‖'
	}
	return theme.Full, '✗'
}

// sourceWords name a source, how it is and how old its data is.
func (a *App) sourceWords(s *model.Source) []word {
	role, mark := sourceMark(s.State)
	words := []word{{role, string(mark)}, {theme.Text, brief(s.Name, 12)}}
	if s.State != model.StateOK {
		words = append(words, word{role, string(s.State)})
	}
	if t, ok := s.AsOf.Get(); ok {
		if d := a.snap.At.Sub(t); d > 0 {
			words = append(words, word{theme.Dim, rough(d)})
		}
	}
	return words
}
