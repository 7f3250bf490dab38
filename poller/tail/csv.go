package tail

import (
	"bytes"
)

// splitRow splits a line of CSV into fields and returns how many there are, at
// most len(row). Quotes around a field are removed; quotes within it stay
// doubled.
func splitRow(line []byte, row [][]byte) (n int) {
	for n < len(row) {
		if len(line) > 0 && line[0] == '"' {
			end := closingQuote(line)
			if end < 0 {
				return 0 // the field continues in the next line
			}
			row[n] = line[1:end]
			n++
			if end+1 == len(line) {
				return n
			}
			line = line[min(end+2, len(line)):]
			continue
		}
		i := bytes.IndexByte(line, ',')
		if i < 0 {
			row[n] = line
			return n + 1
		}
		row[n] = line[:i]
		n++
		line = line[i+1:]
	}
	return n
}

// closingQuote finds the quote that ends the field at the start of a line. It
// returns -1 if there is none.
func closingQuote(line []byte) int {
	for end := 1; ; end += 2 {
		i := bytes.IndexByte(line[min(end, len(line)):], '"')
		if i < 0 {
			return -1
		}
		if end += i; end+1 == len(line) || line[end+1] != '"' {
			return end
		}
	}
}

// maxColumns bounds the columns of a table.
const maxColumns = 64

// A header says which column of a table holds what, by the name of the column.
type header map[string]int

// readHeader reads the first row of a table.
func readHeader(line []byte) header {
	var row [maxColumns][]byte
	h := header{}
	for i := range splitRow(line, row[:]) {
		h[string(row[i])] = i
	}
	return h
}

// column is the number of a column, or -1.
func (h header) column(name string) int {
	if i, ok := h[name]; ok {
		return i
	}
	return -1
}

// tables reads the tables of tools that write CSV with a header row.
type tables struct {
	times *times
	row   [maxColumns][]byte

	k6     *k6Columns
	jmeter *jmeterColumns
}

// field is a field of the current row, which has n.
func (t *tables) field(column, n int) []byte {
	if column < 0 || column >= n {
		return nil
	}
	return t.row[column]
}

// k6Columns are the columns of k6's CSV output.
type k6Columns struct{ time, errorCode, method, name, status, url int }

// k6Default are the columns of k6 without options.
var k6Default = k6Columns{time: 1, errorCode: 5, method: 8, name: 9, status: 13, url: 16}

// readK6 reads a row of k6's CSV output: one for each point of a metric.
func (t *tables) readK6(line []byte, r *record) verdict {
	if bytes.HasPrefix(line, []byte("metric_name,timestamp,")) {
		h := readHeader(line)
		t.k6 = &k6Columns{h.column("timestamp"), h.column("error_code"), h.column("method"), h.column("name"), h.column("status"), h.column("url")}
		return noCall
	}
	rest, isRequest := bytes.CutPrefix(line, []byte("http_reqs,"))
	if !isRequest {
		name, rest, ok := bytes.Cut(line, []byte(","))
		value, _, _ := bytes.Cut(rest, []byte(","))
		if _, isTime := epoch(value); ok && isTime && isName(name) {
			return noCall
		}
		return notMine
	}
	columns := t.k6
	if columns == nil {
		columns = &k6Default
	}
	n := splitRow(line, t.row[:])
	p := point{method: t.field(columns.method, n), url: t.field(columns.url, n), name: t.field(columns.name, n), status: t.field(columns.status, n), errorCode: t.field(columns.errorCode, n)}
	p.time, _, _ = bytes.Cut(rest, []byte(","))
	return p.record(t.times, r)
}

// isName reports whether a text can be the name of a metric of k6.
func isName(text []byte) bool {
	for _, c := range text {
		if !isWord(c) {
			return false
		}
	}
	return len(text) > 0 && !isDigit(text[0])
}

// jmeterColumns are the columns of a JTL file.
type jmeterColumns struct{ time, label, status, success, url, message int }

// jmeterDefault are the columns of a JTL file that has no header row.
var jmeterDefault = jmeterColumns{time: 0, label: 2, status: 3, message: 4, success: 7, url: 13}

// readJMeter reads a sample of a JTL file. It does not have the method.
func (t *tables) readJMeter(line []byte, r *record) verdict {
	if bytes.HasPrefix(line, []byte("timeStamp,")) {
		h := readHeader(line)
		t.jmeter = &jmeterColumns{h.column("timeStamp"), h.column("label"), h.column("responseCode"), h.column("success"), h.column("URL"), h.column("responseMessage")}
		return noCall
	}
	if t.jmeter == nil && (len(line) < 14 || line[13] != ',' || !isDigit(line[0])) {
		return notMine
	}
	columns := t.jmeter
	if columns == nil {
		columns = &jmeterDefault
	}
	n := splitRow(line, t.row[:])
	if n <= columns.success || n <= columns.status {
		return notMine
	}
	if success := string(t.field(columns.success, n)); columns.success >= 0 && success != "true" && success != "false" {
		return notMine
	}
	var ok bool
	if r.at, ok = t.times.read(t.field(columns.time, n)); !ok {
		return notMine
	}
	if r.url = t.field(columns.url, n); len(r.url) == 0 || string(r.url) == "null" {
		r.url = t.field(columns.label, n)
	}
	if bytes.HasPrefix(t.field(columns.message, n), []byte("Number of samples in transaction")) {
		return noCall // it sums up the samples before it
	}
	status := t.field(columns.status, n)
	if r.status = number(status); r.status < 0 {
		// Non HTTP response code: java.net.ConnectException
		if r.status = 0; !sentByJMeter(status) {
			return noCall
		}
	}
	if !r.valid() {
		return notMine
	}
	return isCall
}

// sentByJMeter reports whether a request without a response may have reached the
// API: not if there was no connection.
func sentByJMeter(code []byte) bool {
	return bytes.Contains(code, []byte("SocketTimeout")) || bytes.Contains(code, []byte("SocketException")) || bytes.Contains(code, []byte("NoHttpResponse"))
}
