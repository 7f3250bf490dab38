package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// The values of Options.Notify: the sequences that ask a terminal to show a desktop
// notification.
const (
	NotifyOSC9   = "osc9"   // iTerm2, WezTerm, Windows Terminal, Ghostty, foot
	NotifyOSC777 = "osc777" // urxvt, VTE, foot, Ghostty
)

// A warningMsg is the next warning.
type warningMsg string

// nextWarning waits for the next warning. Only one such command runs at a time.
func (a App) nextWarning() tea.Msg {
	select {
	case w, ok := <-a.opts.Warnings:
		if !ok {
			return nil
		}
		return warningMsg(w)
	case <-a.done:
		return nil
	}
}

// maxWarning bounds the cells of a warning.
const maxWarning = 200

// alert returns what to send the terminal for a warning. tmux takes the bell itself,
// to mark the window; a notification has to pass through tmux.
func (a *App) alert(warning string) string {
	text := plain(warning, maxWarning)
	seq := ""
	switch a.opts.Notify {
	case NotifyOSC9:
		seq = ansi.Notify("quotatop: " + text)
	case NotifyOSC777:
		seq = "\x1b]777;notify;quotatop;" + strings.ReplaceAll(text, ";", ",") + "\x07"
	}
	if seq != "" && a.tmux {
		seq = ansi.TmuxPassthrough(seq)
	}
	if a.opts.Bell {
		seq += "\a"
	}
	return seq
}

// warn sends a warning to the terminal and waits for the next.
func (a *App) warn(warning string) tea.Cmd {
	if seq := a.alert(warning); seq != "" {
		return tea.Batch(tea.Raw(seq), a.nextWarning)
	}
	return a.nextWarning
}
