package config

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// errShape means that an editor cannot find a place for a value.
var errShape = errors.New("this setting is written in a form that quotatop does not change: change it there")

// An edit replaces the bytes [from, to) of a file.
type edit struct {
	from, to int
	text     string
}

func (e edit) apply(doc []byte) []byte {
	return slices.Concat(doc[:e.from], []byte(e.text), doc[e.to:])
}

// edits returns the ways to give the key of a valid document a value, the best first:
// to replace the value that it has, or to add a line. Some of them may not be valid.
func edits(doc []byte, value string, key ...string) []edit {
	o := readOutline(doc)
	for _, kv := range o.values {
		if slices.Equal(kv.key, key) {
			return []edit{{kv.from, kv.to, value}}
		}
	}
	table, name := key[:len(key)-1], key[len(key)-1]
	line := name + " = " + value
	var all []edit
	if start, end, ok := o.table(table); ok {
		if at, ok := exampleOf(doc[start:end], name); ok {
			all = append(all, o.insert(start+at, line))
		}
		if last := o.lastValue(table); len(table) == 0 && last > 0 {
			all = append(all, o.insert(lineEnd(doc, last), line))
		}
		all = append(all, o.insert(start, line))
	}
	if len(table) == 0 {
		return all
	}
	dotted := o.insert(0, strings.Join(key, ".")+" = "+value)
	if slices.ContainsFunc(o.values, func(kv keyValue) bool { return len(kv.key) > 1 && kv.key[0] == table[0] && kv.dotted }) {
		all = append(all, dotted)
	}
	return append(all, o.append("["+strings.Join(table, ".")+"]", line))
}

// addTable returns the edit that adds a table to an array at the end of a document.
func addTable(doc []byte, array string, lines ...string) edit {
	o := readOutline(doc)
	return o.append(append([]string{"[[" + array + "]]"}, lines...)...)
}

// An outline is where the keys and tables of a document are.
type outline struct {
	doc    []byte
	tables []header
	values []keyValue
}

// A header is the line of a table. The keys above the first belong to the root, which
// has no name.
type header struct {
	name       []string
	start, end int // what follows the line, up to the next header
}

// A keyValue is a key, with the names of its tables, and the bytes of its value.
type keyValue struct {
	key      []string
	from, to int
	dotted   bool // outside of a table with a header
}

// readOutline reads a valid document. Keys within inline tables are left out.
func readOutline(doc []byte) outline {
	o := outline{doc: doc, tables: []header{{end: len(doc)}}}
	var p unstable.Parser
	p.Reset(doc)
	var table []string
	count := map[string]int{}
	for p.NextExpression() {
		e := p.Expression()
		var names []string
		first, last := 0, 0
		for it := e.Key(); it.Next(); {
			raw := it.Node().Raw
			if len(names) == 0 {
				first = int(raw.Offset)
			}
			last = int(raw.Offset + raw.Length)
			names = append(names, string(it.Node().Data))
		}
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			if e.Kind == unstable.ArrayTable {
				name := strings.Join(names, ".")
				names = append(names, strconv.Itoa(count[name]))
				count[name]++
			}
			table = names
			o.tables[len(o.tables)-1].end = bytes.LastIndexByte(doc[:first], '\n') + 1
			o.tables = append(o.tables, header{names, lineEnd(doc, last), len(doc)})
		case unstable.KeyValue:
			from := last + bytes.IndexByte(doc[last:], '=') + 1
			from += len(doc[from:]) - len(bytes.TrimLeft(doc[from:], " \t"))
			o.values = append(o.values, keyValue{slices.Concat(table, names), from, valueEnd(doc, from), table == nil && len(names) > 1})
		}
	}
	return o
}

// table returns where the lines of a table with a header are; false if it has none.
func (o *outline) table(name []string) (start, end int, ok bool) {
	for _, h := range o.tables {
		if slices.Equal(h.name, name) {
			return h.start, h.end, true
		}
	}
	return 0, 0, false
}

// lastValue returns where the last value of a table ends; 0 if it has none.
func (o *outline) lastValue(table []string) (end int) {
	for _, kv := range o.values {
		if len(kv.key) == len(table)+1 && slices.Equal(kv.key[:len(table)], table) {
			end = kv.to
		}
	}
	return end
}

// insert returns the edit that adds a line at the beginning of another.
func (o *outline) insert(at int, line string) edit {
	if at > 0 && o.doc[at-1] != '\n' {
		return edit{at, at, o.newline() + line}
	}
	return edit{at, at, line + o.newline()}
}

// append returns the edit that adds lines at the end, after a blank one.
func (o *outline) append(lines ...string) edit {
	text, nl := "", o.newline()
	switch n := len(o.doc); {
	case n == 0:
	case o.doc[n-1] != '\n':
		text = nl + nl
	case !bytes.HasSuffix(o.doc, []byte("\n\n")) && !bytes.HasSuffix(o.doc, []byte("\n\r\n")):
		text = nl
	}
	return edit{len(o.doc), len(o.doc), text + strings.Join(lines, nl) + nl}
}

// newline is how the lines of the document end.
func (o *outline) newline() string {
	if i := bytes.IndexByte(o.doc, '\n'); i > 0 && o.doc[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// exampleOf returns where the line after "#name = ..." begins.
func exampleOf(doc []byte, name string) (at int, ok bool) {
	for line := range bytes.Lines(doc) {
		at += len(line)
		text, comment := bytes.CutPrefix(bytes.TrimLeft(line, " \t"), []byte("#"))
		rest, named := bytes.CutPrefix(bytes.TrimLeft(text, " \t"), []byte(name))
		if comment && named && bytes.HasPrefix(bytes.TrimLeft(rest, " \t"), []byte("=")) {
			return at, true
		}
	}
	return 0, false
}

// lineEnd returns where the line after a position begins.
func lineEnd(doc []byte, at int) int {
	if i := bytes.IndexByte(doc[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(doc)
}

// valueEnd returns where the value ends that begins at a position of a valid document.
func valueEnd(doc []byte, at int) int {
	depth := 0
	for i := at; i < len(doc); {
		switch c := doc[i]; {
		case c == '"' || c == '\'':
			i = stringEnd(doc, i)
		case c == '[' || c == '{':
			depth++
			i++
		case c == ']' || c == '}':
			depth--
			i++
		case depth > 0 && c == '#':
			i = lineEnd(doc, i)
			continue
		case depth > 0:
			i++
			continue
		default:
			for i < len(doc) && !bytes.ContainsRune([]byte(" \t\r\n#,]}"), rune(doc[i])) {
				i++
			}
		}
		if depth == 0 {
			return i
		}
	}
	return len(doc)
}

// stringEnd returns where the string ends that begins at a position.
func stringEnd(doc []byte, at int) int {
	quote := doc[at]
	mark := bytes.Repeat([]byte{quote}, 3)
	long := bytes.HasPrefix(doc[at:], mark)
	if !long {
		mark = mark[:1]
	}
	i := at + len(mark)
	for i < len(doc) && !bytes.HasPrefix(doc[i:], mark) {
		if quote == '"' && doc[i] == '\\' {
			i++
		}
		i++
	}
	i = min(i+len(mark), len(doc))
	for long && i < len(doc) && doc[i] == quote { // up to two quotes may stand before the end
		i++
	}
	return i
}
