// Package report writes model.Reports for people and programs: as Markdown, as
// one self-contained HTML page, and as JSON. Several reports stand side by
// side. It is pure: it writes to a writer and reads nothing.
package report

import (
	"encoding/json"
	"io"

	"quotatop/model"
)

// Named is a report with the name to show for it, such as its file's.
type Named struct {
	Name   string       `json:"name"`
	Report model.Report `json:"report"`
}

// JSON writes the reports as a list of names and reports, indented, with a line
// end.
func JSON(w io.Writer, runs []Named) error {
	if runs == nil {
		runs = []Named{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(runs)
}
