// Package config reads what the user has set down: the configuration file and
// the API key. It says where in the file a mistake is.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/pelletier/go-toml/v2"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// A Config is the configuration file. What it does not say has its default.
type Config struct {
	BaseURL    string `toml:"base_url"`
	KeyFile    string `toml:"key_file"`    // a file that holds the API key
	KeyCommand string `toml:"key_command"` // a shell command that prints it
	Profile    string `toml:"profile"`     // the table of limits
	Interval   string `toml:"interval"`    // between polls: "10s"; empty for the default
	Theme      string `toml:"theme"`
	Tap        string `toml:"tap"` // where the tap listens; empty for none
	// CountDoubleRows counts both billing rows of a call that is logged twice.
	CountDoubleRows bool       `toml:"count_double_rows"`
	Cap             Cap        `toml:"cap"`
	Budget          Budget     `toml:"budget"`
	Alerts          Alerts     `toml:"alerts"`
	Journal         Journal    `toml:"journal"`
	Endpoints       []Endpoint `toml:"endpoint"`
	// Keys are the keys of actions, by the action's name. Which actions and keys
	// there are is for the screen to say.
	Keys map[string][]string `toml:"-"`

	source []byte // the file
}

// Cap is the spending cap, for accounts whose plan-info does not say it.
type Cap struct {
	USDPerDay float64 `toml:"usd_per_day"` // 0 when unknown
}

// Budget bounds quotatop's own polls; 0 is the default, 5 % of the per-IP
// limits.
type Budget struct {
	PerMinute int `toml:"per_minute"`
	PerHour   int `toml:"per_hour"`
}

// The bounds of Config.Interval.
const (
	minInterval = time.Second
	maxInterval = 10 * time.Minute
)

// maxUSD is the largest spending cap that is one.
const maxUSD = 1e9

// Default is the configuration without a file.
func Default() Config {
	return Config{
		BaseURL: pioneer.DefaultBaseURL,
		Profile: model.DefaultProfile,
		Alerts:  Alerts{Bell: true, Notify: NotifyOff, TimeToLimit: "60s", Debounce: "60s"},
		Journal: Journal{Enabled: true, Retention: "7d", MaxSize: "1GiB"},
	}
}

// Path is where the file is looked for: quotatop/config.toml in
// $XDG_CONFIG_HOME.
func Path() string { return filepath.Join(xdg.ConfigHome, "quotatop", "config.toml") }

// Load reads the file at path. That the file is not there is an error only when
// needed is set. The error is one line and says where the mistake is.
func Load(path string, needed bool) (Config, error) {
	c := Default()
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !needed {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("config: %w", err)
	}
	if c, err = parse(data); err != nil {
		return Default(), fmt.Errorf("%s:%w", path, err)
	}
	return c, nil
}

// NeedsRestart reports whether a configuration differs from another in more than
// what is obeyed while quotatop runs: the theme and the keys.
func (c Config) NeedsRestart(was Config) bool {
	c.Theme, c.Keys, c.source = was.Theme, was.Keys, was.source
	return !reflect.DeepEqual(c, was)
}

// Position is where in the file a key stands, as ("keys", "quit"): its line and
// column, from 1. A key that is not there has the place of the table or value
// that would hold it, else the top.
func (c *Config) Position(key ...string) (line, column int) { return position(c.source, key...) }

// A document is a file before its parts that may be written in two ways are
// read.
type document struct {
	Config
	Keys map[string]any `toml:"keys"`
}

func parse(data []byte) (Config, error) {
	d := document{Config: Default()}
	err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(&d)
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		first := strict.Errors[0]
		line, column := first.Position()
		return d.Config, &mistake{line, column, fmt.Sprintf("unknown key %q", strings.Join(first.Key(), "."))}
	}
	if broken, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, column := broken.Position()
		return d.Config, &mistake{line, column, plain(broken)}
	}
	if err != nil {
		return d.Config, &mistake{1, 1, err.Error()}
	}
	c := d.Config
	c.source = data
	for _, name := range slices.Sorted(maps.Keys(d.Keys)) {
		keys, err := parseKeys(d.Keys[name])
		if err != nil {
			return c, c.mistake(err, "keys", name)
		}
		if c.Keys == nil {
			c.Keys = map[string][]string{}
		}
		c.Keys[name] = keys
	}
	return c, c.check()
}

// mistake is an error in the value of a key.
func (c *Config) mistake(err error, key ...string) error {
	line, column := c.Position(key...)
	return &mistake{line, column, err.Error()}
}

// check finds values that have the right type and make no sense.
func (c *Config) check() error {
	wrong := func(key string, format string, args ...any) error {
		return c.mistake(fmt.Errorf(format, args...), strings.Split(key, ".")...)
	}
	if _, err := pioneer.ParseBaseURL(c.BaseURL); err != nil {
		return wrong("base_url", "%v", err)
	}
	if c.Interval != "" {
		if _, err := ParseInterval(c.Interval); err != nil {
			return wrong("interval", "%v", err)
		}
	}
	if _, _, err := net.SplitHostPort(c.Tap); c.Tap != "" && err != nil {
		return wrong("tap", "address %q: write it like 127.0.0.1:8429", c.Tap)
	}
	if usd := c.Cap.USDPerDay; !(usd >= 0 && usd <= maxUSD) { // nor is it when it is no number
		return wrong("cap.usd_per_day", "cap of %g dollars: use a positive amount, up to a billion", usd)
	}
	if n := c.Budget.PerMinute; n < 0 || n > model.MaxLimit {
		return wrong("budget.per_minute", "budget of %d polls: use a positive number", n)
	}
	if n := c.Budget.PerHour; n < 0 || n > model.MaxLimit {
		return wrong("budget.per_hour", "budget of %d polls: use a positive number", n)
	}
	base, err := model.Profile(c.Profile)
	if err != nil {
		return wrong("profile", "%v", err)
	}
	for i := range c.Endpoints {
		// Each row by itself, so that the mistake is found in its own row.
		if _, err := merge(base, c.Endpoints[i:i+1]); err != nil {
			return wrong(fmt.Sprintf("endpoint.%d", i), "%v", err)
		}
	}
	if _, err := c.Table(); err != nil {
		return wrong("endpoint.0", "%v", err)
	}
	if key, err := c.Alerts.check(); err != nil {
		return wrong("alerts."+key, "%v", err)
	}
	if key, err := c.Journal.check(); err != nil {
		return wrong("journal."+key, "%v", err)
	}
	return nil
}

// ParseInterval reads a time between polls, and refuses one that is too short
// or too long.
func ParseInterval(text string) (time.Duration, error) {
	d, err := parseSpan(text)
	if err == nil && (d < minInterval || d > maxInterval) {
		err = fmt.Errorf("interval of %s: use %s to %s", d, minInterval, maxInterval)
	}
	return d, err
}
