package tail

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// A Format names a family of kinds of lines.
type Format string

// The formats.
const (
	FormatAuto   Format = ""       // detected, line by line
	FormatEvents Format = "events" // event lines, see package events
	FormatK6     Format = "k6"     // k6 run --out json=FILE or csv=FILE
	FormatVegeta Format = "vegeta" // vegeta encode --to json or csv
	FormatHTTPX  Format = "httpx"  // the log of a program that uses httpx or an OpenAI or Anthropic SDK
	FormatAccess Format = "access" // the log of a server, proxy or client with a request line or JSON for each call
	FormatLocust Format = "locust" // locust --csv NAME --csv-full-history
	FormatJMeter Format = "jmeter" // a JTL file in CSV
)

// Formats returns all formats but FormatAuto.
func Formats() []Format {
	return []Format{FormatEvents, FormatK6, FormatVegeta, FormatHTTPX, FormatAccess, FormatLocust, FormatJMeter}
}

// ParseFormat parses the name of a format. "auto" and "" are FormatAuto.
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

// SplitFormat splits an argument such as run.log:k6 into the path and the
// format. An argument without the name of a format is a path.
func SplitFormat(arg string) (path string, f Format, ok bool) {
	i := strings.LastIndexByte(arg, ':')
	if i <= 0 || i == len(arg)-1 {
		return arg, FormatAuto, false
	}
	f, err := ParseFormat(arg[i+1:])
	if err != nil {
		return arg, FormatAuto, false
	}
	return arg[:i], f, true
}

// A kind is one way in which a line is written. read fills in the record and
// does not retain the line. It is called only with lines of the kind's shape.
type kind struct {
	name   string
	format Format
	shape  shape
	prose  bool // lines of other kinds between those of this one are normal
	read   func(line []byte, r *record) verdict
}

// A shape is what a look at a line tells about the kinds that it can be of.
type shape uint8

const (
	anyShape    shape = 0
	objectShape shape = 1 << iota // it ends with a JSON object
	rowShape                      // it can be a row of CSV whose first field is one word
)

// shapeOf returns the shapes that a line has.
func shapeOf(line []byte) (s shape) {
	if _, ok := objectIn(line); ok {
		s |= objectShape
	}
	if first := bytes.IndexByte(line, ','); first > 0 && bytes.IndexByte(line[:first], ' ') < 0 {
		s |= rowShape
	}
	return s
}

// A parser reads the lines of one log. It tries the kinds of lines one after
// another, since a log may hold several.
type parser struct {
	times *times
	kinds []kind
	last  int // the kind of the last line that was understood
	sdk   *sdkKinds
	stats *locust
}

// newParser returns a parser for the kinds of a format. failures finds the
// failures that go with Locust's history, see locust.
func newParser(f Format, t *times, failures func() []byte) *parser {
	table := &tables{times: t}
	p := &parser{times: t, sdk: newSDKKinds(t), stats: &locust{failures: failures}}
	for _, k := range []kind{
		{"event", FormatEvents, objectShape, false, readEvent},
		{"k6 JSON", FormatK6, objectShape, false, t.readK6},
		{"vegeta JSON", FormatVegeta, objectShape, false, t.readVegeta},
		{"k6 CSV", FormatK6, rowShape, false, table.readK6},
		{"vegeta CSV", FormatVegeta, rowShape, false, t.readVegetaCSV},
		{"Locust CSV", FormatLocust, rowShape, false, p.stats.read},
		{"JMeter CSV", FormatJMeter, rowShape, false, table.readJMeter},
		{"httpx", FormatHTTPX, anyShape, true, p.sdk.read},
		{"SDK for TypeScript", FormatHTTPX, anyShape, true, t.readStainless},
		{"JSON access log", FormatAccess, objectShape, true, t.readAccessJSON},
		{"request line", FormatAccess, anyShape, true, t.readRequestLine},
	} {
		if f == FormatAuto || f == k.format {
			p.kinds = append(p.kinds, k)
		}
	}
	return p
}

// parse reads one line, first as the kind of the line before unless that is
// prose. The kind is nil if none knows the line.
func (p *parser) parse(line []byte, r *record) (*kind, verdict) {
	if last := &p.kinds[p.last]; !last.prose {
		*r = record{}
		if v := last.read(line, r); v != notMine {
			return last, v
		}
	}
	shapes := shapeOf(line)
	for i := range p.kinds {
		k := &p.kinds[i]
		if k.shape&^shapes != 0 {
			continue
		}
		*r = record{}
		if v := k.read(line, r); v != notMine {
			p.last = i
			return k, v
		}
	}
	return nil, notMine
}

// extra returns the records that lines before the current one still had to
// report, and those of the current one besides the first.
func (p *parser) extra() []record {
	if len(p.sdk.extra)+len(p.stats.extra) == 0 {
		return nil
	}
	all := append(p.sdk.extra, p.stats.extra...)
	p.sdk.extra, p.stats.extra = nil, nil
	return all
}

// flush ends the log: no line waits for another one any more.
func (p *parser) flush() {
	p.sdk.flush()
	p.stats.flush()
}

// stamp finds the time of a line of any kind, whether it reports a call or not.
func (p *parser) stamp(line []byte) (moment, bool) {
	if len(line) == 0 {
		return moment{}, false
	}
	if i := bytes.IndexByte(line, '{'); i >= 0 && line[len(line)-1] == '}' {
		if m, ok := p.times.inJSON(line[i:]); ok {
			return m, true
		}
	}
	first, rest, ok := bytes.Cut(line, []byte(","))
	if ok {
		second, _, _ := bytes.Cut(rest, []byte(","))
		for _, field := range [][]byte{first, second} { // of CSV
			if m, ok := epoch(field); ok {
				return m, true
			}
		}
	}
	return p.times.find(line)
}
