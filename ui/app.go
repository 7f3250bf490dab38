// Package ui draws quotatop's screen.
//
// The screen is a pure function of the newest Snapshot and of what the user chose
// to see. Its time is Snapshot.At: nothing here reads a clock. App pulls snapshots
// from its feed with one command at a time, so each snapshot costs one frame.
package ui

import (
	"time"

	"quotatop/model"
	"quotatop/theme"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// Options are what the screen cannot learn from a Snapshot. The zero value is ready
// to use.
type Options struct {
	// Player, if not nil, makes the screen a replay with keys to control it.
	Player Player
	// Past opens the past of the run that the screen shows, if not nil. It may read
	// files. Without it, NoPast says in a line why there is none.
	Past   func() (Past, error)
	NoPast string
	// Label is a word for the header, such as "DEMO". May be empty.
	Label string
	// PollNow is bound to r; if nil, there is no such key. The text says what it
	// did. It must not block.
	PollNow func() string
	// Theme is the name of a theme; if empty or unknown, the terminal's background
	// decides between dark and light.
	Theme string
	// Keys replace the default keys of actions, by the action's name; an empty
	// list leaves the action without keys. If CheckKeys rejects any, none applies.
	Keys map[string][]string
	// Themes are those that t cycles through; if empty, theme.BuiltIn.
	Themes []theme.Theme
	// Looks replace Theme, Themes and Keys while the screen runs; the newest
	// applies. May be nil.
	Looks <-chan Look
	// Warnings are short texts. Each rings the bell and is shown as a notification,
	// if Bell and Notify say so. May be nil.
	Warnings <-chan string
	// Settings are bound to , and to the commands that set them; if nil, there are none.
	Settings Settings
	// Bell is whether a warning rings the terminal's bell.
	Bell bool
	// Notify is how to ask the terminal for a notification: NotifyOSC9,
	// NotifyOSC777, or empty for none.
	Notify string
	// ASCII draws with ASCII characters only, for terminals and fonts without
	// others.
	ASCII bool
}

// App is the screen. It is a tea.Model.
type App struct {
	feed <-chan model.Snapshot
	done <-chan struct{} // closed when the screen should end
	opts Options
	keys []action

	theme  int  // the index in opts.Themes
	byUser bool // the theme was named or chosen, not taken by the background
	chosen bool // the theme was chosen on the screen
	basic  bool // the terminal has at most sixteen colours
	tmux   bool // the terminal is a tmux pane
	styles *theme.Styles

	replay Replay // the state of opts.Player, or of the past

	snap   model.Snapshot // the one shown
	live   bool           // there has been one
	paused bool           // newer ones are not shown
	away   bool           // the terminal does not have the focus
	newest model.Snapshot // the last received
	title  string         // the window's, by the newest
	ranked []int          // the endpoints by urgency, see rank

	w, h int
	view
}

// A view is what the user chose to see.
type view struct {
	focus    paneID
	subject  paneID // the list whose item the detail pane shows
	picked   [focusable]item
	zoom     bool // the focused pane fills the screen
	help     bool
	scroll   int     // lines of the detail pane or the help above its top
	sorted   sorting // the order of the endpoints
	reversed bool    // the last in that order come first
	standing standing

	filters   [focusable]string // see filter
	typing    bool              // the filter of the focused list is being typed
	chartSpan int               // how many times the user asked for the next chart
	cursor    time.Time         // what the cursor of the chart is on; zero for none
	cleared   map[item]cleared

	problem string // see Look.Problem; empty when it is dismissed
	said    string // what the last key did, shown instead of the footer for a while
	saidAt  time.Time

	saidBefore string // what was said when the last key was pressed

	log   logView
	past  pastView
	fleet fleetView

	asking bool   // the palette is open
	asked  string // what is typed into it
	choice int    // the index of the selected command
	wrong  string // why what was typed cannot be done; empty if nothing was

	panel    bool // the settings are open
	panelRow int  // the index of the selected setting
}

// An item is the subject of one row of a list: a limit of an endpoint, a group of
// denials, or a generator of the fleet.
type item struct {
	endpoint       string
	limit          int
	kind           model.Kind
	reason, source string
	generator      string
}

// New returns a screen of the snapshots from feed. Closing feed quits.
func New(feed <-chan model.Snapshot, opts Options) App {
	if len(opts.Themes) == 0 {
		opts.Themes = theme.BuiltIn()
	}
	a := App{feed: feed, opts: opts, title: "quotatop"}
	a.keys = a.bound(opts.Keys)
	a.theme, a.byUser = a.themeNamed(opts.Theme)
	return a.paint(a.theme)
}

// paint sets the theme at an index.
func (a App) paint(i int) App {
	styles := a.opts.Themes[i].Styles()
	if a.basic {
		styles = theme.Basic()
	}
	a.theme, a.styles = i, &styles
	return a
}

// A snapshotMsg is the next snapshot.
type snapshotMsg model.Snapshot

// next waits for the next snapshot. Only one such command runs at a time.
func (a App) next() tea.Msg {
	select {
	case s, ok := <-a.feed:
		if !ok {
			return tea.QuitMsg{}
		}
		return snapshotMsg(s)
	case <-a.done:
		return tea.QuitMsg{}
	}
}

// Init implements tea.Model.
func (a App) Init() tea.Cmd {
	if a.byUser {
		return a.pulls()
	}
	return tea.Batch(askBackground, a.pulls())
}

// askBackground asks the terminal for its background colour.
func askBackground() tea.Msg { return tea.RawMsg{Msg: ansi.RequestBackgroundColor} }

// pulls returns the commands that wait for the next input of each kind.
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
		return a.syncReplay().take(model.Snapshot(msg)), a.next
	case pastOpenedMsg:
		return a.opened(msg)
	case pastMsg:
		return a.takePast(msg)
	case warningMsg:
		return a, a.warn(string(msg))
	case lookMsg:
		a, ask := a.apply(Look(msg))
		return a, tea.Batch(ask, a.nextLook)
	case savedMsg:
		a.say(string(msg))
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
			*a.typedFilter() = typed(*a.typedFilter(), msg.Content)
		case a.asking:
			a.asked, a.choice, a.wrong = typed(a.asked, msg.Content), 0, ""
		}
	}
	return a, nil
}

// themeFor returns the first theme for a dark or a light background.
func (a App) themeFor(dark bool) int {
	for i, t := range a.opts.Themes {
		if t.Dark == dark {
			return i
		}
	}
	return a.theme
}

// View implements tea.Model: the whole screen as text. A display sends the terminal
// only what changes.
func (a App) View() tea.View {
	v := tea.NewView("")
	v.WindowTitle = a.title
	if a.w > 0 && a.h > 0 {
		v.Content = a.frame().text(a.styles)
	}
	return v
}
