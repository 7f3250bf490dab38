package theme

import (
	"image/color"
	"math"
	"testing"
)

// A linear is a colour in linear sRGB, from 0 to 1.
type linear struct{ r, g, b float64 }

func toLinear(c color.Color) linear {
	r, g, b, _ := c.RGBA()
	part := func(v uint32) float64 {
		x := float64(v) / 0xffff
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return linear{part(r), part(g), part(b)}
}

// The two kinds of red-green blindness, simulated as F. Viénot, H. Brettel and
// J. D. Mollon do in "Digital video colourmaps for checking the legibility of
// displays by dichromats" (1999): the gamut is shrunk a little, then projected.
func protanopia(c linear) linear {
	shrink := func(x float64) float64 { return 0.992052*x + 0.003974 }
	r, g, b := shrink(c.r), shrink(c.g), shrink(c.b)
	yellow := 0.11238*r + 0.88762*g
	return linear{yellow, yellow, 0.00401*r - 0.00401*g + b}
}

func deuteranopia(c linear) linear {
	shrink := func(x float64) float64 { return 0.957237*x + 0.0213814 }
	r, g, b := shrink(c.r), shrink(c.g), shrink(c.b)
	yellow := 0.29275*r + 0.70725*g
	return linear{yellow, yellow, -0.02234*r + 0.02234*g + b}
}

// lab is the colour in CIE L*a*b* under D65.
func (c linear) lab() [3]float64 {
	curve := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x := curve((0.4124*c.r + 0.3576*c.g + 0.1805*c.b) / 0.9505)
	y := curve(0.2126*c.r + 0.7152*c.g + 0.0722*c.b)
	z := curve((0.0193*c.r + 0.1192*c.g + 0.9505*c.b) / 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// distance is the difference of two colours, CIE 1976; 2.3 is just noticeable.
func distance(a, b linear) float64 {
	p, q := a.lab(), b.lab()
	return math.Hypot(math.Hypot(p[0]-q[0], p[1]-q[1]), p[2]-q[2])
}

func TestOkabeItoWithAnyColourVision(t *testing.T) {
	p := OkabeIto().Palette
	meanings := []struct {
		name string
		c    color.Color
	}{{"calm", p.Calm}, {"warm", p.Warm}, {"hot", p.Hot}, {"full", p.Full}, {"others", p.Others}}
	for vision, see := range map[string]func(linear) linear{
		"full vision":  func(c linear) linear { return c },
		"protanopia":   protanopia,
		"deuteranopia": deuteranopia,
	} {
		area := []color.Color{p.AreaCalm, p.AreaWarm, p.AreaHot, p.AreaFull}
		for i, c := range area[1:] {
			if got := distance(see(toLinear(area[i])), see(toLinear(c))); got < 15 {
				t.Errorf("%s: the area's colours %d and %d differ by %.1f, want 15", vision, i, i+1, got)
			}
		}
		for i, a := range meanings {
			for _, b := range meanings[:i] {
				if got := distance(see(toLinear(a.c)), see(toLinear(b.c))); got < 15 {
					t.Errorf("%s: %s and %s differ by %.1f, want 15", vision, a.name, b.name, got)
				}
			}
		}
	}
}

// Mono has only brightness and weight: each higher pressure is visibly brighter.
func TestMonoIsGrey(t *testing.T) {
	th := Mono()
	p := th.Palette
	for _, c := range []color.Color{
		p.Background, p.Text, p.Bright, p.Dim, p.Border, p.Focus, p.Accent, p.Track, p.Limit, p.Fill,
		p.Calm, p.Warm, p.Hot, p.Full, p.Others, p.Rejected,
		p.AreaCalm, p.AreaWarm, p.AreaHot, p.AreaFull,
	} {
		if r, g, b, _ := c.RGBA(); r != g || g != b {
			t.Errorf("%s has a hue", hexOf(c))
		}
	}
	for _, steps := range [][]color.Color{{p.Others, p.Calm, p.Warm, p.Hot, p.Full}, {p.AreaCalm, p.AreaWarm, p.AreaHot, p.AreaFull}} {
		for i, c := range steps[1:] {
			if got := contrast(steps[i], c); luminance(c) < luminance(steps[i]) || got < 1.3 {
				t.Errorf("%s after %s is a step of %.2f, want brighter by 1.3", hexOf(c), hexOf(steps[i]), got)
			}
		}
	}
}
