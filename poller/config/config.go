// Package config reads the user's settings: the configuration file, the API key
// and theme files. Its errors give the line and column of a mistake, and Watch
// reports changes to the files.
package config

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/pelletier/go-toml/v2"

	"quotatop/model"
	"quotatop/poller/events/input"
	"quotatop/poller/fleet"
	"quotatop/poller/pioneer"
)

// Settings are the parts of the configuration file that every command needs. A
// setting that is not in the file has its default value.
type Settings struct {
	BaseURL    URL      `toml:"base_url"`
	KeyFile    string   `toml:"key_file"`    // a file that holds the API key
	KeyCommand string   `toml:"key_command"` // a shell command that prints the key
	Profile    string   `toml:"profile"`     // the table of limits
	Interval   Interval `toml:"interval"`    // between polls; 0 for the default
	Tap        string   `toml:"tap"`         // where the tap listens; empty for no tap
	// CountDoubleRows counts both billing rows of a call that is logged twice.
	CountDoubleRows bool       `toml:"count_double_rows"`
	Cap             Cap        `toml:"cap"`
	Budget          Budget     `toml:"budget"`
	Alerts          Alerts     `toml:"alerts"`
	Journal         Journal    `toml:"journal"`
	Fleet           Fleet      `toml:"fleet"`
	Endpoints       []Endpoint `toml:"endpoint"`
}

// Cap is the spending cap, for accounts whose plan-info does not include it.
type Cap struct {
	USDPerDay float64 `toml:"usd_per_day"` // 0 when unknown
}

// Budget limits quotatop's own polls; 0 means the default, 5% of the per-IP
// limits.
type Budget struct {
	PerMinute int `toml:"per_minute"`
	PerHour   int `toml:"per_hour"`
}

// A URL is the address of the API, as pioneer.ParseBaseURL accepts it.
type URL struct{ *url.URL }

// UnmarshalText reads and checks an address.
func (u *URL) UnmarshalText(text []byte) error {
	base, err := pioneer.ParseBaseURL(string(text))
	if err == nil {
		u.URL = base
	}
	return err
}

// maxUSD is the largest amount accepted as a spending cap.
const maxUSD = 1e9

// Default returns the default settings.
func Default() Settings {
	base, _ := pioneer.ParseBaseURL(pioneer.DefaultBaseURL)
	return Settings{
		BaseURL: URL{base},
		Profile: model.DefaultProfile,
		Alerts:  Alerts{Bell: true, Notify: NotifyOff, TimeToLimit: Span{time.Minute}, Debounce: Span{time.Minute}},
		Journal: Journal{Enabled: true, Retention: Span{7 * day}, MaxSize: Size{1 << 30}},
		Fleet:   Fleet{Run: fleet.DefaultRun, Spool: Size{fleet.DefaultSpool}},
	}
}

// Ledger returns the ledger options in the settings.
func (s *Settings) Ledger() model.LedgerOptions {
	o := model.LedgerOptions{CountDoubleRows: s.CountDoubleRows}
	if s.Fleet.URL != "" {
		o.Egress = cmp.Or(s.Fleet.Egress, fleet.HostName())
	}
	if s.Cap.USDPerDay > 0 {
		o.Cap = model.Some(model.MicrosFromUSD(s.Cap.USDPerDay))
	}
	return o
}

// A File is a configuration file that has been read.
type File struct {
	Settings

	path        string
	source      []byte
	theme, keys any // for Look
}

// Path returns the default path of the configuration file: quotatop/config.toml
// in $XDG_CONFIG_HOME.
func Path() string { return filepath.Join(xdg.ConfigHome, "quotatop", "config.toml") }

// pipeTimeout is how long a file that is a pipe may take to be read.
const pipeTimeout = 5 * time.Second

// Load reads the file at path. A missing file is an error only when needed is
// set. The error is one line and gives the position of the mistake. Settings of
// the screen are checked by File.Look.
func Load(path string, needed bool) (*File, error) {
	f := &File{Settings: Default(), path: path}
	ctx, cancel := context.WithTimeout(context.Background(), pipeTimeout)
	defer cancel()
	data, err := input.ReadAll(ctx, path, maxFile)
	if errors.Is(err, fs.ErrNotExist) && !needed {
		return f, nil
	}
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	f.source = data
	if err := f.parse(); err != nil {
		return nil, err
	}
	return f, nil
}

