package ui

import (
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// An opening shows the first frame at once.
//
// Bubble Tea writes at the ticks of a ticker, which costs more than drawing: a fast
// one wakes the processor for nothing, a slow one leaves the terminal empty until
// the first tick. So the ticker is slow, and the opening writes the first frame
// itself as soon as it knows the terminal's size and colours. At its first tick
// Bubble Tea draws the same frame again. From the first frame on the App replaces
// the opening.
type opening struct {
	app     App
	out     io.Writer
	profile colorprofile.Profile // the terminal's; Unknown at first
}

// Init implements tea.Model. The first frame asks for the background, so that the
// answer comes before the first tick.
func (o opening) Init() tea.Cmd { return o.app.pulls() }

// Update implements tea.Model.
func (o opening) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m, cmd := o.app.Update(msg)
	o.app = m.(App)
	if p, ok := msg.(tea.ColorProfileMsg); ok {
		o.profile = p.Profile
	}
	if o.profile == colorprofile.Unknown || o.app.w == 0 {
		return o, cmd
	}
	o.show()
	return o.app, cmd
}

// View implements tea.Model.
func (o opening) View() tea.View { return o.app.View() }

// show writes the frame. Bubble Tea will get the same error and report it.
func (o opening) show() {
	query := ""
	if !o.app.byUser {
		query = ansi.RequestBackgroundColor
	}
	frame := strings.ReplaceAll(o.app.View().Content, "\n", "\r\n")
	w := colorprofile.Writer{Forward: o.out, Profile: o.profile}
	_, _ = w.WriteString(ansi.SetModeAltScreenSaveCursor + ansi.ResetModeTextCursorEnable + query + ansi.CursorHomePosition + frame)
}

// endOpening restores the terminal if Bubble Tea fails before its first tick, when it
// does not know about the opening. Otherwise it does nothing.
const endOpening = ansi.ResetModeAltScreenSaveCursor + ansi.SetModeTextCursorEnable

// saveTitle makes the terminal save its window's title, and restoreTitle restore it
// (XTWINOPS), because Bubble Tea leaves the title empty. Terminals that cannot do
// this ignore them.
const (
	saveTitle    = "\x1b[22;2t"
	restoreTitle = "\x1b[23;2t"
)
