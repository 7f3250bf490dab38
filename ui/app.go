// Package ui draws quotatop's screen.
//
// The screen is a pure function of the newest Snapshot and of what the user has
// chosen to see. Its time is Snapshot.At: nothing here reads a clock. App pulls
// snapshots from its feed with one command at a time, so that a fast feed costs
// no more frames than it brings snapshots.
package ui

import (
	"time"

	"quotatop/model"
	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// Options are what the screen cannot learn from a Snapshot. The zero value is
// fit for use.
type Options struct {
	// Player, if not nil, is what is shown: a replay. Its keys steer it.
	Player Player
	// Label is a word for the header, as "DEMO". May be empty.
	Label string
	// PollNow is bound to r; if nil, the key is not offered. It must not block.
	PollNow func()
	// Theme is the name of a theme; if empty or unknown, dark or light by the
	// terminal's background.
	Theme string
	// Keys are the keys of actions, by the action's name, in place of its default
	// keys; an empty list leaves it without. If CheckKeys rejects any, none is
	// obeyed.
	Keys map[string][]string
	// Themes are those that t cycles through; if empty, theme.BuiltIn.
	Themes []theme.Theme
	// Looks bring what takes the place of Theme, Themes and Keys; the newest is
	// obeyed. May be nil.
	Looks <-chan Look
	// Warnings bring short texts, each of which rings the bell and is shown as a
	// notification, as far as these are wanted. May be nil.
	Warnings <-chan string
	// Bell is whether a warning rings the terminal's bell.
	Bell bool
	// Notify is how the terminal is asked for a notification: NotifyOSC9,
	// NotifyOSC777, or empty for none.
	Notify string
	// ASCII draws with plain characters only, for terminals and fonts that know
	// no others.
	ASCII bool
}

// App is the screen. It is a tea.Model.
type App struct {
	feed <-chan model.Snapshot
	over <-chan struct{} // closed when nobody waits for the screen any more
	opts Options
	keys []action

	theme  int  // the place in opts.Themes
	byUser bool // the theme was named or chosen, not judged by the background
	chosen bool // the theme was chosen on the screen
	basic  bool // the terminal has sixteen colours at most
	tmux   bool // the terminal is a pane of tmux
	styles *theme.Styles

	replay Replay // how opts.Player stands

	snap   model.Snapshot
	live   bool           // a snapshot has come
	paused bool           // newer snapshots are not shown
	away   bool           // the terminal has not got the focus
	newest model.Snapshot // the last that came
	title  string         // of the window, by the newest

	w, h    int
	targets *[]target // while a frame is drawn to see what stands where; else nil
	view
}

// A view is what the user has chosen to see.
type view struct {
	focus   paneID
	subject paneID // the list that the detail pane shows an item of
	picked  [focusable]item
	zoom    bool // the pane with the focus has the screen
	help    bool
	scroll  int     // lines of the detail pane above its top
	sorted  sorting // the order of the endpoints

	filters   [focusable]string // see filter
	typing    bool              // the filter of the list with the focus is being typed
	chartSpan int               // how often a longer chart has been asked for
	cleared   map[item]cleared

	complaint string // see Look.Trouble; empty when it is dismissed
	said      string // what the last key has done, in the place of the footer for a while
	saidAt    time.Time

	asking bool   // the palette is open
	asked  string // what is typed into it
	choice int    // the place of the chosen one of its commands
}

// An item is what one row of a list is about: a limit of an endpoint or a group
// of denials.
type item struct {
	endpoint       string
	limit          int
	kind           model.Kind
	reason, source string
}

// New returns the screen of the snapshots that feed brings. Closing feed quits.
func New(feed <-chan model.Snapshot, opts Options) App {
	if len(opts.Themes) == 0 {
		opts.Themes = theme.BuiltIn()
	}
	a := App{feed: feed, opts: opts, title: "quotatop"}
	a.keys = a.bound(opts.Keys)
	a.theme, a.byUser = a.themeNamed(opts.Theme)
	return a.paint(a.theme)
}

// paint takes the styles of a theme.
func (a App) paint(i int) App {
	styles := a.opts.Themes[i].Styles()
	if a.basic {
		styles = theme.Basic()
	}
	a.theme, a.styles = i, &styles
	return a
}

// A snapshotMsg brings the next snapshot.
type snapshotMsg model.Snapshot

// next waits for the next snapshot. There is never more than one such command.
func (a App) next() tea.Msg {
	select {
	case s, ok := <-a.feed:
		if !ok {
			return tea.QuitMsg{}
		}
		return snapshotMsg(s)
	case <-a.over:
		return tea.QuitMsg{}
	}
}

// Init implements tea.Model.
func (a App) Init() tea.Cmd {
	if a.byUser {
		return a.pulls()
	}
	return tea.Batch(tea.RequestBackgroundColor, a.pulls())
}

// pulls are the commands that wait for what comes from outside.
func (a App) pulls() tea.Cmd {
	var warning, look tea.Cmd
	if a.opts.Warnings != nil {
		warning = a.nextWarning
	}
	if a.opts.Looks != nil {
		look = a.nextLook
	}
	return tea.Batch(a.next, warning, look)
}

// Update implements tea.Model. It never blocks.
func (a App) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case snapshotMsg:
		return a.follow().take(model.Snapshot(msg)), a.next
	case warningMsg:
		return a, a.warn(string(msg))
	case lookMsg:
		a, ask := a.wear(Look(msg))
		return a, tea.Batch(ask, a.nextLook)
	case tea.WindowSizeMsg:
		a.w, a.h = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		if !a.byUser {
			return a.paint(a.themeFor(msg.IsDark())), nil
		}
	case tea.ColorProfileMsg:
		a.basic = msg.Profile <= colorprofile.ANSI
		return a.paint(a.theme), nil
	case tea.BlurMsg:
		a.away = true
	case tea.FocusMsg:
		return a.back(), nil
	case tea.EnvMsg:
		a.tmux = msg.Getenv("TMUX") != ""
	case tea.KeyPressMsg:
		return a.press(msg)
	case tea.MouseClickMsg:
		return a.click(msg.Mouse())
	case tea.MouseWheelMsg:
		return a.wheel(msg.Mouse()), nil
	case tea.PasteMsg:
		switch {
		case a.typing:
			*a.filter(a.focus) = typed(*a.filter(a.focus), msg.Content)
		case a.asking:
			a.asked, a.choice = typed(a.asked, msg.Content), 0
		}
	}
	return a, nil
}

// themeFor is the first theme for a dark or a light background.
func (a App) themeFor(dark bool) int {
	for i, t := range a.opts.Themes {
		if t.Dark == dark {
			return i
		}
	}
	return a.theme
}

// View implements tea.Model.
func (a App) View() tea.View {
	v := tea.NewView("")
	v.AltScreen = true
	v.WindowTitle = a.title
	v.ReportFocus = true
	v.MouseMode = tea.MouseModeCellMotion
	if a.w > 0 && a.h > 0 {
		v.Content = a.frame().text(a.styles)
	}
	return v
}