// Position returns the line and column, from 1, of a key in the file, such as
// ("keys", "quit"). For a missing key it is the position of the table or value
// that would contain it, or the top of the file.
func (f *File) Position(key ...string) (line, column int) { return position(f.source, key...) }

// Mistake returns an error about the value of a key, with its position.
func (f *File) Mistake(err error, key ...string) error {
	line, column := f.Position(key...)
	return fmt.Errorf("%s:%d:%d: %w", f.path, line, column, err)
}

// A document is what the file is decoded into.
type document struct {
	Settings
	Theme any `toml:"theme"`
	Keys  any `toml:"keys"`
}

// isTopLevel reports whether a key is a setting that belongs above the first
// table of the file.
func isTopLevel(key string) bool {
	if key == "theme" {
		return true
	}
	settings := reflect.TypeFor[Settings]()
	for i := range settings.NumField() {
		field := settings.Field(i)
		isTable := field.Type.Kind() == reflect.Slice || field.Type.Kind() == reflect.Struct && !isText(field.Type)
		if field.Tag.Get("toml") == key && !isTable {
			return true
		}
	}
	return false
}

// parse decodes and checks f.source.
func (f *File) parse() error {
	d := document{Settings: f.Settings}
	err := toml.NewDecoder(bytes.NewReader(f.source)).DisallowUnknownFields().Decode(&d)
	at := func(line, column int, text string) error {
		return fmt.Errorf("%s:%d:%d: %s", f.path, line, column, text)
	}
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		first := strict.Errors[0]
		key := first.Key()
		line, column := first.Position()
		if last := key[len(key)-1]; len(key) > 1 && isTopLevel(last) {
			return at(line, column, belongsAbove(last).Error())
		}
		return at(line, column, fmt.Sprintf("unknown key %q", strings.Join(key, ".")))
	}
	if broken, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, column := broken.Position()
		return at(line, column, plainDecodeError(broken))
	}
	if err != nil {
		var table any
		if toml.Unmarshal(f.source, &table) == nil {
			if key := notInQuotes(reflect.TypeFor[Settings](), table); key != nil {
				return f.Mistake(fmt.Errorf("%s in the wrong place: use text in quotes", key[len(key)-1]), key...)
			}
		}
		return at(1, 1, err.Error())
	}
	f.Settings, f.theme, f.keys = d.Settings, d.Theme, d.Keys
	if key, err := f.Settings.check(); err != nil {
		return f.Mistake(err, strings.Split(key, ".")...)
	}
	return nil
}

// check returns the first key whose value has the right type but is invalid, and
// why.
func (s *Settings) check() (key string, err error) {
	if _, _, err := net.SplitHostPort(s.Tap); s.Tap != "" && err != nil {
		return "tap", fmt.Errorf("address %q: write it like 127.0.0.1:8429", s.Tap)
	}
	if usd := s.Cap.USDPerDay; !(usd >= 0 && usd <= maxUSD) { // NaN included
		return "cap.usd_per_day", fmt.Errorf("cap of %g dollars: use a positive amount, up to a billion", usd)
	}
	if n := s.Budget.PerMinute; n < 0 || n > model.MaxLimit {
		return "budget.per_minute", fmt.Errorf("budget of %d polls: use a positive number", n)
	}
	if n := s.Budget.PerHour; n < 0 || n > model.MaxLimit {
		return "budget.per_hour", fmt.Errorf("budget of %d polls: use a positive number", n)
	}
	base, err := model.Profile(s.Profile)
	if err != nil {
		return "profile", err
	}
	for i := range s.Endpoints {
		// Check each row by itself, so that the error gives its position.
		if _, err := merge(base, s.Endpoints[i:i+1]); err != nil {
			return fmt.Sprintf("endpoint.%d", i), err
		}
	}
	if _, err := s.Table(); err != nil {
		return "endpoint.0", err
	}
	if key, err := s.Alerts.check(); err != nil {
		return "alerts." + key, err
	}
	if key, err := s.Journal.check(); err != nil {
		return "journal." + key, err
	}
	key, err = s.Fleet.check()
	return "fleet." + key, err
}
