package ui

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// checkFrame fails if a frame would break the screen: by a line that is too wide by
// either way to measure it, too many lines, a control character, a number that is
// cut, or a frame that is not closed at its right edge.
func checkFrame(t *testing.T, what string, frame string, w, h int) {
	t.Helper()
	lines := strings.Split(frame, "\n")
	if len(lines) > h {
		t.Errorf("%s, %dx%d: %d lines", what, w, h, len(lines))
	}
	for y, line := range lines {
		if got, wc := ansi.StringWidth(line), ansi.StringWidthWc(line); got > w || wc != got {
			t.Errorf("%s, %dx%d: line %d is %d or %d wide: %q", what, w, h, y, got, wc, line)
		}
		last := ' '
		for _, r := range line {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Errorf("%s, %dx%d: line %d has %U", what, w, h, y, r)
			}
			if r == '…' && unicode.IsDigit(last) {
				t.Errorf("%s, %dx%d: line %d cuts a number: %q", what, w, h, y, line)
			}
			last = r
		}
		if strings.HasPrefix(line, "╭") || strings.HasPrefix(line, "╰") || strings.HasPrefix(line, "│") {
			if ansi.StringWidth(line) != w || !strings.ContainsRune("╮╯│", last) {
				t.Errorf("%s, %dx%d: the frame is open in line %d: %q", what, w, h, y, line)
			}
		}
	}
}

// sizes are those around each layout's least size, and a sample of all others.
func sizes() [][2]int {
	var out [][2]int
	for _, l := range layouts {
		for dw := -1; dw <= 1; dw++ {
			for dh := -1; dh <= 1; dh++ {
				if l.w+dw > 0 && l.h+dh > 0 {
					out = append(out, [2]int{l.w + dw, l.h + dh})
				}
			}
		}
	}
	for _, f := range rowFormats {
		out = append(out, [2]int{f.w + 3, 24}, [2]int{f.w + 4, 24}, [2]int{max(f.w, 1), 9})
	}
	for w := 1; w <= 60; w += 9 {
		for h := 1; h <= 14; h += 2 {
			out = append(out, [2]int{w, h})
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		out = append(out, [2]int{1 + random.IntN(300), 1 + random.IntN(100)})
	}
	return append(out, [2]int{1, 1}, [2]int{300, 100}, [2]int{300, 1}, [2]int{1, 100})
}

// views are ways to look at a state, as keys.
var views = []string{"", "?", "1 z", "2 z", "3 z", "4 z", "5 z", "enter", "3 j j j enter", "4 enter G", "/ a", "p", "G", "c", ":", ": e down", "f", "f enter"}

func TestFramesFit(t *testing.T) {
	for _, s := range states {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			a := screen(s.snap, 120, 40)
			for i, size := range sizes() {
				if strings.HasPrefix(s.name, "fleet") && i%4 != 0 {
					continue // they are alike but for the fleet
				}
				// All views at some sizes, the plain one at all.
				for j, keys := range views {
					if j > 0 && i%7 != j%7 && size != [2]int{1, 1} {
						continue
					}
					v := press(a.sized(size[0], size[1]), strings.Fields(keys)...)
					checkFrame(t, fmt.Sprintf("%s, keys %q", s.name, keys), plainFrame(v), size[0], size[1])
				}
			}
		})
	}
}

// A resize while something is zoomed or scrolled must not leave the focus
// without a pane.
func TestResizeStorm(t *testing.T) {
	a := screen(manyAlerts, 200, 60)
	random := rand.New(rand.NewPCG(3, 4))
	keys := []string{"tab", "shift+tab", "1", "2", "3", "4", "5", "up", "down", "left", "right", "g", "G", "enter", "esc", "z", "c", "?", "f"}
	for i := range 600 {
		if i == 500 {
			a = screen(fleetOf12, 200, 60)
		}
		w, h := 1+random.IntN(300), 1+random.IntN(100)
		a = press(a.sized(w, h), keys[random.IntN(len(keys))])
		checkFrame(t, "storm", plainFrame(a), w, h)
	}
}

// numbers returns the numbers of a frame, except those of hidden rows.
func numbers(frame string) []string {
	frame = regexp.MustCompile(`\+ ?\d+( more)?|\d+ (more|above|below)`).ReplaceAllString(frame, "")
	return regexp.MustCompile(`[0-9]([0-9,.:]*[0-9])?[kMG]?`).FindAllString(frame, -1)
}

