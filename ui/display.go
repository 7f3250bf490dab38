package ui

import (
	"fmt"

	"quotatop/poller/crash"
	"quotatop/ui/terminal"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// A display draws an App on a terminal after each message that may have changed it.
// Bubble Tea passes on messages and runs commands; its renderer, which checks for
// output many times a second, is not used.
type display struct {
	app         App
	terminal    *terminal.Terminal
	painter     painter
	program     *tea.Program
	stopReading func() // see terminal.Read
	hidden      bool   // the terminal is with the shell
	err         error  // the terminal's
}

// Init implements tea.Model. The first frame has asked for the background.
func (d *display) Init() tea.Cmd { return guarded(tea.Batch(d.app.pulls(), d.stopTicker)) }

// stopTicker stops the ticker that even a program without a renderer has. There is
// nothing else to release: the program has neither the terminal nor its input.
func (d *display) stopTicker() tea.Msg {
	_ = d.program.ReleaseTerminal()
	return nil
}

// read has the program receive what comes from the terminal.
func (d *display) read() (err error) {
	d.stopReading, err = d.terminal.Read(func(msg tea.Msg) { d.program.Send(msg) })
	return err
}

// View implements tea.Model, for a renderer that is not used.
func (d *display) View() tea.View { return tea.View{} }

// Update implements tea.Model.
func (d *display) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.ColorProfileMsg: // known from the start
		return d, nil
	case terminal.ReadError:
		d.failed(msg.Err)
	case tea.RawMsg:
		d.failed(d.terminal.Write(fmt.Sprint(msg.Msg)))
	case tea.ModeReportMsg:
		if msg.Mode == ansi.ModeSynchronizedOutput && (msg.Value.IsReset() || msg.Value.IsSet()) {
			d.terminal.Synchronize()
		}
		return d, nil
	case terminal.Change:
		cmd = d.change(msg)
	default:
		cmd = d.update(msg)
	}
	d.draw()
	if d.err != nil {
		return d, tea.Quit
	}
	return d, guarded(cmd)
}

func (d *display) update(msg tea.Msg) tea.Cmd {
	m, cmd := d.app.Update(msg)
	d.app = m.(App)
	return cmd
}

// change follows a change of the terminal.
func (d *display) change(c terminal.Change) tea.Cmd {
	switch c {
	case terminal.Resized:
		return d.resize()
	case terminal.Suspended:
		switch {
		case d.hidden:
		case d.terminal.CanStop():
			d.suspend()
		default:
			d.app.say("cannot suspend: there is no shell to return to")
		}
	case terminal.Continued: // the shell may have set other modes
		if !d.hidden {
			d.terminal.Hide()
			d.show()
		}
	}
	return nil
}

func (d *display) resize() tea.Cmd {
	w, h := d.terminal.Size()
	return d.update(tea.WindowSizeMsg{Width: w, Height: h})
}

// suspend gives the terminal to the shell, and stops the process until the shell
// continues it.
func (d *display) suspend() {
	d.stopReading()
	d.terminal.Hide()
	d.hidden = true
	d.terminal.Stop()
}

// resume shows the screen again once the process is in the foreground. Until then
// everything but the screen goes on.
func (d *display) resume() {
	if !d.terminal.Foreground() {
		return
	}
	d.hidden = false
	d.resize()
	d.show()
	d.failed(d.read())
}

// show draws the whole screen on a terminal that does not show it.
func (d *display) show() {
	d.painter.forget()
	changes := d.paint()
	if !d.app.byUser {
		changes = append([]byte(ansi.RequestBackgroundColor), changes...)
	}
	d.failed(d.terminal.Show(changes, d.app.title))
}

// draw draws what has changed.
func (d *display) draw() {
	if d.hidden {
		d.resume()
		return
	}
	d.failed(d.terminal.Draw(d.paint(), d.app.title))
}

// paint returns what turns the screen into that of the app.
func (d *display) paint() []byte {
	a := &d.app
	return d.painter.paint(a.frameOn(d.painter.empty(a.w, a.h)), a.styles)
}

func (d *display) failed(err error) {
	if d.err == nil {
		d.err = err
	}
}

// guarded returns a command, and all that it starts, with a guard against panics.
func guarded(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		defer crash.Guard()
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = guarded(batch[i])
			}
		}
		return msg
	}
}
