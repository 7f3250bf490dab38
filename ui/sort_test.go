package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

// shown are the IDs of the endpoints in the order of the screen.
func shown(a App) string {
	var ids []string
	for _, r := range a.listed(a.rows(false, false)) {
		ids = append(ids, r.endpoint)
	}
	return strings.Join(ids, " ")
}

func TestSort(t *testing.T) {
	unsaid := over()
	unsaid.Endpoints[3].Limits[0].Used, unsaid.Endpoints[3].Calls = model.Opt[int]{}, model.Opt[int]{}
	a := screen(func() *model.Snapshot { return unsaid }, 120, 40)
	for _, c := range []struct{ title, want string }{
		{"Endpoints", "all inference chat gliner generate training other"},
		{"Endpoints by pressure", "chat generate all inference training gliner other"},
		{"Endpoints by name", "all chat generate gliner inference other training"},
		{"Endpoints by rate", "all inference chat generate other training gliner"},
		{"Endpoints", "all inference chat gliner generate training other"},
	} {
		if got := shown(a); got != c.want || a.endpointsTitle()[0] != c.title {
			t.Errorf("%s: %s; want %s: %s", a.endpointsTitle()[0], got, c.title, c.want)
		}
		a = press(a, "s")
	}
}

// The cursor stays on its row when the order changes.
func TestSortKeepsTheCursor(t *testing.T) {
	a := press(screen(over, 120, 40), "g", "j", "j", "s")
	want := "Detail: POST /inference, user, 1m"
	if got := a.detailTitle()[0]; got != want {
		t.Fatalf("sorted: %q, want %q", got, want)
	}
	s := over()
	used(&s.Endpoints[1].Limits[0], 1199, 0.1)
	a = send(a, snapshotMsg(*s))
	if got := a.detailTitle()[0]; got != want {
		t.Errorf("after new figures: %q, want %q", got, want)
	}
	b := press(a, "g")
	if got := b.detailTitle()[0]; !strings.HasPrefix(got, "Detail: POST /v1/chat") {
		t.Errorf("the first row by pressure is %q", got)
	}
	rows := a.rows(true, false)
	if i := slices.IndexFunc(rows, func(r row) bool { return r.limit != nil && r.limit.Limit == 1200 }); a.cursorRow(rows) != i {
		t.Errorf("the mark is on row %d, want %d", a.cursorRow(rows), i)
	}
}

// Rows stay where they are while figures change, until it is time to sort again.
func TestRowsDoNotHop(t *testing.T) {
	a := press(screen(over, 120, 40), "s", "s", "s") // by rate
	at := func(after time.Duration) string {
		s := over()
		s.At = s.At.Add(after)
		s.Endpoints[5].Calls = model.Some(9000)
		a = send(a, snapshotMsg(*s))
		return shown(a)
	}
	a = send(a, snapshotMsg(*over()))
	first := shown(a)
	for _, after := range []time.Duration{time.Second, 9 * time.Second} {
		if got := at(after); got != first {
			t.Errorf("%s later: %s, want %s", after, got, first)
		}
	}
	if got := at(10 * time.Second); got == first || !strings.HasPrefix(got, "training") {
		t.Errorf("10s later: %s, want training first", got)
	}
}

// A click on a column's title sorts by it, the next reverses the order, and so does S.
func TestHeadingsSort(t *testing.T) {
	a := screen(over, 120, 40)
	click := func(title string) {
		t.Helper()
		line := strings.Split(plainFrame(a), "\n")[2]
		i := strings.Index(line, title)
		if i < 0 {
			t.Fatalf("no title %q in %q", title, line)
		}
		m, _ := a.Update(tea.MouseClickMsg{X: width(line[:i]), Y: 2, Button: tea.MouseLeft})
		a = m.(App)
	}
	for _, c := range []struct{ title, marked, want string }{
		{"endpoint", "endpoint▴", "Endpoints by name"},
		{"endpoint", "endpoint▾", "Endpoints by name, reversed"},
		{"calls", "calls▾", "Endpoints by rate"},
		{"state", "state▾", "Endpoints by pressure"},
		{"state", "state▴", "Endpoints by pressure, reversed"},
	} {
		click(c.title)
		if got := a.endpointsTitle()[0]; got != c.want || !strings.Contains(plainFrame(a), c.marked) {
			t.Errorf("after a click on %s: %s, want %s with %s:\n%s", c.title, got, c.want, c.marked, plainFrame(a))
		}
	}
	if a = press(a, "S"); a.reversed || !strings.HasPrefix(shown(a), "chat generate") {
		t.Errorf("after S: %s", shown(a))
	}
}
