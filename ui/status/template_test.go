package status

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"quotatop/model"
)

// lines are lines with and without values.
func lines() []Line {
	full := Of(usual())
	full.Run, full.Generators, full.GeneratorsSilent = "load-7", 12, 1
	full.Rejected, full.ExhaustsAt, full.NextIn = model.Some(0), model.Some(now.Add(time.Hour)), model.Some(14.5)
	odd := full
	odd.Endpoint, odd.Next, odd.Demo = "<a href='x'>\x00\"\xff & {{.}}%s", "\u202e≈ü\\", true
	odd.At = now.In(time.FixedZone("east", 7200))
	return []Line{full, odd, Of(model.Snapshot{At: now}), {}}
}

// standard executes a template as text/template does, which the program does not link.
func standard(l Line, format string) (string, error) {
	t, err := template.New("format").Parse(format)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, l); err != nil {
		return "", err
	}
	return model.OneLine(b.String()), nil
}

// templates are examples of all that the language has.
var templates = []string{
	"plain {{/* a comment */}} text", "{{- 1 -}} \n trimmed", "{{.}}", "{{$}}", "{{.Next | printf \"%q\"}}", "{{\"a\"}}{{`b`}}{{'c'}}{{true}}{{nil}}",
	// numbers
	"{{1}} {{1.5}} {{1e3}} {{0x1E}} {{-0x1E}} {{0b11}} {{0x1p4}} {{1_000}} {{1i}} {{0i}} {{+3}} {{'\\n'}}", "{{9223372036854775808}}", "{{99999999999999999999}}",
	"{{printf \"%T %T %T %T\" 1 1.0 'e' 0xE}} {{printf \"%T\" -0xE}} {{printf \"%T\" 1i}}",
	// fields and methods
	"{{.Percent}} {{.Used}} {{.CapLeft}} {{.NextKind}} {{.At}} {{.AsOf}} {{.Demo}} {{.PerS}}",
	"{{.First}}|{{.Refused}}|{{.Figure}}|{{.Wall}}|{{.Age}}|{{.Left}}|{{.Fleet}}|{{.Reset}}",
	"{{.Percent.Or 0}} {{.TimeToLimit.Or 1}} {{.TimeToLimit.Or 1.5}} {{.CapLeft.Or 5}} {{(.CapLeft.Or 5).USD}} {{.AsOf.Or .At}} {{.Percent.Or 1.0}}",
	"{{0 | .Percent.Or}} {{.Percent.Or (len .Next)}} {{.Percent.Known}} {{.Percent.String}}", "{{.Percent.Or 1.5}}", "{{.Percent.Or}}", "{{.Percent.Or 1 2}}",
	"{{.Percent.Or nil}}", "{{.Percent.Or \"x\"}}", "{{.Percent.Or .Limit}}", "{{.Percent.Get}}", "{{.Percent.Nope}}", "{{.Percent.value}}", "{{.pressure}}",
	"{{.Nope}}", "{{.Next.Nope}}", "{{.Next 1}}", "{{1 | .Next}}", "{{.At.wall}}", "{{.Demo.X}}",
	"{{.At.Format \"15:04\"}} {{.At.UTC.Hour}} {{.At.Year}} {{.At.Month}} {{.At.Weekday}} {{.At.YearDay}} {{.At.Unix}} {{.At.IsZero}} {{.At.Location}}",
	"{{(.At.Add 60000000000).Sub .At}} {{((.At.AddDate 0 1 0).Sub .At).Hours}} {{(.AsOf.Or .At).Before .At}} {{.At.Equal .At}} {{.At.In .At.UTC.Location}}",
	"{{(.At.Sub .At.UTC).Seconds}} {{.At.Truncate 3600000000000}} {{printf \"%.0f\" (.At.Sub (.AsOf.Or .At)).Minutes}}", "{{.At.In nil}}", "{{.At.Clock}}",
	"{{.At.Compare (.ResetsAt.Or .At)}} {{.At.Local.IsZero}}", "{{.At.Month.String | len}} {{.At.Location.String}}",
	// variables
	"{{$x := 1}}{{$x}}{{$x = \"b\"}}{{$x}}", "{{$l := .}}{{$l.Percent.Or 3}}", "{{$x := .At}}{{$x.Hour}} {{$.At.Hour}}", "{{$x}}", "{{$x := 1}}{{$x 2}}",
	"{{if true}}{{$x := 1}}{{end}}{{$x}}", "{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{$x = 3}}{{end}}{{$x}}", "{{or 1 ($x := 2)}}{{$x}}", "{{print ($x := 1) $x}}",
	// conditions
	"{{if .Demo}}a{{else if .Stale}}b{{else}}c{{end}}", "{{if .Percent}}struct{{end}}", "{{if .Next}}a{{end}}{{if .PerS}}b{{end}}{{if .Generators}}c{{end}}{{if nil}}d{{end}}",
	"{{if not .Next}}none{{end}}", "{{if 0.0}}a{{end}}{{if -0.0}}b{{end}}{{if 1i}}c{{end}}{{if \"\"}}d{{end}}",
	"{{with .Next}}{{.}} {{$.PerS}}{{else}}-{{end}}", "{{with $x := .Endpoint}}{{$x}}{{else with .At}}{{.Hour}}{{end}}", "{{if}}x{{end}}", "{{if true}}",
	// ranges
	"{{range 3}}{{.}}{{end}}", "{{range $i := 3}}{{$i}}{{else}}x{{end}}", "{{range 0}}x{{else}}none{{end}}", "{{range .Generators}}.{{else}}-{{end}}", "{{range -1}}x{{end}}",
	"{{range $i, $e := 3}}{{end}}", "{{range 9}}{{if eq . 2}}{{continue}}{{end}}{{if eq . 5}}{{break}}{{end}}{{.}}{{end}}", "{{break}}", "{{range \"abc\"}}x{{end}}",
	"{{range .Percent}}x{{end}}", "{{range 2.5}}{{end}}", "{{$x := 0}}{{range $x = 3}}{{end}}{{$x}}", "{{range .At.Month}}{{.}}{{end}}", "{{range nil}}{{end}}", "{{range \"a\\n\\x1b\"}}{{end}}", "{{call \"\\n\"}}", "{{define \"x\"}}{{range $i, $e := .}}{{else}}none{{end}}{{end}}{{template \"x\"}}",
	"{{range 2}}{{range 0}}{{else}}{{break}}{{end}}x{{end}}", "{{range 2}}{{range 0}}{{else}}{{continue}}{{end}}x{{end}}", "{{range $x := 2}}{{$y := .}}{{$y}}{{end}}",
	"{{range 2}}{{with 1}}{{break}}{{end}}{{end}}", "{{range index \"abc\" 0}}.{{end}}", "{{range 3}}{{range 2}}{{if .}}{{break}}{{end}}{{.}}{{end}};{{end}}",
	// templates
	"{{define \"x\"}}[{{.}}]{{end}}{{template \"x\" .Next}}{{template \"x\"}}", "{{block \"b\" .At}}{{.Hour}}{{end}}", "{{template \"none\"}}", "{{template \"x\" (1)}}{{define \"x\"}}{{.}}{{end}}",
	"{{define \"format\"}}me{{end}}", "{{define \"x\"}}{{end}}{{template \"x\"}}", "{{define \"x\"}}1{{end}}{{define \"x\"}}2{{end}}", "{{define \"x\"}}{{$x}}{{end}}{{$x := 1}}",
	"{{define \"x\"}}{{.X.Y}}{{print .}}{{html .}}{{if .}}a{{end}}{{range .}}{{else}}e{{end}}{{eq . nil}}{{end}}{{template \"x\"}}",
	"{{define \"r\"}}{{if .}}{{len .}}{{template \"r\" (slice . 1)}}{{end}}{{end}}{{template \"r\" .Next}}", "{{template \"format\" 1}}{{define \"x\"}}{{end}}",
	// functions
	"{{and 1 0 .Nope}}{{or 0 \"\" 2 .Nope}}{{and 1 2}}{{or 0 \"\"}}{{1 | and 2}}{{0 | or 0}}{{and nil}}{{not nil}}", "{{and}}", "{{or}}", "{{and 1 .Nope}}", "{{not}}", "{{not 1 2}}",
	"{{eq 1 1}}{{eq 1 2 1}}{{eq \"a\" .Next}}{{eq .NextKind \"limit\"}}{{ne 1 2}}{{eq true true}}{{eq 1i 1i}}{{eq .At .At}}{{eq .Percent .Used}}{{eq .Percent .At}}",
	"{{eq 1 1.0}}", "{{eq 1 \"1\"}}", "{{eq 1}}", "{{eq 1 nil}}{{eq nil nil}}", "{{eq .Percent 1}}", "{{eq .Percent .At.Location}}", "{{eq}}", "{{ne 1 2 3}}", "{{eq (index \"a\" 0) 97}}",
	"{{lt 1 2}}{{le 2 2}}{{gt 1.5 1.0}}{{ge \"b\" \"a\"}}{{lt (index \"a\" 0) 98}}{{gt .CapLeft 1}}", "{{gt (.CapLeft.Or 0) 1}}{{lt .PerS 61.0}}{{lt (.At.Sub .At) 5}}",
	"{{lt 1 1.0}}", "{{lt true false}}", "{{le 1i 1i}}", "{{lt nil 1}}", "{{gt 1 \"1\"}}", "{{ge .At .At}}", "{{le .Demo .Demo}}",
	"{{len .Next}}{{len .NextKind}}{{len \"\"}}", "{{len 1}}", "{{len nil}}", "{{len .At}}",
	"{{index \"abc\" 1}}{{index 5}}{{index \"abc\" (index \"\\x01\" 0)}}", "{{index \"abc\" 3}}", "{{index \"abc\" -1}}", "{{index \"abc\" 1 1}}", "{{index \"abc\" nil}}", "{{index nil}}", "{{index \"abc\" \"a\"}}",
	"{{slice \"abcd\" 1}}{{slice \"abcd\" 1 3}}{{slice \"abcd\"}}{{slice .NextKind 0 0}}", "{{slice \"abc\" 2 1}}", "{{slice \"abc\" 4}}", "{{slice \"abc\" 1 2 3}}", "{{slice 1}}", "{{slice nil}}",
	"{{print 1 2 \"a\" nil .Percent}}{{println 1 \"a\"}}{{printf \"%5.1f|%-4d|%v|%q\" 1.25 7 .Limit .Next}}{{printf \"%d\" \"a\"}}{{print}}", "{{printf}}", "{{printf 1}}", "{{printf .NextKind}}",
	"{{html .Endpoint .Next}} {{js .Endpoint \"\\x01\\u202e=\\x7f\"}} {{urlquery .Endpoint 1 2}}{{html 1 2 nil}}{{js nil}}", "{{html}}", "{{call 1}}", "{{call nil}}", "{{nope 1}}",
	"{{.Next | len | printf \"%d-%d\" 1}}", "{{1 | 2}}", "{{(1)}}{{(.At).Hour}}{{(print 1).X}}", "{{(nil)}}", "{{nil.X}}", "{{. | print}}", "{{.At | print | len}}", "{{print .Next.X}}", "{{true 1}}", "{{\"\x15\" 1}}",
}

