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
// Bubble Tea writes on the beat of a ticker, the first frame after the first
// beat, and its ticker costs more than all that we draw: a quick one wakes the
// processor for nothing, a slow one leaves the terminal empty for a while. So
// the ticker is slow, and the opening writes the first frame itself, as soon as
// the size and the colours of the terminal are known. Bubble Tea paints the same
// over it at its first beat. Then the opening is over: it gives way to the App.
type opening struct {
	app     App
	out     io.Writer
	profile colorprofile.Profile // Unknown until the terminal's is known
}

// Init implements tea.Model. It leaves the question for the background to the
// first frame, so that the answer is there before the first beat.
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

// show writes the frame. An error will meet Bubble Tea too, which reports it.
func (o opening) show() {
	query := ""
	if !o.app.byUser {
		query = ansi.RequestBackgroundColor
	}
	frame := strings.ReplaceAll(o.app.View().Content, "\n", "\r\n")
	w := colorprofile.Writer{Forward: o.out, Profile: o.profile}
	_, _ = w.WriteString(keepTitle + ansi.SetModeAltScreenSaveCursor + ansi.ResetModeTextCursorEnable + query + ansi.CursorHomePosition + frame)
}

// endOpening is what takes an opening back when Bubble Tea failed before its
// first beat and so knows of nothing to take back. Otherwise it does nothing.
const endOpening = ansi.ResetModeAltScreenSaveCursor + ansi.SetModeTextCursorEnable

// keepTitle has the terminal remember its window's title, and giveTitleBack take
// it again (XTWINOPS): Bubble Tea leaves the title empty. A terminal that cannot
// ignores them.
const (
	keepTitle     = "\x1b[22;2t"
	giveTitleBack = "\x1b[23;2t"
)
