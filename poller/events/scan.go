package events

import (
	"strconv"
	"time"

	"quotatop/model"
)

// callEvent is the line of a call, as nearly all lines are.
type callEvent struct {
	at        time.Time
	source    string
	generator string
	clock     string
	call      callJSON
}

func (e *callEvent) event() (model.Event, error) {
	call, err := e.call.call(e.at)
	if err != nil {
		return model.Event{}, err
	}
	call.Vantage = saidBy(e.source, call.Vantage)
	return gated(model.Event{At: e.at, Source: e.source, Call: &call, Generator: e.generator})
}

// scan reads the line of a call and reports whether it could. It reads plain
// lines only, those without escapes, nulls, exponents or unknown fields, as
// encoding/json would; all others are left to that package.
func (e *callEvent) scan(line []byte) bool {
	const at, source, call, clock, generator = 1, 2, 4, 8, 16
	s := scanner{line: line}
	var seen field
	for s.open(); s.more(); s.next() {
		switch string(s.key()) {
		case "at":
			s.first(&seen, at)
			var ok bool
			if e.at, ok = parseAt(s.scalar()); !ok || e.at.IsZero() {
				return false
			}
		case "source":
			s.first(&seen, source)
			e.source = s.word()
		case "call":
			s.first(&seen, call)
			e.scanCall(&s)
		case "clock":
			s.first(&seen, clock)
			e.clock = s.word()
		case "generator":
			s.first(&seen, generator)
			e.generator = s.word()
		default:
			return false
		}
	}
	return s.end() && seen&(at|call) == at|call
}

func (e *callEvent) scanCall(s *scanner) {
	var seen field
	for s.open(); s.more(); s.next() {
		switch string(s.key()) {
		case "method":
			s.first(&seen, 1)
			e.call.Method = s.word()
		case "path":
			s.first(&seen, 2)
			e.call.Path = Intern(CutPath(s.text()))
		case "status":
			s.first(&seen, 4)
			e.call.Status = s.whole()
		case "denial":
			s.first(&seen, 8)
			e.call.Denial = givenDenial{true, scanDenial(s)}
		case "cost_usd":
			s.first(&seen, 16)
			usd, err := strconv.ParseFloat(string(s.number()), 64)
			s.bad = s.bad || err != nil
			e.call.Cost = model.Some(model.MicrosFromUSD(usd))
		case "tokens":
			s.first(&seen, 32)
			e.call.Tokens = int64(s.whole())
		case "model":
			s.first(&seen, 64)
			e.call.Model = s.word()
		case "vantage":
			s.first(&seen, 128)
			e.call.Vantage = model.Vantage(s.word())
		default:
			s.bad = true
		}
	}
}

func scanDenial(s *scanner) *denialJSON {
	d := new(denialJSON)
	var seen field
	for s.open(); s.more(); s.next() {
		switch string(s.key()) {
		case "kind":
			s.first(&seen, 1)
			d.Kind = model.Kind(s.word())
		case "status":
			s.first(&seen, 2)
			d.Status = s.whole()
		case "retry_after_s":
			s.first(&seen, 4)
			d.RetryAfter = wait(s.number())
		case "reason":
			s.first(&seen, 8)
			d.Reason = s.word()
		case "detail":
			s.first(&seen, 16)
			d.Detail = s.word()
		case "headers":
			s.first(&seen, 32)
			d.Headers = s.word()
		case "resolution_url":
			s.first(&seen, 64)
			d.URL = s.word()
		case "limit":
			s.first(&seen, 128)
			d.Limit = s.whole()
		case "per_s":
			s.first(&seen, 256)
			per, ok := parseSeconds(s.number())
			s.bad = s.bad || !ok
			d.Per = seconds(per)
		default:
			s.bad = true
		}
	}
	return d
}

// field is a set of the fields of an object.
type field uint16

