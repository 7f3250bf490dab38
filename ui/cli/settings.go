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

// configPath returns the path of the configuration file.
func (f *flags) configPath() string {
	if f.config != "" {
		return f.config
	}
	return config.Path()
}

// stateDir returns the folder of the journal.
func stateDir() string { return filepath.Join(xdg.StateHome, "quotatop") }

// load reads the configuration file and applies the environment and the flags.
func (f *flags) load() (*config.File, error) {
	file, err := config.Load(f.configPath(), f.config != "")
	if err != nil {
		return nil, usageError{err}
	}
	if err := f.override(&file.Settings); err != nil {
		return nil, usageError{err}
	}
	return file, nil
}

// settings returns the settings of flags, environment and file, for commands
// without a screen.
func (f *flags) settings() (config.Settings, error) {
	file, err := f.load()
	if err != nil {
		return config.Settings{}, err
	}
	return file.Settings, nil
}

// override applies the environment and the flags to the settings.
func (f *flags) override(s *config.Settings) error {
	for _, o := range []struct{ name, value string }{{"PIONEER_BASE_URL", os.Getenv("PIONEER_BASE_URL")}, {"--base-url", f.baseURL}} {
		if o.value == "" {
			continue
		}
		if err := s.BaseURL.UnmarshalText([]byte(o.value)); err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
	}
	if f.interval != "" {
		if err := s.Interval.UnmarshalText([]byte(f.interval)); err != nil {
			return fmt.Errorf("--interval: %w", err)
		}
	}
	if f.profile != "" {
		if _, err := model.Profile(f.profile); err != nil {
			return fmt.Errorf("--profile: %w", err)
		}
		s.Profile = f.profile
	}
	if f.tap != "" {
		s.Tap = f.tap
	}
	return f.overrideFleet(&s.Fleet)
}

// table returns the settings and their table of limits.
func (f *flags) table() (config.Settings, model.Table, error) {
	s, err := f.settings()
	if err != nil {
		return s, model.Table{}, err
	}
	table, err := s.Table()
	if err != nil {
		return s, table, usageError{err}
	}
	return s, table, nil
}

// look returns the look of the screen in file and flags. all are the themes to
// choose from.
func (f *flags) look(file *config.File, all []theme.Theme) (config.Look, error) {
	look, err := file.Look()
	if err != nil {
		return look, err
	}
	if look.Theme != "" {
		if _, err := theme.ByName(all, look.Theme); err != nil {
			return look, file.Mistake(err, "theme")
		}
	}
	if f.theme != "" {
		look.Theme = f.theme
		if _, err := theme.ByName(all, f.theme); err != nil {
			return look, fmt.Errorf("--theme: %w", err)
		}
	}
	if err := ui.CheckKeys(look.Keys); err != nil {
		wrong, _ := errors.AsType[*ui.KeyError](err)
		return look, file.Mistake(err, "keys", wrong.Action)
	}
	return look, nil
}

// screen returns the settings of a command with a screen.
func (f *flags) screen() (config.Settings, config.Look, error) {
	file, err := f.load()
	if err != nil {
		return config.Settings{}, config.Look{}, err
	}
	all, _ := themes()
	look, err := f.look(file, all)
	if err != nil {
		return file.Settings, look, usageError{err}
	}
	return file.Settings, look, nil
}

// themes returns the built-in themes and the user's. The errors are about files
// that were left out.
func themes() ([]theme.Theme, []error) {
	files, err := config.ThemeFiles(config.ThemesDir())
	var errs []error
	if err != nil {
		errs = append(errs, err)
	}
	all := theme.BuiltIn()
	for _, file := range files {
		t, err := theme.Parse(file.Name, file.Data)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%w", file.Path, err))
			continue
		}
		all = theme.Join(all, t)
	}
	return all, errs
}
