// Package theme says what the colours mean. A Palette gives a colour to each
// meaning; Styles turns a palette into the escape sequences that begin a piece
// of text, made once and not at every frame.
//
// Colours are written in full; the terminal's colour profile brings them down
// to what it can show, and drops them where NO_COLOR is set. So no theme may
// say by colour alone what matters.
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
	// Dark is set when the palette is made for a dark background.
	Dark    bool
	Palette Palette
}

// A Palette is a colour for each meaning. Background is what the others are
// chosen to be read on; it is never drawn, so that the terminal's own shows.
type Palette struct {
	Background color.Color

	Text   color.Color // what is read
	Bright color.Color // the figures that matter most, and names
	Dim    color.Color // labels, units, what is stale
	Border color.Color // the frames of panes
	Focus  color.Color // the frame of the pane that has the keys
	Accent color.Color // keys, the selected row's mark
	Track  color.Color // the empty part of a gauge
	Limit  color.Color // the mark of a limit on its gauge
	Fill   color.Color // the body of a chart, below its line

	// The pressures of model, and what is not ours.
	Calm   color.Color
	Warm   color.Color
	Hot    color.Color
	Full   color.Color
	Others color.Color // the calls of other machines on the same key
	// Rejected is the calls that were denied.
	Rejected color.Color
}

// A Role is a meaning that text can have on screen.
type Role uint8

// The roles. Plain is text that no style touches.
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
	Alarm // a sentence that must be read: bold, in the colour of Full
	roles
)

// Styles are the escape sequences of a palette.
type Styles struct{ prefix [roles]string }

// Prefix is the escape sequence that begins text of this role. It sets
// everything anew: no sequence is needed in between.
func (s *Styles) Prefix(r Role) string { return s.prefix[r] }

// Styles makes the escape sequences of the theme.
func (t Theme) Styles() Styles {
	colour := func(c color.Color) string { return ansi.NewStyle().Reset().ForegroundColor(c).String() }
	bold := func(c color.Color) string { return ansi.NewStyle().Reset().Bold().ForegroundColor(c).String() }
	return t.Palette.styles(colour, bold)
}

// styles gives each role its colour and weight.
func (p Palette) styles(colour, bold func(color.Color) string) Styles {
	return Styles{prefix: [roles]string{
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
}

// Basic is the styles for terminals that have no more than the sixteen colours
// which their users chose. Bringing a palette down to those would make a gamble
// of it, so these name the colours themselves; text keeps the terminal's own.
func Basic() Styles {
	plain, quiet := color.Color(nil), color.Color(ansi.Black)
	p := Palette{
		Text: plain, Bright: plain, Dim: quiet, Border: quiet, Focus: ansi.Cyan, Accent: ansi.Cyan, Track: quiet, Limit: quiet, Fill: quiet,
		Calm: ansi.Green, Warm: ansi.Yellow, Hot: ansi.Red, Full: ansi.Red, Others: ansi.Magenta, Rejected: ansi.Red,
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
	return p.styles(style(ansi.NewStyle().Reset()), style(ansi.NewStyle().Reset().Bold()))
}

// ByName returns the theme of this name.
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
