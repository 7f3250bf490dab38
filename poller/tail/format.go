package tail

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"quotatop/model"
)

// A Format is how the lines of a file are written.
type Format string

// The formats.
const (
	FormatAuto   Format = ""       // recognised from the lines
	FormatEvents Format = "events" // event lines, as package eventline has them
	FormatK6     Format = "k6"     // k6 run --out json=FILE
	FormatVegeta Format = "vegeta" // vegeta encode --to json
	FormatHTTPX  Format = "httpx"  // a Python program's log, with httpx or an SDK that uses it
	FormatAccess Format = "access" // a web server's access log, common or combined
)

// Formats lists the formats that can be named.
func Formats() []Format {
	return []Format{FormatEvents, FormatK6, FormatVegeta, FormatHTTPX, FormatAccess}
}

// ParseFormat reads the name of a format. "auto" and no name are FormatAuto.
func ParseFormat(name string) (Format, error) {
	if name == "" || name == "auto" {
		return FormatAuto, nil
	}
	if f := Format(name); slices.Contains(Formats(), f) {
		return f, nil
	}
	var names []string
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	return FormatAuto, fmt.Errorf("unknown format %q: use one of %s, or auto", name, strings.Join(names, ", "))
}

// A parser reads one line. It reports whether it understood it; the event has
// no Call where the line is about something else. now is the time of a line
// that has none. The line is not kept.
type parser func(line []byte, now time.Time) (model.Event, bool)

// parser returns the parser for the format's lines.
func (f Format) parser(t target) parser {
	switch f {
	case FormatEvents:
		return t.events
	case FormatK6:
		return t.k6
	case FormatVegeta:
		return t.vegeta
	case FormatHTTPX:
		return t.httpx
	case FormatAccess:
		return t.access
	}
	return nil
}

// stamp reads the time of any line of the format, be it about a call or not.
func (f Format) stamp(line []byte) (time.Time, bool) {
	switch f {
	case FormatEvents:
		return stampEvents(line)
	case FormatK6:
		return stampJSON(line, `"time":"`)
	case FormatVegeta:
		return stampJSON(line, `"timestamp":"`)
	case FormatHTTPX:
		return findTime(line)
	case FormatAccess:
		t, _, ok := accessTime(line)
		return t, ok
	}
	return time.Time{}, false
}

// recognise returns the format of a line, FormatAuto if it has none of them.
func recognise(line []byte) Format {
	for _, f := range Formats() {
		e, ok := f.parser(target{})(line, time.Time{})
		if ok && (e.Call != nil || f != FormatHTTPX) { // any line may stand in a program's log
			return f
		}
	}
	return FormatAuto
}
