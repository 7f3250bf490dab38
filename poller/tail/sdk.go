package tail

import (
	"bytes"
	"hash/maphash"
	"net/http"
	"slices"

	"quotatop/poller/pioneer"
)

// sdkKinds read the lines that httpx, and the SDKs of OpenAI and Anthropic for
// Python on top of it, log for a call. At INFO there is one, of httpx:
//
//	HTTP Request: POST https://api.pioneer.ai/v1/chat/completions "HTTP/1.1 429 Too Many Requests"
//
// and at DEBUG the SDK adds one before it and one after it, which has the headers:
//
//	Sending HTTP Request: POST https://api.pioneer.ai/v1/chat/completions
//	HTTP Response: POST https://api.pioneer.ai/v1/chat/completions "429 Too Many Requests" Headers({'retry-after': '7'})
//
// These are one call. It is reported by the last line if that is known to come,
// otherwise by the line of httpx.
type sdkKinds struct {
	times *times
	// sent counts the calls that an SDK announced, by method and URL.
	sent map[string]int
	// waiting are the calls whose line of httpx was seen, and whose response
	// line is still to come.
	waiting []record
	// responses is set once a response line was seen. Some versions write it
	// without the line before the call.
	responses bool
	// reported are the last calls that were reported by the line of httpx, as
	// hashes: their response lines are not calls.
	reported [64]uint64
	next     int
	seed     maphash.Seed
	// wrapped is the start of a line of httpx that was wrapped.
	wrapped []byte
	rows    int // rows of wrapped
	extra   []record
}

func newSDKKinds(t *times) *sdkKinds {
	return &sdkKinds{times: t, sent: map[string]int{}, seed: maphash.MakeSeed()}
}

const (
	maxSent    = 4096
	maxWaiting = 256
	maxRows    = 4
)

var (
	lineMarker      = []byte("HTTP Re")
	requestMarker   = []byte("quest: ")
	responseMarker  = []byte("sponse: ")
	argumentsMarker = []byte("Request options: ")
)

// read reads any of these lines.
func (s *sdkKinds) read(line []byte, r *record) verdict {
	i := bytes.Index(line, lineMarker)
	if i < 0 {
		switch {
		case s.rows > 0:
			return s.readWrapped(line, r)
		case bytes.Contains(line, argumentsMarker):
			return noCall // its text may be anything
		}
		return notMine
	}
	s.rows = 0
	head, rest := line[:i], line[i+len(lineMarker):]
	if bytes.Contains(head, argumentsMarker) {
		return noCall
	}
	if rest, ok := bytes.CutPrefix(rest, requestMarker); ok {
		if bytes.HasSuffix(head, []byte("Sending ")) {
			return s.announce(rest)
		}
		return s.readRequest(line, head, rest, r)
	}
	if rest, ok := bytes.CutPrefix(rest, responseMarker); ok {
		return s.readResponse(line, head, rest, r)
	}
	return notMine
}