// Every number on the screen, at any size, is also in the frames in testdata, which
// people read. So none is a part of another number.
func TestNoNumberIsCut(t *testing.T) {
	sizes := make([][2]int, 0, 400)
	for w := 1; w <= 300; w += 1 + w/7 {
		for _, h := range []int{1, 2, 3, 4, 5, 7, 9, 11, 14, 18, 23, 28, 35, 41, 60, 100} {
			sizes = append(sizes, [2]int{w, h})
		}
	}
	for _, name := range []string{"busy", "wall", "refused", "over", "cap"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := map[string]bool{}
			files, err := filepath.Glob("testdata/*.golden")
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				if strings.Contains(file, "hostile") {
					continue
				}
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range numbers(ansi.Strip(string(data))) {
					read[n] = true
				}
			}
			a := screen(state(t, name), 120, 40)
			for i, size := range sizes {
				keys := []string{"", "enter", "1 z", "2 z", "5 z"}[i%5]
				frame := plainFrame(press(a.sized(size[0], size[1]), strings.Fields(keys)...))
				for _, n := range numbers(frame) {
					if !read[n] {
						t.Errorf("%v, keys %q: %s is in no frame of testdata:\n%s", size, keys, n, frame)
						return
					}
				}
			}
		})
	}
}

func TestEveryPaneHasAPlace(t *testing.T) {
	var shown []paneID
	for _, l := range layouts {
		for _, b := range l.bands {
			for _, stack := range b {
				for _, s := range stack.slots {
					shown = append(shown, s.pane)
				}
			}
		}
	}
	for p := range panes {
		if !slices.Contains(shown, paneID(p)) {
			t.Errorf("no layout shows pane %d", p)
		}
	}
}

// A layout must have the height that its bands need at least.
func TestLayoutsHaveRoomForTheirBands(t *testing.T) {
	for _, l := range layouts {
		need := 0
		for _, b := range l.bands {
			need += max((&App{}).need(b).min, (&App{snap: *fleetOf3()}).need(b).min)
		}
		if l.header {
			need++
		}
		if l.footer {
			need++
		}
		if l.h < need && l.name != "strip" {
			t.Errorf("layout %s is for %d lines and needs %d", l.name, l.h, need)
		}
	}
}

func TestLayoutFor(t *testing.T) {
	for size, want := range map[[2]int]string{
		{20, 3}: "strip", {19, 40}: "strip", {20, 4}: "short", {40, 8}: "short", {40, 12}: "slim", {60, 15}: "narrow",
		{40, 40}: "column", {62, 18}: "flatter", {70, 24}: "flat", {80, 24}: "standard", {100, 30}: "roomy", {80, 40}: "tall", {120, 20}: "low",
		{120, 24}: "broad", {120, 34}: "wide", {120, 40}: "large", {200, 60}: "huge", {300, 100}: "huge", {120, 10}: "short",
	} {
		if got := layoutFor(size[0], size[1]).name; got != want {
			t.Errorf("layout of %v is %s, want %s", size, got, want)
		}
	}
}

// From 20x3 on, the next wall, the cap's countdown and the denials are
// always on screen.
func TestTheMostImportantFactsAreAlwaysThere(t *testing.T) {
	for w := 20; w <= 300; w += 23 {
		for h := 3; h <= 100; h += 7 {
			frame := plainFrame(screen(over, w, h))
			for _, fact := range []string{"chat", "refused", "11:55:29", "70×", "26×"} {
				switch {
				case fact == "11:55:29" && strings.Contains(frame, "█▀█"): // in big figures
				case fact == "70×" && strings.Contains(frame, "26×"), fact == "26×" && strings.Contains(frame, "70×"):
				case !strings.Contains(frame, fact):
					t.Errorf("%dx%d lacks %s:\n%s", w, h, fact, frame)
				}
			}
		}
	}
}

// At any size from 20x3 up, a word or a sign shows that figures are old or that the
// screen is paused, not colour alone.
func TestSmallScreensSayWhatIsNotNow(t *testing.T) {
	for _, w := range []int{20, 24, 30, 40, 61, 80} {
		for h := 3; h <= 30; h++ {
			a := New(nil, Options{}).sized(w, h)
			if frame := plainFrame(send(a, snapshotMsg(*stale()))); !strings.Contains(frame, "◌") {
				t.Errorf("%dx%d, billing stale:\n%s", w, h, frame)
			}
			if frame := plainFrame(press(send(a, snapshotMsg(*over())), "p")); !strings.Contains(frame, "PAUSED") {
				t.Errorf("%dx%d, held:\n%s", w, h, frame)
			}
		}
	}
}
