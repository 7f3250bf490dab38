package report

import (
	"bytes"
	_ "embed"
	"html/template"
	"io"
	"regexp"
	"strings"

	"quotatop/model"
)

//go:embed page.html
var pageText string

//go:embed page.css
var style string

// pageTemplate returns the template of a page. It escapes all that comes from outside.
func pageTemplate() (*template.Template, error) {
	// The blanks within a date and time.
	stamps := regexp.MustCompile(`([0-9]) ([0-9])`)
	return template.New("page").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(style) },
		// keep holds dates and times together on one line.
		"keep": func(s string) string { return stamps.ReplaceAllString(s, "$1\u00a0$2") },
	}).Parse(pageText)
}

// htmlPage is a page with what only the HTML shows.
type htmlPage struct {
	page
	Title string
	Empty bool
	Pair  bool // several runs are side by side
}

// HTML writes the reports as one self-contained page: no script, no font, no
// other file.
func HTML(w io.Writer, runs []Named) error {
	p := htmlPage{page: newPage(runs), Title: "API quota report", Empty: allEmpty(runs), Pair: len(runs) > 1}
	if len(runs) > 0 {
		names := make([]string, len(runs))
		for i := range runs {
			names[i] = model.OneLine(runs[i].Name)
		}
		p.Title += ": " + strings.Join(names, ", ")
	}
	t, err := pageTemplate()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}