// announce counts a call that an SDK is about to make.
func (s *sdkKinds) announce(rest []byte) verdict {
	method, url, _ := bytes.Cut(rest, []byte(" "))
	if !isMethod(method) {
		return notMine
	}
	if len(s.sent) >= maxSent {
		clear(s.sent) // their responses never came
	}
	url, _, _ = bytes.Cut(url, []byte(" "))
	s.sent[string(method)+" "+string(bytes.TrimRight(url, `"},\`))]++
	return noCall
}

// readRequest reads the line of httpx, which may be wrapped: rich breaks lines at
// the width of the terminal.
func (s *sdkKinds) readRequest(line, head, rest []byte, r *record) verdict {
	method, after, _ := bytes.Cut(rest, []byte(" "))
	quote := bytes.IndexByte(after, '"')
	if quote < 0 {
		return s.wrap(line)
	}
	r.method, r.url = method, bytes.Trim(after[:quote], ` \`) // it may be in a JSON string
	if bytes.IndexByte(r.url, ' ') >= 0 {                     // it was wrapped
		r.url = bytes.Join(bytes.Fields(r.url), nil)
	}
	version, ok := bytes.CutPrefix(after[quote+1:], []byte("HTTP/"))
	if !ok {
		// Older SDKs log the call once more, without the version.
		if two(version) >= 0 {
			return noCall
		}
		return notMine
	}
	_, status, _ := bytes.Cut(version, []byte(" "))
	if status = bytes.TrimLeft(status, " "); len(status) == 0 {
		return s.wrap(line)
	}
	if len(status) < 3 || len(method) == 0 {
		return notMine
	}
	if r.status = number(status[:3]); r.status < 100 || !r.valid() {
		return notMine
	}
	r.at = s.times.around(line, head, status)
	return s.await(r)
}

// wrap keeps the first row of a line that was wrapped.
func (s *sdkKinds) wrap(line []byte) verdict {
	if len(line) > 8192 {
		return notMine
	}
	s.wrapped, s.rows = append(s.wrapped[:0], withoutSource(line)...), 1
	return noCall
}

// readWrapped reads a further row of a line that was wrapped.
func (s *sdkKinds) readWrapped(line []byte, r *record) verdict {
	rows := s.rows
	s.rows = 0
	if rows >= maxRows || len(s.wrapped)+len(line) > 8192 || len(line) == 0 || line[0] != ' ' {
		return notMine
	}
	s.wrapped = append(append(s.wrapped, ' '), bytes.TrimLeft(withoutSource(line), " ")...)
	v := s.read(s.wrapped, r)
	if s.rows > 0 { // there is more to come
		s.rows = rows + 1
	}
	return v
}

// withoutSource removes the name of the source file that rich sets at the right
// end of a row: _client.py:1025.
func withoutSource(line []byte) []byte {
	i := bytes.LastIndexByte(line, ' ')
	if name, _, ok := bytes.Cut(line[i+1:], []byte(".py:")); ok && i > 0 && !bytes.Contains(name, []byte("/")) {
		return bytes.TrimRight(line[:i], " ")
	}
	return line
}

// await reports a call, unless an SDK will report it with the headers of the
// response.
func (s *sdkKinds) await(r *record) verdict {
	if !s.announced(r) && !(s.responses && pioneer.MayBeDenied(r.status)) {
		s.reported[s.next] = s.hash(r)
		s.next = (s.next + 1) % len(s.reported)
		return isCall
	}
	if len(s.waiting) == maxWaiting {
		s.extra = append(s.extra, s.waiting[0])
		s.waiting = s.waiting[1:]
	}
	kept := *r
	kept.method, kept.url = bytes.Clone(r.method), bytes.Clone(r.url)
	s.waiting = append(s.waiting, kept)
	return noCall
}

// announced reports whether an SDK has said that it makes this call.
func (s *sdkKinds) announced(r *record) bool {
	if len(s.sent) == 0 {
		return false
	}
	key := string(r.method) + " " + string(r.url)
	n := s.sent[key]
	if n > 1 {
		s.sent[key] = n - 1
	} else {
		delete(s.sent, key)
	}
	return n > 0
}

// hash tells calls apart by method, URL and status.
func (s *sdkKinds) hash(r *record) uint64 {
	return maphash.Bytes(s.seed, r.url)*31 + maphash.Bytes(s.seed, r.method)*1009 + uint64(r.status) | 1
}

// flush reports the calls whose response line never came.
func (s *sdkKinds) flush() {
	s.extra = append(s.extra, s.waiting...)
	s.waiting = nil
}

// readResponse reads the line that an SDK writes for a response.
func (s *sdkKinds) readResponse(line, head, rest []byte, r *record) verdict {
	method, rest, _ := bytes.Cut(rest, []byte(" "))
	url, rest, _ := bytes.Cut(rest, []byte(" "))
	rest = bytes.TrimPrefix(bytes.TrimPrefix(rest, []byte(`\`)), []byte(`"`))
	if len(rest) < 3 || !isMethod(method) {
		return notMine
	}
	r.method, r.url, r.status = method, url, number(rest[:3])
	if r.status < 100 || !r.valid() {
		return notMine
	}
	r.at = s.times.around(line, head, nil)
	if pioneer.MayBeDenied(r.status) {
		if headers := pythonHeaders(rest); len(headers) > 0 {
			r.denial = explained(r.status, headers, nil, r.at.Time)
		}
	}
	s.responses = true
	return s.arrived(r)
}

// arrived reports a call by its response line, unless the line of httpx has done
// so. The response takes the time of that line if it has none.
func (s *sdkKinds) arrived(r *record) verdict {
	for i, w := range s.waiting {
		if w.status == r.status && bytes.Equal(w.url, r.url) && bytes.Equal(w.method, r.method) {
			if r.at.IsZero() {
				r.at = w.at
			}
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			return isCall
		}
	}
	if i := slices.Index(s.reported[:], s.hash(r)); i >= 0 {
		s.reported[i] = 0
		return noCall
	}
	return isCall
}

// pythonHeaders reads headers as Python writes them, as pairs of strings:
// Headers({'retry-after': '7'}) or Headers([('retry-after', '7')]).
func pythonHeaders(text []byte) http.Header {
	i := bytes.Index(text, []byte("Headers("))
	if i < 0 {
		return nil
	}
	headers := http.Header{}
	text = text[i:]
	var name string
	for n := 0; n < 200; n++ {
		value, rest, ok := pythonString(text)
		if !ok {
			break
		}
		text = rest
		if n%2 == 0 {
			name = string(value)
		} else {
			headers.Add(name, string(value))
		}
	}
	return headers
}

// pythonString finds the next string literal.
func pythonString(text []byte) (value, rest []byte, ok bool) {
	start := bytes.IndexAny(text, `'"`)
	if start < 0 {
		return nil, nil, false
	}
	quote := text[start]
	for end := start + 1; end < len(text); end++ {
		switch text[end] {
		case '\\':
			end++
		case quote:
			return text[start+1 : end], text[end+1:], true
		}
	}
	return nil, nil, false
}

// readStainless reads a line of the SDKs of OpenAI and Anthropic for TypeScript:
//
//	[log_ab12, request-id: "req_1"] post https://api.pioneer.ai/v1/messages failed with status 429 in 4ms
func (t *times) readStainless(line []byte, r *record) verdict {
	const marker = " with status "
	i := bytes.Index(line, []byte("[log_"))
	if i < 0 {
		return notMine
	}
	head, rest := line[:i], line[i:]
	i = bytes.Index(rest, []byte(marker))
	if i < 0 {
		return noCall
	}
	before, after := rest[:i], rest[i+len(marker):]
	if _, ok := bytes.CutSuffix(before, []byte(" failed")); !ok {
		if _, ok = bytes.CutSuffix(before, []byte(" succeeded")); !ok {
			return noCall
		}
	}
	before, _ = cutLastWord(before) // failed, succeeded
	before, r.url = cutLastWord(before)
	before, r.method = cutLastWord(before)
	if len(before) == 0 || len(after) < 3 {
		return noCall
	}
	r.method, r.status = bytes.ToUpper(r.method), number(after[:3])
	if r.status < 100 || !isMethod(r.method) || !r.valid() {
		return noCall
	}
	r.at = t.around(line, head, nil)
	return isCall
}

// cutLastWord cuts the last word off a text.
func cutLastWord(text []byte) (before, word []byte) {
	text = bytes.TrimRight(text, " ")
	i := bytes.LastIndexByte(text, ' ') + 1
	return text[:i], text[i:]
}

// around finds the time of a line: in what is before the call, in what is after
// it, or under a key if the line is JSON.
func (t *times) around(line, head, rest []byte) moment {
	if m, ok := t.find(head); ok {
		return m
	}
	if start := bytes.IndexByte(line, '{'); start >= 0 && line[len(line)-1] == '}' {
		if m, ok := t.inJSON(line[start:]); ok {
			return m
		}
	}
	if m, ok := t.find(rest); ok {
		return m
	}
	return moment{}
}
