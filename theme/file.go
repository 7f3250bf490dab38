package theme

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// MaxFile bounds a theme file, in bytes.
const MaxFile = 64 << 10

// maxName bounds the name of a theme, in bytes.
const maxName = 32

// Parse reads a theme file, which is TOML:
//
//	dark = true        # for a dark background
//	base = "okabe-ito" # the built-in theme with the other colours
//	calm = "#5fd7af"   # or "#rgb"; a colour for each field of Palette in snake case
//
// Either dark or base may be left out: dark then is that of base, and base is the
// theme "dark" or "light". The colours of a chart's area follow those of the pressures
// (area_calm that of calm) unless they are set. Anything else in the file is an error. An error is one
// line and begins with its line and column, e.g. "2:1: ".
func Parse(name string, data []byte) (Theme, error) {
	if err := checkName(name); err != nil {
		return Theme{}, mistake(1, 1, "%v", err)
	}
	if len(data) > MaxFile {
		return Theme{}, mistake(1, 1, "theme of more than %d KiB", MaxFile>>10)
	}
	var values map[string]any
	if err := toml.Unmarshal(data, &values); err != nil {
		if broken, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, column := broken.Position()
			return Theme{}, mistake(line, column, "%s", strings.TrimPrefix(broken.Error(), "toml: "))
		}
		return Theme{}, mistake(1, 1, "%v", err)
	}
	t, err := basis(values)
	t.Name = name
	colours := t.Palette.byName()
	for _, k := range keys(data) {
		line, column := k.position(data)
		switch value := values[k.name]; {
		case k.name == "dark":
			if _, ok := value.(bool); !ok {
				return Theme{}, mistake(line, column, "dark: use true or false")
			}
		case k.name == "base":
			if err != nil {
				return Theme{}, mistake(line, column, "base: %v", err)
			}
		case colours[k.name] == nil:
			return Theme{}, mistake(line, column, "unknown key %q", k.name)
		default:
			c, err := parseColour(value)
			if err != nil {
				return Theme{}, mistake(line, column, "%s: %v", k.name, err)
			}
			*colours[k.name] = c
		}
	}
	if err != nil {
		return Theme{}, mistake(1, 1, "%v", err)
	}
	t.Palette.areaFollows(values)
	return t, nil
}

// areaFollows gives the area the colours of the pressures that a file sets, where it
// sets none for the area.
func (p *Palette) areaFollows(values map[string]any) {
	colours := p.byName()
	for _, pressure := range []string{"calm", "warm", "hot", "full"} {
		if values[pressure] != nil && values["area_"+pressure] == nil {
			*colours["area_"+pressure] = p.areaOf(*colours[pressure])
		}
	}
}

// Join returns themes and more. A theme in more replaces one with the same name, so
// that a file can change a built-in theme.
func Join(themes []Theme, more ...Theme) []Theme {
	all := slices.Clone(themes)
	for _, t := range more {
		if i := slices.IndexFunc(all, func(other Theme) bool { return other.Name == t.Name }); i >= 0 {
			all[i] = t
		} else {
			all = append(all, t)
		}
	}
	return all
}

func mistake(line, column int, format string, args ...any) error {
	return fmt.Errorf("%d:%d: %s", line, column, fmt.Sprintf(format, args...))
}

// checkName rejects names that cannot be typed or shown everywhere.
func checkName(name string) error {
	odd := strings.IndexFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	})
	if name == "" || len(name) > maxName || odd >= 0 {
		return fmt.Errorf("theme name %q: name the file with at most %d letters, digits, - and _", name, maxName)
	}
	return nil
}

// basis returns the theme that the values change.
func basis(values map[string]any) (Theme, error) {
	dark, set := values["dark"].(bool)
	switch base := values["base"].(type) {
	case string:
		t, err := ByName(BuiltIn(), base)
		if set {
			t.Dark = dark
		}
		return t, err
	case nil:
		switch {
		case dark:
			return Dark(), nil
		case set:
			return Light(), nil
		}
		return Theme{}, errors.New("dark is missing: write dark = true or dark = false")
	}
	return Theme{}, errors.New("use the name of a built-in theme")
}

// byName returns the colours of the palette by their keys in a file.
func (p *Palette) byName() map[string]*color.Color {
	return map[string]*color.Color{
		"background": &p.Background,
		"text":       &p.Text, "bright": &p.Bright, "dim": &p.Dim,
		"border": &p.Border, "focus": &p.Focus, "accent": &p.Accent,
		"track": &p.Track, "limit": &p.Limit, "fill": &p.Fill,
		"calm": &p.Calm, "warm": &p.Warm, "hot": &p.Hot, "full": &p.Full,
		"area_calm": &p.AreaCalm, "area_warm": &p.AreaWarm, "area_hot": &p.AreaHot, "area_full": &p.AreaFull,
		"others": &p.Others, "rejected": &p.Rejected,
	}
}

// parseColour reads "#rrggbb" or "#rgb".
func parseColour(value any) (color.Color, error) {
	text, ok := value.(string)
	if !ok {
		return nil, errors.New(`use a colour like "#6cb6ad"`)
	}
	digits, hash := strings.CutPrefix(text, "#")
	n, err := strconv.ParseUint(digits, 16, 32)
	switch {
	case hash && err == nil && len(digits) == 6:
		return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 0xff}, nil
	case hash && err == nil && len(digits) == 3:
		return color.RGBA{uint8(n>>8&0xf) * 0x11, uint8(n>>4&0xf) * 0x11, uint8(n&0xf) * 0x11, 0xff}, nil
	}
	return nil, fmt.Errorf("colour %q: write it like \"#6cb6ad\" or \"#6ba\"", text)
}

// A place is the position of a key in a file.
type place struct {
	name   string
	offset int // in bytes
}

// keys returns the keys of a file in its order, up to its first table.
func keys(data []byte) []place {
	var p unstable.Parser
	p.Reset(data)
	var all []place
	for p.NextExpression() {
		var names []string
		at := 0
		for it := p.Expression().Key(); it.Next(); {
			if len(names) == 0 {
				at = int(it.Node().Raw.Offset)
			}
			names = append(names, string(it.Node().Data))
		}
		all = append(all, place{strings.Join(names, "."), at})
		if p.Expression().Kind != unstable.KeyValue {
			break // a table, which is an error; what follows is not at the top level
		}
	}
	return all
}

// position returns the line and the column of a key, from 1.
func (k place) position(data []byte) (line, column int) {
	before := data[:k.offset]
	return 1 + bytes.Count(before, []byte("\n")), k.offset - bytes.LastIndexByte(before, '\n')
}