// A scanner reads plain JSON. Once it has found anything else it is bad, and
// reads nothing more.
type scanner struct {
	line []byte
	i    int
	bad  bool
	last bool // the current object has just ended
}

// first notes a field. A line in which one comes twice is left to encoding/json.
func (s *scanner) first(seen *field, bit field) {
	s.bad = s.bad || *seen&bit != 0
	*seen |= bit
}

func (s *scanner) space() {
	for s.i < len(s.line) && s.line[s.i] == ' ' {
		s.i++
	}
}

// peek returns the next byte that is not a space, 0 at the end.
func (s *scanner) peek() byte {
	if s.i < len(s.line) && s.line[s.i] > ' ' {
		return s.line[s.i]
	}
	if s.space(); s.i < len(s.line) {
		return s.line[s.i]
	}
	return 0
}

func (s *scanner) take(c byte) {
	if s.peek() != c {
		s.bad = true
		return
	}
	s.i++
}

// open, more, key and next iterate over the fields of an object.
func (s *scanner) open()      { s.take('{'); s.last = false }
func (s *scanner) more() bool { return !s.bad && !s.last }

func (s *scanner) key() []byte {
	key := s.text()
	s.take(':')
	return key
}

func (s *scanner) next() {
	switch s.peek() {
	case ',':
		s.last = false
	case '}':
		s.last = true
	default:
		s.bad = true
		return
	}
	s.i++
}

// end reports whether the line was read in full.
func (s *scanner) end() bool { return !s.bad && s.peek() == 0 && s.i == len(s.line) }

// text reads an ASCII string without escapes.
func (s *scanner) text() []byte {
	s.take('"')
	rest := s.line[min(s.i, len(s.line)):]
	for n, c := range rest {
		if !plain[c] {
			if c != '"' {
				break
			}
			s.i += n + 1
			return rest[:n]
		}
	}
	s.bad = true
	return nil
}

// plain holds the bytes that stand for themselves in a JSON string.
var plain = func() (p [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		p[c] = c != '"' && c != '\\'
	}
	return p
}()

// word reads a string.
func (s *scanner) word() string { return Intern(s.text()) }

// number reads a number without an exponent.
func (s *scanner) number() []byte {
	s.peek()
	start := s.i
	if s.i < len(s.line) && s.line[s.i] == '-' {
		s.i++
	}
	zero := s.i < len(s.line) && s.line[s.i] == '0'
	if n := s.digits(); n == 0 || n > 1 && zero {
		s.bad = true
	}
	if s.i < len(s.line) && s.line[s.i] == '.' {
		s.i++
		if s.digits() == 0 {
			s.bad = true
		}
	}
	return s.line[start:s.i]
}

func (s *scanner) digits() int {
	start := s.i
	for s.i < len(s.line) && digit(s.line[s.i]) {
		s.i++
	}
	return s.i - start
}

// whole reads a non-negative integer.
func (s *scanner) whole() (n int) {
	text := s.number()
	for _, c := range text {
		if !digit(c) || len(text) > 9 {
			s.bad = true
			return 0
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// scalar reads a string, with its quotes, or a number.
func (s *scanner) scalar() []byte {
	if s.peek() != '"' {
		return s.number()
	}
	start := s.i
	s.text()
	return s.line[start:s.i]
}

// Intern returns text as a string, without allocating the words that most lines
// contain.
func Intern(text []byte) string {
	switch string(text) {
	case "GET":
		return "GET"
	case "POST":
		return "POST"
	case "tap":
		return "tap"
	case clockServer:
		return clockServer
	case "/inference":
		return "/inference"
	case "/v1/chat/completions":
		return "/v1/chat/completions"
	case "/v1/completions":
		return "/v1/completions"
	case "/v1/responses":
		return "/v1/responses"
	case "/v1/messages":
		return "/v1/messages"
	case "rate":
		return string(model.KindRate)
	case "cap":
		return string(model.KindCap)
	}
	return string(text)
}
