package ui

import (
	"strings"
	"testing"
)

func TestFilterOfEndpoints(t *testing.T) {
	for filter, want := range map[string]string{
		"chat":     "chat",
		"TRAIN":    "training",
		"generate": "generate",
		"messages": "chat", // one of its paths
		"felix":    "training",
		"no such":  "",
	} {
		a := press(screen(over, 120, 40), append([]string{"/"}, strings.Split(filter, "")...)...)
		if got := shown(a); got != want {
			t.Errorf("filter %q shows %q, want %q", filter, got, want)
		}
		if frame := plainFrame(a); !strings.Contains(frame, "hidden") || !strings.Contains(frame, "chat            26×") {
			t.Errorf("filter %q: the frame does not say what it hides, or lacks alerts, which are not filtered:\n%s", filter, frame)
		}
		if got := shown(press(a, "enter", "esc")); strings.Count(got, " ") != 6 {
			t.Errorf("after esc the endpoints are %q", got)
		}
	}
}

// The cursor, and so the detail, is on a row that is shown.
func TestFilterTakesTheCursorAlong(t *testing.T) {
	for _, c := range []struct{ keys, want string }{
		{"/ a l l enter", "Next limit: All endpoints, ip, 1m"},
		{"g / c h a t enter", "Detail: POST /v1/chat/completions +3, user, 1m"},
		{"/ a l l enter j", "Detail: All endpoints, ip, 1h"},
		{"/ a l l enter j esc", "Detail: All endpoints, ip, 1h"},
		{"/ q q q enter", "Next limit: POST /v1/chat/completions +3, user, 1m"},
	} {
		a := press(screen(over, 120, 40), strings.Fields(c.keys)...)
		if got := a.detailTitle()[0]; got != c.want {
			t.Errorf("keys %q: %q, want %q", c.keys, got, c.want)
		}
	}
}

// A filter of each kind of list; esc ends that of the list with the focus first.
func TestFiltersOfTheirOwn(t *testing.T) {
	a := press(screen(manyAlerts, 120, 40), strings.Fields("/ c h a t enter 3 / t r a i n enter 1 esc")...)
	if n, rate := strings.Count(shown(a), " "), len(a.alerts(ratePane)); n != 6 || rate != 2 {
		t.Errorf("after esc in the endpoints: %d endpoints, %d alerts; want all and those of training", n+1, rate)
	}
	if a = press(a, "esc"); len(a.alerts(ratePane)) != 12 {
		t.Error("the second esc does not end the other filter")
	}
	a = press(screen(manyAlerts, 120, 40), strings.Fields("3 5 / t r a i n")...)
	if a.focus != ratePane || len(a.alerts(ratePane)) != 2 {
		t.Errorf("from the detail of an alert / is for pane %d", a.focus+1)
	}
}

// Without room elsewhere, the last line says that rows are hidden.
func TestFilterIsNeverHidden(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 12}, {40, 8}, {20, 5}} {
		if frame := plainFrame(press(screen(over, size[0], size[1]), "/", "c", "h", "enter")); !strings.Contains(frame, "/ch") {
			t.Errorf("%v does not say that it is filtered:\n%s", size, frame)
		}
	}
}
