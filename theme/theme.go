// Package theme defines what the colours mean. A Palette has a colour for each
// meaning. Styles are the escape sequences of a palette, made once and not in
// every frame.
//
// Colours are true colours. The terminal's colour profile reduces them to what the
// terminal can show, or drops them if NO_COLOR is set. So nothing may be shown by
// colour alone.
package theme

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// A Theme is a named palette.
type Theme struct {
	Name string
	// Dark is set if the palette is for a dark background.
	Dark    bool
	Palette Palette
}

// A Palette is a colour for each meaning. Background is the colour that the others
// are meant to be read on; it is never drawn, so that the terminal's own shows.
type Palette struct {
	Background color.Color

	Text   color.Color // plain text
	Bright color.Color // names, and the figures that matter most
	Dim    color.Color // labels, units, stale figures
	Border color.Color // the frames of panes
	Focus  color.Color // the frame of the focused pane
	Accent color.Color // keys, the mark of the selected row
	Track  color.Color // the empty part of a gauge
	Limit  color.Color // the mark of a limit on its gauge
	Fill   color.Color // the part of a chart that is only projected

	// The pressures, see model.Pressure.
	Calm color.Color
	Warm color.Color
	Hot  color.Color
	Full color.Color

	// The area of a chart at each pressure. The colours between are mixed, see Area.
	AreaCalm color.Color
	AreaWarm color.Color
	AreaHot  color.Color
	AreaFull color.Color

	Others   color.Color // calls from other machines using the same key
	Rejected color.Color // rejected calls
}

// A Role is a meaning of text on the screen.
type Role uint8

// The roles. Plain has no style.
const (
	Plain Role = iota
	Text
	Bright
	Dim
	Border
	Focus
	Title
	FocusTitle
	Accent
	Track
	Limit
	Peak
	Fill
	Calm
	Warm
	Hot
	Full
	Others
	Rejected
	Alarm // an error message: bold, in the colour of Full
	area  // the first of the area's gradient
	roles = area + areaSteps
)

// Styles are the escape sequences of a palette.
type Styles struct{ prefix [roles]string }

// Prefix returns the escape sequence that begins text of this role. It resets the
// style first, so text of another role needs no sequence at its end.
func (s *Styles) Prefix(r Role) string { return s.prefix[r] }

// Styles returns the escape sequences of the theme.
func (t Theme) Styles() Styles {
	colour := func(c color.Color) string { return ansi.NewStyle().Reset().ForegroundColor(c).String() }
	bold := func(c color.Color) string { return ansi.NewStyle().Reset().Bold().ForegroundColor(c).String() }
	return t.Palette.styles(colour, bold, mix)
}

// styles sets the colour and the weight of each role, and mixes those of the area.
func (p Palette) styles(colour, bold func(color.Color) string, between func(a, b color.Color, t float64) color.Color) Styles {
	s := Styles{prefix: [roles]string{
		Plain:      ansi.ResetStyle,
		Text:       colour(p.Text),
		Bright:     bold(p.Bright),
		Dim:        colour(p.Dim),
		Border:     colour(p.Border),
		Focus:      colour(p.Focus),
		Title:      colour(p.Text),
		FocusTitle: bold(p.Focus),
		Accent:     colour(p.Accent),
		Track:      colour(p.Track),
		Limit:      colour(p.Limit),
		Peak:       colour(p.Limit),
		Fill:       colour(p.Fill),
		Calm:       colour(p.Calm),
		Warm:       colour(p.Warm),
		Hot:        bold(p.Hot),
		Full:       bold(p.Full),
		Others:     colour(p.Others),
		Rejected:   colour(p.Rejected),
		Alarm:      bold(p.Full),
	}}
	for i, c := range p.gradient(between) {
		s.prefix[int(area)+i] = colour(c)
	}
	return s
}

// Basic returns styles for terminals with at most sixteen colours, which users choose
// themselves. No palette can be reduced to those reliably, so the styles use them by
// name. Text keeps the terminal's colour.
func Basic() Styles {
	plain, quiet := color.Color(nil), color.Color(ansi.Black)
	p := Palette{
		Text: plain, Bright: plain, Dim: quiet, Border: quiet, Focus: ansi.Cyan, Accent: ansi.Cyan, Track: quiet, Limit: quiet, Fill: quiet,
		Calm: ansi.Green, Warm: ansi.Yellow, Hot: ansi.Red, Full: ansi.Red, Others: ansi.Magenta, Rejected: ansi.Red,
		AreaCalm: ansi.Green, AreaWarm: ansi.Yellow, AreaHot: ansi.Red, AreaFull: ansi.Red,
	}
	style := func(base ansi.Style) func(color.Color) string {
		return func(c color.Color) string {
			switch c {
			case plain:
				return base.String()
			case quiet: // bright black is the background in some schemes
				return base.Faint().String()
			}
			return base.ForegroundColor(c).String()
		}
	}
	return p.styles(style(ansi.NewStyle().Reset()), style(ansi.NewStyle().Reset().Bold()), nearest)
}

// ByName returns the theme with this name. An error lists the names there are.
func ByName(themes []Theme, name string) (Theme, error) {
	names := make([]string, len(themes))
	for i, t := range themes {
		if t.Name == name {
			return t, nil
		}
		names[i] = t.Name
	}
	return Theme{}, fmt.Errorf("unknown theme %q: use one of %s", name, strings.Join(names, ", "))
}
