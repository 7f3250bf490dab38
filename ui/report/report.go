// Package report writes model.Reports for people and programs: as Markdown, as
// one self-contained HTML page, and as JSON. It puts several reports side by
// side.
package report

import (
	"encoding/json"
	"io"

	"quotatop/model"
)

// Named is a report with the name to show for it, such as that of its file.
type Named struct {
	Name   string       `json:"name"`
	Report model.Report `json:"report"`
}

// JSON writes the reports as an indented list of names and reports, with a newline
// at its end.
func JSON(w io.Writer, runs []Named) error {
	if runs == nil {
		runs = []Named{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(runs)
}
