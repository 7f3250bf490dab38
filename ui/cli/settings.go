package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"

	"quotatop/model"
	"quotatop/poller/config"
	"quotatop/theme"
	"quotatop/ui"
)

// settings joins flags, environment and file.
func (f *flags) settings() (config.Config, error) {
	c, err := config.Load(f.file(), f.config != "")
	if err != nil {
		return c, usageError{err}
	}
	f.override(&c)
	all, _ := themes()
	if err := f.checkLook(&c, all); err != nil {
		return c, usageError{err}
	}
	return c, nil
}

// override puts over the file what environment and flags say.
func (f *flags) override(c *config.Config) {
	for _, s := range []struct {
		into  *string
		value string
	}{
		{&c.BaseURL, os.Getenv("PIONEER_BASE_URL")},
		{&c.BaseURL, f.baseURL}, {&c.Profile, f.profile}, {&c.Theme, f.theme}, {&c.Tap, f.tap}, {&c.Interval, f.interval},
	} {
		if s.value != "" {
			*s.into = s.value
		}
	}
}

// table is the settings with the table of limits that they make.
func (f *flags) table() (config.Config, model.Table, error) {
	c, err := f.settings()
	if err != nil {
		return c, model.Table{}, err
	}
	table, err := c.Table()
	if err != nil {
		return c, table, usageError{err}
	}
	return c, table, nil
}

// file is the configuration file's path.
func (f *flags) file() string {
	if f.config != "" {
		return f.config
	}
	return config.Path()
}

// themes are the built-in themes and the user's. The errors are about files
// that are not among them.
func themes() ([]theme.Theme, []error) {
	files, err := config.ThemeFiles(config.ThemesDir())
	var troubles []error
	if err != nil {
		troubles = append(troubles, err)
	}
	all := theme.BuiltIn()
	for _, file := range files {
		t, err := theme.Parse(file.Name, file.Data)
		if err != nil {
			troubles = append(troubles, fmt.Errorf("%s:%w", file.Path, err))
			continue
		}
		all = theme.Join(all, t)
	}
	return all, troubles
}

// checkLook checks what of the configuration is about the screen: the name of
// the theme, which a flag may have set, and the keys.
func (f *flags) checkLook(c *config.Config, all []theme.Theme) error {
	at := func(err error, key ...string) error {
		line, column := c.Position(key...)
		return fmt.Errorf("%s:%d:%d: %w", f.file(), line, column, err)
	}
	if c.Theme != "" {
		_, err := theme.ByName(all, c.Theme)
		switch {
		case err != nil && c.Theme == f.theme:
			return err
		case err != nil:
			return at(err, "theme")
		}
	}
	if err := ui.CheckKeys(c.Keys); err != nil {
		wrong, _ := errors.AsType[*ui.KeyError](err)
		return at(err, "keys", wrong.Action)
	}
	return nil
}

// ledgerOptions are what the settings say to a ledger.
func ledgerOptions(c config.Config) model.LedgerOptions {
	o := model.LedgerOptions{CountDoubleRows: c.CountDoubleRows}
	if c.Cap.USDPerDay > 0 {
		o.Cap = model.Some(model.MicrosFromUSD(c.Cap.USDPerDay))
	}
	return o
}

// stateDir is where the journal is kept.
func stateDir() string { return filepath.Join(xdg.StateHome, "quotatop") }
