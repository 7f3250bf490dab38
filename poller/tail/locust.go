package tail

import (
	"bytes"
	"slices"
	"strings"
)

// A locust reads Locust's statistics with history (--csv NAME
// --csv-full-history). A row has the number of requests and failures since the
// start for one name, so the calls are the differences between rows. What the
// failures were is in another file, NAME_failures.csv.
type locust struct {
	columns *locustColumns // nil before the header row
	other   bool           // the rows are those of the failures
	row     [maxColumns][]byte
	names   map[string]*locustName
	// failures returns the contents of the file of failures, nil if there is
	// none.
	failures func() []byte
	// extra are records besides the one of the current row.
	extra   []record
	unknown int // failures whose status is not known
}

type locustColumns struct{ time, method, name, total, failed int }

// A locustName is what was reported of one method and name.
type locustName struct {
	method, name []byte
	at           moment
	total        int
	failed       int
	held         int         // failures that are not in the file of failures yet
	statuses     map[int]int // failures by status
}

const (
	// maxNames bounds the names of one log.
	maxNames = 10_000
	// maxPerRow bounds the calls of one row.
	maxPerRow = 1_000_000
)

// read reads a row.
func (l *locust) read(line []byte, r *record) verdict {
	switch {
	case isHistoryHeader(line):
		h := readHeader(line)
		l.columns = &locustColumns{h.column("Timestamp"), h.column("Type"), h.column("Name"), h.column("Total Request Count"), h.column("Total Failure Count")}
		l.other = false
		return noCall
	case isFailuresHeader(line):
		l.columns, l.other = nil, true
		return noCall
	case l.other:
		if n := splitRow(line, l.row[:]); n >= 4 && number(l.row[3]) >= 0 {
			return noCall
		}
		return notMine
	case l.columns == nil:
		return notMine
	}
	n := splitRow(line, l.row[:])
	c := l.columns
	if min(c.time, c.method, c.name, c.total, c.failed) < 0 || n <= max(c.time, c.method, c.name, c.total, c.failed) {
		return notMine
	}
	at, ok := epoch(l.row[c.time])
	total, failed := number(l.row[c.total]), number(l.row[c.failed])
	if !ok || total < 0 || failed < 0 {
		return notMine
	}
	if !isMethod(l.row[c.method]) { // the sum of all names, or not HTTP
		return noCall
	}
	return l.differ(l.row[c.method], l.row[c.name], at, total, min(failed, total), r)
}

// isHistoryHeader reports whether a line is the header row of Locust's history.
func isHistoryHeader(line []byte) bool {
	return bytes.HasPrefix(bytes.TrimPrefix(line, []byte(`"`)), []byte("Timestamp")) && bytes.Contains(line, []byte("Total Request Count"))
}

// isFailuresHeader reports whether a line is the header row of Locust's
// failures.
func isFailuresHeader(line []byte) bool {
	return bytes.HasPrefix(line, []byte("Method,Name,Error,Occurrences")) || bytes.HasPrefix(line, []byte(`"Method","Name","Error","Occurrences"`))
}

// differ reports the calls since the last row of the same name.
func (l *locust) differ(method, name []byte, at moment, total, failed int, r *record) verdict {
	key := string(method) + " " + string(name)
	was := l.names[key]
	if was == nil {
		if len(l.names) >= maxNames {
			return noCall
		}
		if l.names == nil {
			l.names = map[string]*locustName{}
		}
		was = &locustName{method: bytes.Clone(method), name: bytes.Clone(name), statuses: map[int]int{}}
		l.names[key] = was
	}
	if total < was.total || failed < was.failed { // statistics were reset, or another run began
		was.total, was.failed = 0, 0
		clear(was.statuses)
	}
	succeeded := (total - failed) - (was.total - was.failed)
	newFailed := failed - was.failed
	was.total, was.failed, was.at = total, failed, at
	l.reportFailed(was, newFailed, false)
	if succeeded <= 0 || len(was.name) == 0 {
		return noCall
	}
	*r = record{at: at, method: was.method, url: was.name, status: 200, count: min(succeeded, maxPerRow)}
	return isCall
}

// reportFailed reports failures with the statuses that the file of failures has
// for them. The others wait for the next row, unless this is the last one.
func (l *locust) reportFailed(n *locustName, newFailed int, last bool) {
	left := n.held + newFailed
	if left == 0 {
		return
	}
	var known map[int]int
	var text []byte
	if l.failures != nil {
		text = l.failures()
		known = failureStatuses(text, n.method, n.name)
	}
	var statuses []int
	for status := range known {
		statuses = append(statuses, status)
	}
	slices.Sort(statuses)
	for _, status := range statuses {
		count := min(left, known[status]-n.statuses[status])
		if count > 0 {
			n.statuses[status] += count
			left -= count
			l.add(n, status, count)
		}
	}
	if len(text) > 0 && !last {
		waited := min(left, n.held)
		n.held = left - waited
		left = waited
	} else {
		n.held = 0
	}
	if left > 0 {
		l.unknown += left
		l.add(n, 0, left)
	}
}

func (l *locust) add(n *locustName, status, count int) {
	if len(n.name) > 0 {
		l.extra = append(l.extra, record{at: n.at, method: n.method, url: n.name, status: status, count: min(count, maxPerRow)})
	}
}

// flush reports the failures that still wait for their status.
func (l *locust) flush() {
	for _, n := range l.names {
		l.reportFailed(n, 0, true)
	}
}

// failureStatuses counts the failures of one name by status, in Locust's file
// of failures.
func failureStatuses(text, method, name []byte) map[int]int {
	counts := map[int]int{}
	var row [5][]byte
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if n := splitRow(line, row[:]); n < 4 || !bytes.Equal(row[0], method) || !bytes.Equal(row[1], name) {
			continue
		}
		if status := statusIn(row[2]); status > 0 {
			counts[status] += max(number(row[3]), 0)
		}
	}
	return counts
}

// statusIn finds an HTTP error status in the text of an error.
func statusIn(text []byte) int {
	for _, word := range bytes.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' && r|0x20 < 'a' || r > 'z' }) {
		if n := number(word); len(word) == 3 && n >= 400 && n < 600 {
			return n
		}
	}
	return 0
}

// isMethod reports whether a text is a method of HTTP.
func isMethod(text []byte) bool {
	switch string(text) {
	case "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS":
		return true
	}
	return false
}

// failuresPath is where Locust writes the failures that go with the history at
// path.
func failuresPath(path string) string {
	if base, ok := strings.CutSuffix(path, "_stats_history.csv"); ok {
		return base + "_failures.csv"
	}
	return ""
}
