package ui

import (
	"strings"
	"testing"
	"time"

	"quotatop/model"
)

// curveOf draws the cap's curve of a snapshot.
func curveOf(s *model.Snapshot, w, h int) string {
	cv := newCanvas(w, h)
	a := App{snap: walled(*s), live: true}
	a.drawCurve(cv.all())
	return cv.text(nil)
}

// The curve shows what was spent since the reset, what the burn rate makes of it, and
// the cap; what is not known is blank.
func TestCapCurve(t *testing.T) {
	s := busy()
	s.Cap.Spent = spentOver(now, 31_270_000, 6*time.Hour)
	want := strings.TrimPrefix(`
spent since 00:00 UTC
$50 ⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⢉⢍⢝△⢝⢝⢝⢝⢝⢝⢝⢝⢝⢝⢝⢝
                                ⢀⢄⢔⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕
                            ⢀⢄⢔⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕`, "\n")
	got := curveOf(s, 52, 10)
	if !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant it to begin with\n%s", got, want)
	}
	lines := strings.Split(got, "\n")
	if left, _, _ := strings.Cut(lines[8], "⣿"); strings.TrimSpace(left) != "$0" || len(left) < 16 {
		t.Errorf("what was not known is drawn as %q", left)
	}
	if axis := lines[9]; !strings.Contains(axis, "00:00") || !strings.Contains(axis, "12:00") || !strings.HasSuffix(axis, "reset") {
		t.Errorf("the times are %q", axis)
	}
}

// Nothing is projected from old figures, or without a burn rate; without a cap there is
// no line.
func TestCapCurveOfWhatIsKnown(t *testing.T) {
	for name, change := range map[string]func(*model.Cap){
		"stale":        func(c *model.Cap) { c.AsOf = at(10 * time.Minute) },
		"no burn rate": func(c *model.Cap) { c.BurnPerMin = model.Opt[model.Micros]{} },
	} {
		s := busy()
		change(&s.Cap)
		if got := curveOf(s, 52, 10); strings.ContainsRune(got, '⢕') || !strings.ContainsRune(got, '⣿') {
			t.Errorf("%s: drawn as\n%s", name, got)
		}
	}
	s := busy()
	s.Cap.Limit, s.Cap.ExhaustsAt = model.Opt[model.Micros]{}, model.Opt[time.Time]{}
	if got := curveOf(s, 52, 10); strings.ContainsRune(got, '⠉') || !strings.Contains(got, "$60") {
		t.Errorf("without a cap it is drawn as\n%s", got)
	}
	s.Cap.Spent = nil
	if got := curveOf(s, 52, 10); strings.TrimSpace(got) != "" {
		t.Errorf("without a curve there is\n%s", got)
	}
}

// The models that cost most are listed, their costs whole and their names cut at the
// front.
func TestSpendByModel(t *testing.T) {
	frame := plainFrame(screen(busy, 200, 60))
	order := []string{"pioneer-large-of-the-latest-kind  $18.72", "gliner-2-xl                        $9.00", " DeepSeek-V4-Flash-of-2026         ≈$0.90", "pioneer-small                      $0.41"}
	for i, want := range order {
		if !strings.Contains(frame, want) || i > 0 && strings.Index(frame, want) < strings.Index(frame, order[i-1]) {
			t.Errorf("%q is not in its place in\n%s", want, frame)
		}
	}
}
