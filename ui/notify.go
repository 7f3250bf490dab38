package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// The values of Options.Notify: the sequence by which the terminal is asked to
// show a notification on the desktop.
const (
	NotifyOSC9   = "osc9"   // iTerm2, WezTerm, Windows Terminal, Ghostty, foot
	NotifyOSC777 = "osc777" // urxvt, VTE, foot, Ghostty
)

// A warningMsg is the next warning.
type warningMsg string

// nextWarning waits for the next warning. There is never more than one such
// command.
func (a App) nextWarning() tea.Msg {
	select {
	case w, ok := <-a.opts.Warnings:
		if !ok {
			return nil
		}
		return warningMsg(w)
	case <-a.over:
		return nil
	}
}

// maxWarning is the most cells of a warning that are sent.
const maxWarning = 200

// alert is what the terminal is sent for a warning. The bell is tmux's too: it
// marks the window. A notification must pass tmux by.
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

// warn sends a warning on and waits for the next.
func (a *App) warn(warning string) tea.Cmd {
	if seq := a.alert(warning); seq != "" {
		return tea.Batch(tea.Raw(seq), a.nextWarning)
	}
	return a.nextWarning
}