// left are the methods of text/template that ours has not: no status line needs them.
// Those with several results are errors there, too.
var left = []string{"Format", "Get", "Clock", "Date", "ISOWeek", "Zone", "ZoneBounds", "GoString", "AppendBinary", "AppendFormat", "AppendText", "GobEncode", "MarshalBinary", "MarshalJSON", "MarshalText"}

// same demands of a template what text/template makes of it.
func same(t *testing.T, l Line, format string) {
	t.Helper()
	got, err := l.execute(format)
	if err != nil && (strings.Contains(err.Error(), "takes too long") || strings.Contains(err.Error(), "template depth")) {
		return // text/template might not end
	}
	want, wantErr := standard(l, format)
	if err == nil && (wantErr != nil || got != want) {
		t.Errorf("%q: got %q, want %q, %v", format, got, want, wantErr)
	}
	if err == nil {
		return
	}
	text := err.Error()
	if !strings.HasPrefix(text, "status format: format:") || text != model.OneLine(text) || got != "" {
		t.Errorf("%q: got %q, %q, want one line with the place", format, got, text)
	}
	if wantErr == nil && !slices.ContainsFunc(left, func(name string) bool { return strings.Contains(text, "can't evaluate field "+name+" in type") }) {
		t.Errorf("%q: got %v, want %q", format, err, want)
	}
}

