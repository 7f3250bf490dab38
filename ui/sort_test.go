package ui

import (
	"slices"
	"strings"
	"testing"

	"quotatop/model"
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
