package config

import (
	"errors"
	"fmt"
	"time"
)

// Alerts configure the warnings before a limit or the cap is reached.
type Alerts struct {
	Bell   bool   `toml:"bell"` // ring the terminal's bell
	Notify Notify `toml:"notify"`
	// Command is a program and its arguments, run with the warning as JSON on its
	// standard input; empty for none.
	Command     []string `toml:"command"`
	TimeToLimit Span     `toml:"time_to_limit"` // warn when a limit will be reached sooner
	Debounce    Span     `toml:"debounce"`      // the shortest time between two warnings of one kind
}

// Notify is the escape sequence that asks the terminal for a notification.
type Notify string

// The notifications: none, that of iTerm2, and that of urxvt.
const (
	NotifyOff    Notify = "off"
	NotifyOSC9   Notify = "osc9"
	NotifyOSC777 Notify = "osc777"
)

// check returns the first key whose value is invalid, and why.
func (a *Alerts) check() (key string, err error) {
	switch a.Notify {
	case NotifyOff, NotifyOSC9, NotifyOSC777:
	default:
		return "notify", fmt.Errorf("notify %q: use %s, %s or %s", string(a.Notify), NotifyOff, NotifyOSC9, NotifyOSC777)
	}
	if len(a.Command) > 0 && a.Command[0] == "" {
		return "command", errors.New("command without a program: write it like [\"notify-send\", \"quotatop\"], or leave it out")
	}
	if err := a.TimeToLimit.within(time.Second, time.Hour); err != nil {
		return "time_to_limit", err
	}
	return "debounce", a.Debounce.within(time.Second, day)
}