func TestTemplateIsStandard(t *testing.T) {
	for _, format := range templates {
		for _, l := range lines() {
			same(t, l, format)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, format := range templates {
		f.Add(format)
	}
	f.Fuzz(func(t *testing.T, format string) {
		for _, l := range lines() {
			same(t, l, format)
		}
	})
}

// A template has every method that can be reached from a line and is not left out, and
// each value is of a kind that it can handle.
func TestMethods(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var visit func(typ reflect.Type)
	visit = func(typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		switch typ.Kind() {
		case reflect.Struct:
			for f := range typ.Fields() {
				if f.IsExported() {
					visit(f.Type)
				}
			}
		case reflect.Map, reflect.Slice, reflect.Array, reflect.Func, reflect.Chan, reflect.Interface:
			t.Errorf("%s: range, index, len and truth do not handle it", typ)
		}
		has := methods(reflect.Zero(typ).Interface())
		for m := range typ.Methods() {
			switch {
			case slices.Contains(left, m.Name):
			case has[m.Name] == nil:
				t.Errorf("%s has no method %s in templates", typ, m.Name)
			default:
				visit(m.Type.Out(0))
			}
		}
	}
	visit(reflect.TypeFor[Line]())
	if len(seen) < 15 {
		t.Errorf("only %d types were visited", len(seen))
	}
}

// A template that would not end is stopped.
func TestTemplateEnds(t *testing.T) {
	for format, want := range map[string]string{
		"{{range 1000000000}}x{{end}}":                              "takes too long: use smaller ranges",
		"{{range 1000000000}}{{range 1000000000}}{{end}}{{end}}":    "takes too long",
		"{{$x := `a`}}{{range 99}}{{$x = print $x $x}}{{end}}":      "takes too long",
		"{{define `r`}}{{template `r`}}{{end}}{{template `r`}}":     "exceeded maximum template depth",
		"{{define `r`}}{{template `r` .}}{{end}}{{template `r` .}}": "exceeded maximum template depth",
	} {
		if got, err := Of(usual()).Format(format); err == nil || !strings.Contains(err.Error(), want) || got != "" {
			t.Errorf("%q: got %.40q, %v, want %q", format, got, err, want)
		}
	}
}
