package cli

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/adrg/xdg"

	"quotatop/model"
	"quotatop/poller"
	"quotatop/poller/billing"
	"quotatop/poller/config"
	"quotatop/ui"
	"quotatop/ui/words"
)

// An adjuster changes the settings of a running session: those that the user sets on
// the screen, and those that change in the configuration file. It implements
// ui.Settings.
type adjuster struct {
	flags   *flags
	session *poller.Session
	note    func(model.Notice) // adds to the session's log
	demo    bool               // nothing is written
	journal string             // its folder; empty without one

	saving sync.Mutex // one Save at a time
	mu     sync.Mutex // guards what follows; held for no I/O

	started config.Settings // of the flags, the environment and the file, at first
	read    config.Settings // the same, as last read
	inUse   config.Settings // by the session
	changes []config.Change // those that are not saved, one for each setting
	hasFile bool
}

// newAdjuster returns the adjuster of a session that was made with these settings.
func (f *flags) newAdjuster(s *poller.Session, settings config.Settings) *adjuster {
	read, err := f.settings()
	if err != nil {
		read = settings
	}
	_, err = os.Stat(f.configPath())
	return &adjuster{flags: f, session: s, note: s.Notices("settings"), started: read, read: read, inUse: settings, hasFile: err == nil}
}

// Set implements ui.Settings.
func (a *adjuster) Set(name, value string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := config.Change{Setting: name, Value: value}
	next := a.inUse
	if err := next.Set(c); err != nil {
		return err
	}
	if err := a.session.Adjust(next); err != nil {
		return err
	}
	a.inUse = next
	a.changes = append(slices.DeleteFunc(a.changes, func(other config.Change) bool { return other.Setting == name }), c)
	a.note(model.Notice{Kind: model.LogChanged, Text: name + " " + value + " for this session"})
	return nil
}

// Save implements ui.Settings.
func (a *adjuster) Save() (said string, err error) {
	a.saving.Lock()
	defer a.saving.Unlock()
	a.mu.Lock()
	changes := slices.Clone(a.changes)
	a.mu.Unlock()
	switch {
	case a.demo:
		return "", errors.New("the demo saves nothing")
	case len(changes) == 0:
		return "nothing to save", nil
	}
	path := a.flags.configPath()
	if _, err := config.Save(path, changes); err != nil {
		return "", err
	}
	read, err := a.flags.settings()
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		a.read, a.hasFile = read, true
	}
	a.changes = slices.DeleteFunc(a.changes, func(c config.Change) bool { return slices.Contains(changes, c) })
	if len(changes) == 1 {
		return "saved 1 setting to " + underHome(path), nil
	}
	return "saved " + strconv.Itoa(len(changes)) + " settings to " + underHome(path), nil
}

// reread takes over what has changed in the configuration file and can change during a
// run. It reports whether there is more, and whether warnings ring the bell.
func (a *adjuster) reread(file config.Settings) (restart, bell bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	restart = file.NeedsRestart(a.started)
	if next := a.inUse.WithChanges(a.read, file); a.session.Adjust(next) == nil {
		a.inUse = next
	}
	a.read = file
	return restart, a.inUse.Alerts.Bell
}

// List implements ui.Settings.
func (a *adjuster) List() []ui.Setting {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := &a.inUse
	bell, usd := ui.BellOff, "none"
	if s.Alerts.Bell {
		bell = ui.BellOn
	}
	if s.Cap.USDPerDay > 0 {
		usd = strconv.FormatFloat(s.Cap.USDPerDay, 'f', -1, 64) + "usd"
	}
	interval := config.Span{Duration: cmp.Or(s.Interval.Duration, billing.DefaultInterval)}
	list := []ui.Setting{
		{Name: "interval", Value: interval.String(), Note: "between polls, 1s to 10m"},
		{Name: ui.SettingTheme},
		{Name: ui.SettingBell, Value: bell, Choices: []string{ui.BellOff, ui.BellOn}},
		{Name: "cap", Value: usd, Note: "a day, if the plan has none"},
	}
	if table, err := s.Table(); err == nil {
		for _, e := range table.Endpoints {
			for _, l := range e.Limits {
				list = append(list, ui.Setting{Name: config.LimitSetting(e.ID, l.Per), Value: words.Count(l.Max)})
			}
		}
	}
	for i := range list {
		list[i].Changed = !a.demo && slices.ContainsFunc(a.changes, func(c config.Change) bool { return c.Setting == list[i].Name })
	}
	return append(list, a.fixed()...)
}

// fixed returns what is in use and cannot be changed during a run.
func (a *adjuster) fixed() []ui.Setting {
	file := underHome(a.flags.configPath())
	if !a.hasFile {
		file += " (no file yet)"
	}
	list := []ui.Setting{
		{Name: "base URL", Value: a.session.Base().String()}, {Name: "key", Value: a.session.KeyEnd()},
		{Name: "profile", Value: a.inUse.Profile}, {Name: "config", Value: file},
		{Name: "tap", Value: a.session.TapAddress()}, {Name: "journal", Value: underHome(a.journal)},
	}
	if f := &a.inUse.Fleet; f.URL != "" {
		list = append(list, ui.Setting{Name: "fleet", Value: "run " + f.Run + " at " + f.Broker(f.URL).String()})
	}
	if f := &a.inUse.Fleet; f.Publish != "" {
		list = append(list, ui.Setting{Name: "publish", Value: "run " + f.Run + " at " + f.Broker(f.Publish).String()})
	}
	for i := range list {
		list[i].Value, list[i].Fixed = cmp.Or(list[i].Value, "none"), true
	}
	return list
}

// underHome shortens the path of a file in the user's home folder: ~/config.toml.
func underHome(path string) string {
	if rest, ok := strings.CutPrefix(path, xdg.Home+string(filepath.Separator)); ok && xdg.Home != "" {
		return filepath.Join("~", rest)
	}
	return path
}
