package status

import (
	"encoding/json"
	"fmt"
	"strings"

	"quotatop/model"
)

// The formats of Format. A text that contains "{{" is a format too: a template over a
// Line, in the language of text/template.
const (
	Plain = "plain"
	Tmux  = "tmux" // plain with tmux's styles; each # in the data is doubled
	JSON  = "json" // a Line
)

// Format writes a snapshot on one line, without a newline. Its time is the
// snapshot's. An error is about the format.
func Format(s model.Snapshot, format string) (string, error) { return Of(s).Format(format) }

// Format writes a line as Format does.
func (l Line) Format(format string) (string, error) {
	switch {
	case format == Plain || format == "":
		return l.text(func(_, text string) string { return text }), nil
	case format == Tmux:
		return l.text(tmux), nil
	case format == JSON:
		text, err := json.Marshal(l)
		if err != nil {
			return "", fmt.Errorf("status: %w", err)
		}
		return string(text), nil
	case strings.Contains(format, "{{"):
		return l.execute(format)
	}
	return "", fmt.Errorf("unknown status format %q: use plain, tmux, json, or a template such as {{.Figure}} {{.Left}}", format)
}

// text joins the parts of a line; style wraps a text by its pressure.
func (l Line) text(style func(pressure, text string) string) string {
	var parts []string
	add := func(pressure, text string) {
		if text != "" {
			parts = append(parts, style(pressure, text))
		}
	}
	if l.Demo {
		add("", "DEMO")
	}
	add(l.NextPressure, l.First())
	level := l.Pressure
	if l.Stale {
		level = "stale"
	}
	if l.Next != l.Endpoint+" refused" { // else it is said
		add(level, l.Figure())
		add("", l.Wall())
		add("", l.Age())
	}
	level = ""
	if l.CapStale {
		level = "stale"
	}
	text := strings.Join(parts, " ") + "  " + style(level, l.Left()) + " " + style("", l.Reset())
	if fleet := l.Fleet(); fleet != "" {
		level = ""
		if l.GeneratorsSilent > 0 {
			level = pressures[model.Warm]
		}
		text += "  " + style(level, fleet)
	}
	return text
}

// tmux is a text with tmux's style for a pressure. A style names both colours,
// because a status bar may have any. A calm figure has the colours of the bar.
func tmux(pressure, text string) string {
	text = strings.ReplaceAll(text, "#", "##")
	var style string
	switch pressure {
	case "warm":
		style = "fg=black,bg=yellow"
	case "hot":
		style = "fg=colour16,bg=colour208"
	case "full":
		style = "fg=colour231,bg=colour160,bold"
	case "stale":
		style = "dim"
	default:
		return text
	}
	return "#[" + style + "]" + text + "#[default]"
}
