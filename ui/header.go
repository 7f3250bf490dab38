package ui

import (
	"slices"
	"strings"
	"unicode/utf8"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// A segment is one fact of the header. Without room for all, those with the lowest
// rank go first.
type segment struct {
	rank  int
	right bool
	words []word
	gap   int // blanks before it
}

// drawHeader draws the program's name, the account and the sources at the left, and
// the time and the next wall at the right.
func (a *App) drawHeader(at area) {
	segments := fitting(a.segments(at.w-1), at.w-1)
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

// segments returns the facts of the header from left to right. The next wall is in words
// that fit n cells beside what matters more.
func (a *App) segments(n int) []segment {
	segments := make([]segment, 0, 16)
	left := func(rank int, parts ...word) { segments = append(segments, segment{rank: rank, words: parts, gap: 2}) }
	right := func(rank int, parts ...word) {
		segments = append(segments, segment{rank: rank, words: parts, gap: 3, right: true})
	}
	left(5, word{theme.Bright, "quotatop"})
	if a.opts.Player != nil {
		left(11, a.replayWords()...)
	}
	if a.inPast() {
		left(11, a.pastWords()...)
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
		left(3, word{theme.Dim, "profile"}, word{theme.Text, brief(p, 12)})
	}
	a.sourceSegments(left)
	if a.live {
		right(7, word{theme.Text, words.Clock(a.snap.At)}, word{theme.Dim, "UTC"})
	}
	for i := range segments {
		if s := &segments[i]; s.rank > 10 || s.rank >= mustStay && n >= 32 {
			n -= s.gap + wordsWidth(s.words)
		}
	}
	next, gap := a.nextTexts(), 3
	if n < 24 { // it is alone
		gap = 0
	}
	if fits := fitWords(n-gap, next...); fits != nil {
		next[0] = fits
	}
	return append(segments, segment{rank: 10, words: next[0], gap: gap, right: true})
}

// sourceSegments adds the sources, and the services that have a problem.
func (a *App) sourceSegments(left func(rank int, words ...word)) {
	for i := range a.snap.Sources {
		s := &a.snap.Sources[i]
		rank := 6
		if s.State != model.StateOK || s.Name == model.SourceFleet && a.unheard() {
			rank = mustStay
		}
		if wall, _ := a.snap.Next(); wall.Kind != model.WallSource || wall.Source != s.Name { // which the next wall names
			left(rank, a.sourceWords(s)...)
		}
		if used, ok := s.PollsMinute.Get(); ok && s.BudgetMinute.Known() {
			left(4, word{theme.Dim, "polls"}, word{theme.Text, words.Count(used) + "/" + words.Opt(s.BudgetMinute, words.Count)}, word{theme.Dim, "min"})
		}
		if used, ok := s.PollsHour.Get(); ok && s.BudgetHour.Known() {
			left(0, word{theme.Text, words.Count(used) + "/" + words.Opt(s.BudgetHour, words.Count)}, word{theme.Dim, "h"})
		}
	}
	for i := range a.snap.Services {
		if p := &a.snap.Services[i]; p.State != model.StateOK {
			left(mustStay, problemWords(p)...)
		}
	}
}

// mustStay is the least rank of segments that lose words before they go.
const mustStay = 9

// fitting returns as many segments as fit n cells, those of the highest ranks.
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
			s.words = s.words[:len(s.words)-1]
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

// shortTeam returns the first group of a team's ID, shortened to fit the header.
func shortTeam(id string) string {
	if group, _, ok := strings.Cut(id, "-"); ok && len(group) >= 4 {
		id = group
	}
	return brief(id, 12)
}

// pausedWords say that the screen is paused, and how far behind it is.
func (a *App) pausedWords() []word {
	parts := []word{{theme.Warm, "PAUSED"}}
	if behind := a.newest.At.Sub(a.snap.At); behind > 0 {
		parts = append(parts, word{theme.Warm, words.Coarse(behind)})
	}
	return parts
}

// sourceMark returns the sign of a source's state.
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

// signText is a sign as text. Those of sources and pressures are in every frame, and
// need not be made.
func signText(sign rune) string {
	for _, known := range [...]string{"●", "‖", "✗", "◌", "△", "▲", "■"} {
		if r, _ := utf8.DecodeRuneInString(known); r == sign {
			return known
		}
	}
	return string(sign)
}

// problemWords name what has a problem, and its state.
func problemWords(p *model.Service) []word {
	role, mark := sourceMark(p.State)
	return []word{{role, signText(mark)}, {role, brief(p.Name, 12)}, {role, string(p.State)}}
}

// sourceWords name a source; one that is not OK with its state and the age of its data.
func (a *App) sourceWords(s *model.Source) []word {
	role, mark := sourceMark(s.State)
	parts := []word{{role, signText(mark)}, {theme.Text, brief(s.Name, 12)}}
	if s.Name == model.SourceFleet && a.hasFleet() && s.State == model.StateOK {
		return a.fleetWords(parts)
	}
	if s.State == model.StateOK { // each pane has the age of its own figures
		return parts
	}
	parts = append(parts, word{role, string(s.State)})
	if t, ok := s.AsOf.Get(); ok {
		if d := a.snap.At.Sub(t); d > 0 {
			parts = append(parts, word{theme.Dim, words.Coarse(d)})
		}
	}
	return parts
}
