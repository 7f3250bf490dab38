package theme

import (
	"image/color"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

func TestParse(t *testing.T) {
	got, err := Parse("mine", []byte(`
# My colours.
dark = true
base = "okabe-ito"
background = "#123456"
calm = "#5FD7af"
hot = "#f80"
`))
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "mine" || !got.Dark {
		t.Errorf("theme %q, dark %t, want mine, dark", got.Name, got.Dark)
	}
	for _, tt := range []struct {
		c    color.Color
		want string
	}{
		{got.Palette.Background, "#123456"},
		{got.Palette.Calm, "#5fd7af"},
		{got.Palette.Hot, "#ff8800"},
		{got.Palette.Others, hexOf(OkabeIto().Palette.Others)},
	} {
		if hexOf(tt.c) != tt.want {
			t.Errorf("colour %s, want %s", hexOf(tt.c), tt.want)
		}
	}
}

func TestParseBasis(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		dark bool
		like Theme
	}{
		"dark":          {`dark = true`, true, Dark()},
		"light":         {`dark = false`, false, Light()},
		"base alone":    {`base = "mono"`, true, Mono()},
		"base and dark": {"base = \"mono\"\ndark = false", false, Mono()},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse("mine", []byte(tt.text))
			if err != nil || got.Dark != tt.dark || got.Palette != tt.like.Palette {
				t.Errorf("got %+v, error %v, want the colours of %s", got, err, tt.like.Name)
			}
		})
	}
}

// A file of before the area had colours, or that sets the pressures only, gets an area
// that goes with them.
func TestParseArea(t *testing.T) {
	base := Dark().Palette
	for name, tt := range map[string]struct {
		text string
		want color.Color // of the calm area
	}{
		"neither":       {`hot = "#ff8800"`, base.AreaCalm},
		"pressure only": {`calm = "#5fd7af"`, base.areaOf(color.RGBA{0x5f, 0xd7, 0xaf, 0xff})},
		"area only":     {`area_calm = "#123456"`, color.RGBA{0x12, 0x34, 0x56, 0xff}},
		"both":          {"calm = \"#5fd7af\"\narea_calm = \"#123456\"", color.RGBA{0x12, 0x34, 0x56, 0xff}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse("mine", []byte("dark = true\n"+tt.text))
			if err != nil || hexOf(got.Palette.AreaCalm) != hexOf(tt.want) {
				t.Errorf("the calm area is %s, error %v, want %s", hexOf(got.Palette.AreaCalm), err, hexOf(tt.want))
			}
		})
	}
}

func TestParseMistakes(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":        {"", `1:1: dark is missing: write dark = true or dark = false`},
		"unknown key":    {"dark = true\n  clam = \"#fff\"\n", `2:3: unknown key "clam"`},
		"table":          {"dark = true\n[palette]\ncalm = \"#fff\"\n", `2:2: unknown key "palette"`},
		"dotted key":     {"dark = true\ncalm.hue = 1\n", `2:1: unknown key "calm.hue"`},
		"named colour":   {"dark = true\ncalm = \"teal\"\n", `2:1: calm: colour "teal": write it like "#6cb6ad"`},
		"signed colour":  {"dark = true\ncalm = \"#+12345\"\n", `2:1: calm: colour "#+12345"`},
		"without hash":   {"dark = true\ncalm = \"123456\"\n", `2:1: calm: colour "123456"`},
		"number":         {"dark = true\n\ncalm = 5\n", `3:1: calm: use a colour`},
		"dark is a word": {"dark = \"yes\"\n", `1:1: dark: use true or false`},
		"unknown base":   {"dark = true\nbase = \"pink\"\n", `2:1: base: unknown theme "pink": use one of dark, light`},
		"base is number": {"base = 1\n", `1:1: base: use the name of a built-in theme`},
		"broken":         {"dark = true\ncalm = \"#fff\n", `2:`},
		"twice":          {"dark = true\ndark = false\n", `2:1: `},
		"too long":       {"dark = true\n#" + strings.Repeat("x", MaxFile), `1:1: theme of more than 64 KiB`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("mine", []byte(tt.text))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	for _, name := range []string{"", "my theme", "\x1b[31m", strings.Repeat("x", 33)} {
		if _, err := Parse(name, []byte("dark = true")); err == nil || strings.ContainsRune(err.Error(), '\x1b') {
			t.Errorf("name %q: error %v, want one that can be shown", name, err)
		}
	}
}

// Each field of Palette has its key: the field's name in snake case.
func TestEveryColourHasAKey(t *testing.T) {
	var p Palette
	keys := p.byName()
	fields := reflect.TypeOf(p)
	if len(keys) != fields.NumField() {
		t.Errorf("%d keys, want %d, one for each field", len(keys), fields.NumField())
	}
	for i := range fields.NumField() {
		var snake strings.Builder
		for j, r := range fields.Field(i).Name {
			if unicode.IsUpper(r) && j > 0 {
				snake.WriteByte('_')
			}
			snake.WriteRune(unicode.ToLower(r))
		}
		if got := keys[snake.String()]; got != reflect.ValueOf(&p).Elem().Field(i).Addr().Interface() {
			t.Errorf("the key %q does not set %s", snake.String(), fields.Field(i).Name)
		}
	}
}

func TestJoin(t *testing.T) {
	dark := Theme{Name: "dark", Palette: Mono().Palette}
	got := Join(BuiltIn(), dark, Theme{Name: "mine"})
	if len(got) != len(BuiltIn())+1 || got[0] != dark || got[len(got)-1].Name != "mine" {
		t.Errorf("got %+v, want dark replaced and mine at the end", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("mine", []byte("dark = true\nbase = \"mono\"\ncalm = \"#5fd7af\"\nhot = '#f80' # warm\n"))
	f.Add("mine", []byte("dark = true\n[palette]\ncalm = \"#fff\""))
	f.Add("mine", []byte("\"dark\" = false\n\"cal\\u006d\" = \"#000\"\r\n"))
	f.Add("mine", []byte("base = {a = [1, {b = 2}]}\ncalm.\"x\\ny\" = 1979-05-27"))
	f.Add("\x1b]0;x", []byte("dark = tru"))
	begin := regexp.MustCompile(`^[1-9][0-9]*:[1-9][0-9]*: `)
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		th, err := Parse(name, data)
		if err != nil {
			if text := err.Error(); !begin.MatchString(text) || strings.IndexFunc(text, unicode.IsControl) >= 0 {
				t.Errorf("error %q, want one line that begins with its place", text)
			}
			return
		}
		for key, c := range th.Palette.byName() {
			if *c == nil {
				t.Errorf("%s has no colour", key)
			}
		}
	})
}
