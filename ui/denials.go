package ui

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"quotatop/model"
	"quotatop/ui/words"

	tea "charm.land/bubbletea/v2"
)

// cleared is the state of a group of denials when the user cleared it. The next
// denial shows the group again.
type cleared struct {
	at    time.Time
	count int
}

// itemOf identifies a group while it lives. That of the cap is the only one of its
// kind; its endpoint, reason and source are those of the last denial.
func itemOf(g *model.DenialGroup) item {
	if g.Kind == model.KindCap {
		return item{kind: g.Kind}
	}
	return item{endpoint: g.Endpoint, kind: g.Kind, reason: g.Reason, source: g.Source}
}

// paneOf returns the pane that shows a group. A 429 without a reason is more often a
// rate limit's than not.
func paneOf(g *model.DenialGroup) paneID {
	if g.Kind.Waits() || g.Kind == model.KindUnknown && g.Status == 429 {
		return ratePane
	}
	return billingPane
}

// alerts returns the groups that a pane shows, the one that began last first: it is
// not the last denial that decides, so that rows keep their places.
func (a *App) alerts(p paneID) []*model.DenialGroup {
	if len(a.snap.Denials) == 0 {
		return nil
	}
	out := make([]*model.DenialGroup, 0, len(a.snap.Denials))
	for i := range a.snap.Denials {
		if g := &a.snap.Denials[i]; paneOf(g) == p && a.isListed(g) {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(g, h *model.DenialGroup) int {
		return cmp.Or(h.First.Compare(g.First), cmp.Compare(g.Kind, h.Kind), cmp.Compare(g.Endpoint, h.Endpoint), cmp.Compare(g.Reason, h.Reason), cmp.Compare(g.Source, h.Source))
	})
	return out
}

func (a *App) isCleared(g *model.DenialGroup) bool {
	c, ok := a.cleared[itemOf(g)]
	return ok && c.count == g.Count && !g.At.After(c.at)
}

// matches reports whether any text of a group contains the filter.
func (a *App) matches(g *model.DenialGroup) bool {
	f := *a.filter(ratePane)
	for i := range g.Generators {
		if f != "" && contains(f, g.Generators[i].Name) {
			return true
		}
	}
	for _, e := range g.Endpoints {
		if f != "" && contains(f, e.ID) {
			return true
		}
	}
	return f == "" || contains(f, words.Endpoint(g.Endpoint), string(g.Kind), g.Reason, g.Detail, g.URL, g.Source, strconv.Itoa(g.Status))
}

// hidden returns how many groups of a pane the filter hides, and how many the user
// cleared.
func (a *App) hidden(p paneID) (filtered, clear int) {
	for i := range a.snap.Denials {
		g := &a.snap.Denials[i]
		switch {
		case paneOf(g) != p:
		case a.isCleared(g):
			clear++
		case !a.matches(g):
			filtered++
		}
	}
	return filtered, clear
}

func (a *App) canClear() bool {
	for i := range a.snap.Denials {
		if a.isListed(&a.snap.Denials[i]) {
			return true
		}
	}
	return false
}

// isListed reports whether a group is shown in its pane.
func (a *App) isListed(g *model.DenialGroup) bool { return !a.isCleared(g) && a.matches(g) }

// clear clears the alerts of the focused pane, or all alerts if neither pane has the
// focus.
func (a *App) clear(string) tea.Cmd {
	seen := make(map[item]cleared, len(a.snap.Denials))
	for k, v := range a.cleared {
		seen[k] = v
	}
	for _, p := range []paneID{ratePane, billingPane} {
		if other := ratePane + billingPane - p; a.focus == other {
			continue
		}
		for _, g := range a.alerts(p) {
			seen[itemOf(g)] = cleared{g.At, g.Count}
		}
	}
	a.cleared = seen
	return nil
}

// shownAlerts returns the indices of the groups that fit so many lines: those around
// the cursor, or without one those that stop calls now before those that have ended.
func (a *App) shownAlerts(groups []*model.DenialGroup, room, cursor int) []int {
	room = min(room, len(groups))
	out := make([]int, 0, room)
	if cursor >= 0 {
		first := min(max(cursor-room+1, 0), len(groups)-room)
		for i := range room {
			out = append(out, first+i)
		}
		return out
	}
	for _, ended := range []bool{false, true} {
		for i, g := range groups {
			if len(out) < room && a.ended(g) == ended {
				out = append(out, i)
			}
		}
	}
	slices.Sort(out)
	return out
}

// ended reports whether a group stops no calls any more, as far as is known.
func (a *App) ended(g *model.DenialGroup) bool {
	return !slices.ContainsFunc(a.snap.Walls, func(w model.Wall) bool {
		return w.Kind == model.WallRefused && w.Denial == g.Kind && (w.Endpoint == "" || w.Endpoint == g.Endpoint)
	})
}
