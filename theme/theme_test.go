package theme

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
)

// luminance is the relative luminance of WCAG 2.
func luminance(c color.Color) float64 {
	l := toLinear(c)
	return 0.2126*l.r + 0.7152*l.g + 0.0722*l.b
}

// contrast is the contrast ratio of WCAG 2.
func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrast(t *testing.T) {
	// Backgrounds differ; a theme must be readable on the common ones.
	backgrounds := map[bool][]string{
		true:  {"#000000", "#1e1e1e", "#1a1b26", "#16191f"},
		false: {"#ffffff", "#fafafa", "#f5f5f5"},
	}
	for _, th := range BuiltIn() {
		p := th.Palette
		text := map[string]color.Color{
			"text": p.Text, "bright": p.Bright, "dim": p.Dim, "focus": p.Focus, "accent": p.Accent,
			"calm": p.Calm, "warm": p.Warm, "hot": p.Hot, "full": p.Full,
		}
		gauge := map[string]color.Color{"limit": p.Limit, "others": p.Others, "rejected": p.Rejected}
		least := 4.5
		if th.Name == "high-contrast" {
			least = 7
		}
		for _, hex := range append([]string{hexOf(p.Background)}, backgrounds[th.Dark]...) {
			bg := lipgloss.Color(hex)
			for name, c := range text {
				if got := contrast(c, bg); got < least {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", th.Name, name, hex, got, least)
				}
			}
			for name, c := range gauge {
				if got := contrast(c, bg); got < 3 {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want 3", th.Name, name, hex, got)
				}
			}
			for i, c := range p.gradient(mix) {
				if got := contrast(c, bg); got < least-1.5 {
					t.Errorf("%s: the area's colour %d on %s has a contrast of %.2f, want %.1f", th.Name, i, hex, got, least-1.5)
				}
			}
		}
		if got := contrast(p.Background, p.Text); got < 7 {
			t.Errorf("%s: text on its own background has a contrast of %.2f", th.Name, got)
		}
	}
}

// hexOf is the colour as a theme file has it.
func hexOf(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// Frames, tracks and the bodies of charts stay in the background, except in a theme
// with high contrast.
func TestQuietColoursAreQuiet(t *testing.T) {
	for _, th := range BuiltIn() {
		p := th.Palette
		for name, c := range map[string]color.Color{"border": p.Border, "track": p.Track, "fill": p.Fill} {
			low, high := 1.15, 3.0
			if th.Name == "high-contrast" && name != "fill" {
				low, high = 3, 7
			}
			if got := contrast(c, p.Background); got > high || got < low {
				t.Errorf("%s: %s has a contrast of %.2f, want %.2f to %.2f", th.Name, name, got, low, high)
			}
		}
	}
}

func TestEveryRoleHasAStyle(t *testing.T) {
	all := map[string]Styles{"basic": Basic()}
	for _, th := range BuiltIn() {
		all[th.Name] = th.Styles()
	}
	for name, s := range all {
		for r := range roles {
			// Each resets the style before it.
			if p := s.Prefix(r); p != "\x1b[m" && !strings.HasPrefix(p, "\x1b[0;") && !strings.HasPrefix(p, "\x1b[0m") {
				t.Errorf("%s: role %d has the prefix %q", name, r, p)
			}
		}
	}
}

// With sixteen colours the terminal's own palette is used, not true colours.
func TestBasicNamesColours(t *testing.T) {
	s := Basic()
	for r := range roles {
		if strings.Contains(s.Prefix(r), "38;") {
			t.Errorf("role %d has the prefix %q", r, s.Prefix(r))
		}
	}
}

// The area is calm up to half of the limit, full from the limit on, and between has
// the colours of the palette where the pressures begin.
func TestArea(t *testing.T) {
	p := Dark().Palette
	steps := p.gradient(mix)
	for ratio, want := range map[float64]color.Color{
		-1: p.AreaCalm, 0: p.AreaCalm, 0.5: p.AreaCalm, 1: p.AreaFull, 1.2: p.AreaFull, math.Inf(1): p.AreaFull, math.NaN(): p.AreaCalm,
	} {
		if got := steps[Area(ratio)-area]; hexOf(got) != hexOf(want) {
			t.Errorf("at %v the area is %s, want %s", ratio, hexOf(got), hexOf(want))
		}
	}
	if Area(0.999) == Area(1) {
		t.Error("just below the limit the area looks full")
	}
	for i, c := range p.gradient(nearest) {
		if c != p.AreaCalm && c != p.AreaWarm && c != p.AreaHot && c != p.AreaFull {
			t.Errorf("the colour %d of a terminal with sixteen colours is mixed", i)
		}
	}
}

func TestByName(t *testing.T) {
	if th, err := ByName(BuiltIn(), "light"); err != nil || th.Name != "light" || th.Dark {
		t.Errorf("light is %q, dark %t, error %v", th.Name, th.Dark, err)
	}
	_, err := ByName(BuiltIn(), "pink")
	if err == nil || err.Error() != `unknown theme "pink": use one of dark, light, high-contrast, okabe-ito, mono` {
		t.Errorf("pink: %v", err)
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, th := range BuiltIn() {
		if seen[th.Name] || th.Name == "" {
			t.Errorf("the name %q is empty or there twice", th.Name)
		}
		seen[th.Name] = true
	}
}
