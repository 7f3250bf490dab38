package report

import (
	"bytes"
	_ "embed"
	"html/template"
	"io"
	"regexp"
	"strings"
)

//go:embed page.html
var pageText string

//go:embed page.css
var style string

// pageTemplate escapes all that comes from outside.
var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"style": func() template.CSS { return template.CSS(style) },
	"keep":  keep,
}).Parse(pageText))

// unit is a figure with what must stay on its line: a unit, or what it is in.
var unit = regexp.MustCompile(`([0-9≈≤]) (%|s\b|min\b|h\b|d\b|[0-9])`)

// keep binds units to their figures.
func keep(s string) string { return unit.ReplaceAllString(s, "$1\u00a0$2") }

// htmlPage is a page and what only the HTML says.
type htmlPage struct {
	page
	Title string
	Empty bool
	Pair  bool // several runs stand side by side
}

// HTML writes the reports as one page that needs nothing else: no script, no
// font, no other file.
func HTML(w io.Writer, runs []Named) error {
	p := htmlPage{page: newPage(runs), Title: "API quota report", Empty: allEmpty(runs), Pair: len(runs) > 1}
	if len(runs) > 0 {
		names := make([]string, len(runs))
		for i := range runs {
			names[i] = plain(runs[i].Name)
		}
		p.Title += ": " + strings.Join(names, ", ")
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
