package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"strings"

	"quotatop/model"
)

//go:embed page.css
var style string

// markup is HTML of our own, with a verb for each value. It is only ever a constant.
type markup string

// An htmlPage is the HTML of a page. Markup is written with its values escaped, so that
// they stay text, or the value of a quoted attribute, whatever they are.
type htmlPage struct {
	bytes.Buffer
	several bool // runs are side by side
}

// escaper escapes a value for HTML text and quoted attributes. A NUL is no character of
// HTML.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "+", "&#43;", "\x00", "\uFFFD")

// add writes markup with its values.
func (h *htmlPage) add(form markup, values ...any) {
	for i, v := range values {
		values[i] = escaper.Replace(fmt.Sprint(v))
	}
	fmt.Fprintf(h, string(form), values...)
}

// line writes markup with its values on a new line.
func (h *htmlPage) line(form markup, values ...any) { h.add("\n"+form, values...) }

// keep holds dates and times together on one line: no break at a blank between digits.
func keep(text string) string {
	digit := func(i int) bool { return i >= 0 && i < len(text) && '0' <= text[i] && text[i] <= '9' }
	var b strings.Builder
	for i, r := range text {
		if r == ' ' && digit(i-1) && digit(i+1) {
			r = '\u00a0'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// HTML writes the reports as one self-contained page: no script, no font, no
// other file.
func HTML(w io.Writer, runs []Named) error {
	title := "API quota report"
	if len(runs) > 0 {
		names := make([]string, len(runs))
		for i := range runs {
			names[i] = model.OneLine(runs[i].Name)
		}
		title += ": " + strings.Join(names, ", ")
	}
	p := newPage(runs)
	h := htmlPage{several: len(runs) > 1}
	h.head(title, p.Runs)
	if !allEmpty(runs) {
		h.main(&p)
	}
	h.line("</body>\n</html>\n")
	_, err := w.Write(h.Bytes())
	return err
}

func (h *htmlPage) head(title string, runs []string) {
	h.add(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<style>
`, title)
	h.WriteString(style)
	h.add(`</style>
</head>
<body>
<header>
<h1>API quota report</h1>
<div class="runs">`)
	for _, run := range runs {
		h.line("<p>%s</p>", keep(run))
	}
	h.line(`</div>
</header>`)
}

func (h *htmlPage) main(p *page) {
	h.line("<main>")
	h.section("headroom", "Headroom")
	h.line(`<div class="columns verdicts">`)
	for _, v := range p.Verdicts {
		h.verdicts(v)
	}
	h.line(`</div>
</section>`)
	if len(p.Overview.Rows) > 0 {
		h.section("overview", p.Overview.Caption)
		h.stack(p.Overview)
		h.line("</section>")
	}
	if len(p.Fleets) > 0 {
		h.section("fleet", "Load generators")
		for _, f := range p.Fleets {
			h.stack(f)
		}
		h.line("</section>")
	}
	if len(p.Endpoints) > 0 {
		h.section("each", "Each endpoint")
		for _, e := range p.Endpoints {
			h.endpoint(e)
		}
		if p.Quiet != "" {
			h.line(`<p class="quiet">%s</p>`, p.Quiet)
		}
		h.line("</section>")
	}
	h.money(p)
	if len(p.Notes) > 0 {
		h.line(`<section class="notes" aria-labelledby="notes">
<h2 id="notes">Notes</h2>
<ul>`)
		for _, note := range p.Notes {
			h.line("<li>%s</li>", note)
		}
		h.line(`</ul>
</section>`)
	}
	h.line("</main>")
}

// section begins a section below its heading.
func (h *htmlPage) section(id, heading string) {
	h.line(`<section aria-labelledby="%s">
<h2 id="%s">%s</h2>`, id, id, heading)
}

func (h *htmlPage) verdicts(l list) {
	h.line("<div>")
	if h.several {
		h.add("<h3>%s</h3>", l.Of)
	}
	h.line("<ul>")
	for _, item := range l.Items {
		h.line("<li>")
		if item.Endpoint != "" {
			h.add("<b>%s</b> ", item.Endpoint)
		}
		h.add("%s</li>", keep(item.Text))
	}
	h.line("</ul></div>")
}

func (h *htmlPage) endpoint(e section) {
	h.line(`<article class="card">
<h3>%s`, e.ID)
	if e.Name != e.ID {
		h.add(" <small>%s</small>", e.Name)
	}
	h.add("</h3>")
	if len(e.Charts) > 0 {
		h.line(`<div class="charts">`)
		for _, c := range e.Charts {
			h.chart(c)
		}
		h.line("</div>")
	}
	wide := ""
	if h.several {
		wide = " wide"
	}
	h.line(`<div class="columns facts-of%s">`, wide)
	for _, t := range e.Facts {
		h.line("<div>")
		h.facts(t)
		h.add("</div>")
	}
	h.line(`</div>
</article>`)
}

// money writes what the runs spent, and on which models.
func (h *htmlPage) money(p *page) {
	if h.several {
		h.line("<div>")
	} else {
		h.line(`<div class="columns">`)
	}
	if len(p.Money.Rows) > 0 {
		h.section("spend", "Spend")
		h.line(`<div class="card money">`)
		h.facts(p.Money)
		h.add("</div>\n</section>")
	}
	if len(p.Models) > 0 {
		h.section("models", "Models")
		h.line(`<div class="columns models">`)
		for _, t := range p.Models {
			h.line(`<div class="card">
<table>
<caption>%s</caption>`, t.Caption)
			h.columns(t)
			h.rows(t)
			h.line("</table></div>")
		}
		h.line(`</div>
</section>`)
	}
	h.line("</div>")
}

// stack writes a table whose rows stack up on a narrow screen.
func (h *htmlPage) stack(t table) {
	h.line(`<div class="card">
<table class="stack">
<caption class="unseen">%s</caption>`, t.Caption)
	h.columns(t)
	h.rows(t)
	h.line("</table></div>")
}

// facts writes a table of facts, which scrolls if it has several columns of them.
func (h *htmlPage) facts(t table) {
	several := len(t.Head) > 2
	if several {
		h.add(`<div class="scroll" tabindex="0" role="region" aria-label="%s">`, t.Caption)
	}
	h.line(`<table class="facts">
<caption>%s</caption>`, t.Caption)
	if several {
		h.columns(t)
	}
	h.rows(t)
	h.line("</table>")
	if several {
		h.add("</div>")
	}
}

// columns writes the head of a table.
func (h *htmlPage) columns(t table) {
	h.line("<thead><tr>")
	for _, name := range t.Head {
		h.add(`<th scope="col">%s</th>`, name)
	}
	h.add("</tr></thead>")
}

// rows writes the body of a table.
func (h *htmlPage) rows(t table) {
	h.line("<tbody>")
	for _, row := range t.Rows {
		h.line("<tr>")
		for i, c := range row {
			if i == 0 {
				h.add(`<th scope="row">%s</th>`, keep(c.Text))
				continue
			}
			h.add(`<td data-of="%s">%s`, t.Head[i], keep(c.Text))
			if c.Level != "" {
				h.add(`<span class="bar %s">`, c.Level)
				if c.Bar != 0 {
					h.add(`<i style="width: %s%%"></i>`, c.Bar)
				}
				h.add("</span>")
			}
			h.add("</td>")
		}
		h.add("</tr>")
	}
	h.line("</tbody>")
}

func (h *htmlPage) chart(c chart) {
	h.line(`<figure>
<figcaption>`)
	if c.Of != "" {
		h.add("<b>%s</b>", c.Of)
	}
	h.add(`%s</figcaption>
<div class="plot">
<svg viewBox="0 0 %s 100" preserveAspectRatio="none" role="img" aria-labelledby="%s-t %s-d">
<title id="%s-t">%s</title>
<desc id="%s-d">%s</desc>
`, keep(c.Caption), c.Width, c.ID, c.ID, c.ID, c.Title, c.ID, c.Desc)
	h.add(`<path class="area" d="%s"/>
<path class="line" d="%s"/>
<line class="limit" x1="0" x2="%s" y1="%s" y2="%s"/>
</svg>
<span class="mark" style="top: %s%%">%s</span>
</div>`, c.Area, c.Line, c.Width, c.LimitY, c.LimitY, c.LimitY, c.LimitLabel)
	if c.Strip {
		h.line(`<div class="strip"><svg viewBox="0 0 %s 16" preserveAspectRatio="none" aria-hidden="true"><path d="%s"/></svg></div>`, c.Width, c.Rejected)
	}
	h.line(`<div class="axis"><span>%s</span><span>%s</span>`, c.Start, c.End)
	if c.Note != "" {
		no := ""
		if c.Rejected != "" {
			no = " no"
		}
		h.add(`<span class="note%s">%s</span>`, no, keep(c.Note))
	}
	h.add("</div>\n</figure>")
}
