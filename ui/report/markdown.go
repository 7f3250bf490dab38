package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Markdown writes the reports as GitHub-flavoured Markdown.
func Markdown(w io.Writer, runs []Named) error {
	p := newPage(runs)
	var b bytes.Buffer
	b.WriteString("# API quota report\n\n")
	for _, line := range p.Runs {
		fmt.Fprintf(&b, "%s\n\n", escape(line))
	}
	if len(p.Endpoints) == 0 && allEmpty(runs) {
		return flush(w, &b)
	}
	b.WriteString("## Headroom\n\n")
	for _, l := range p.Verdicts {
		if len(p.Verdicts) > 1 {
			fmt.Fprintf(&b, "**%s**\n\n", escape(l.Of))
		}
		for _, item := range l.Items {
			if item.Endpoint != "" {
				item.Text = "**" + escape(item.Endpoint) + "** " + escape(item.Text)
			}
			fmt.Fprintf(&b, "- %s\n", item.Text)
		}
		b.WriteString("\n")
	}
	writeTable(&b, "## ", p.Overview)
	for _, s := range p.Endpoints {
		fmt.Fprintf(&b, "## %s", escape(s.ID))
		if s.Name != s.ID {
			fmt.Fprintf(&b, ": %s", escape(s.Name))
		}
		b.WriteString("\n\n")
		for _, t := range s.Facts {
			writeTable(&b, "### ", t)
		}
	}
	if p.Quiet != "" {
		fmt.Fprintf(&b, "%s\n\n", escape(p.Quiet))
	}
	writeTable(&b, "## ", p.Money)
	for _, t := range p.Models {
		writeTable(&b, "## ", t)
	}
	for _, t := range p.Fleets {
		writeTable(&b, "## ", t)
	}
	if len(p.Notes) > 0 {
		b.WriteString("## Notes\n\n")
		for _, n := range p.Notes {
			fmt.Fprintf(&b, "- %s\n", escape(n))
		}
	}
	return flush(w, &b)
}

// flush writes the text with one newline at its end.
func flush(w io.Writer, b *bytes.Buffer) error {
	_, err := w.Write(append(bytes.TrimRight(b.Bytes(), "\n"), '\n'))
	return err
}

func allEmpty(runs []Named) bool {
	for i := range runs {
		if !runs[i].Report.Empty() {
			return false
		}
	}
	return true
}

// writeTable writes a table below its caption, or nothing if it has no rows.
func writeTable(b *bytes.Buffer, level string, t table) {
	if len(t.Rows) == 0 {
		return
	}
	fmt.Fprintf(b, "%s%s\n\n", level, escape(t.Caption))
	for _, name := range t.Head {
		fmt.Fprintf(b, "| %s ", escape(name))
	}
	b.WriteString("|\n|:--" + strings.Repeat("|--:", len(t.Head)-1) + "|\n")
	for _, row := range t.Rows {
		for _, c := range row {
			fmt.Fprintf(b, "| %s ", escape(c.Text))
		}
		b.WriteString("|\n")
	}
	b.WriteString("\n")
}

// escape escapes what Markdown or HTML would interpret.
func escape(s string) string {
	return strings.NewReplacer(
		`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`,
		"<", "&lt;", ">", "&gt;", "&", "&amp;",
	).Replace(s)
}
