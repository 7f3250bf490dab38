package tail

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"quotatop/poller/pioneer"
)

// isHAR reports whether a file that starts like this is an HTTP archive, as
// browsers and mitmproxy export it.
func isHAR(start []byte) bool {
	start = bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")), " \t\r\n")
	rest, ok := bytes.CutPrefix(start, []byte("{"))
	rest, log := bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(`"log"`))
	_, object, _ := bytes.Cut(rest, []byte(":"))
	return ok && log && bytes.HasPrefix(bytes.TrimLeft(object, " \t\r\n"), []byte("{"))
}

// A harEntry is one request of an HTTP archive (version 1.2).
type harEntry struct {
	StartedDateTime time.Time
	Time            float64 // the duration, in milliseconds
	Request         struct{ Method, URL string }
	Response        struct {
		Status  int
		Headers []struct{ Name, Value string }
		Content struct{ Text, Encoding string }
	}
}

// readHAR reports the requests of an HTTP archive.
func (r *reader) readHAR(from io.Reader) error {
	d := json.NewDecoder(from)
	for depth := 0; ; {
		token, err := d.Token()
		if err != nil {
			return harError(err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			if depth--; depth == 0 {
				return nil
			}
		case "entries":
			if depth == 2 {
				return r.readEntries(d)
			}
		}
	}
}

// readEntries reports the requests of the array that comes next.
func (r *reader) readEntries(d *json.Decoder) error {
	if token, err := d.Token(); err != nil || token != json.Delim('[') {
		return harError(err)
	}
	for d.More() {
		var e harEntry
		if err := d.Decode(&e); err != nil {
			return harError(err)
		}
		r.tally.lines++
		r.tally.known++
		rec := record{at: moment{e.StartedDateTime, true}, method: []byte(e.Request.Method), url: []byte(e.Request.URL), status: e.Response.Status}
		if e.StartedDateTime.IsZero() || !rec.valid() || rec.status == 0 { // blocked, or without a response
			continue
		}
		if pioneer.MayBeDenied(rec.status) {
			came := e.StartedDateTime.Add(time.Duration(e.Time * float64(time.Millisecond)))
			rec.denial = explained(rec.status, e.headers(), e.body(), came)
		}
		r.report(&rec, moment{})
	}
	return nil
}

func (e *harEntry) headers() http.Header {
	headers := http.Header{}
	for _, h := range e.Response.Headers {
		headers.Add(h.Name, h.Value)
	}
	return headers
}

func (e *harEntry) body() []byte {
	text := []byte(e.Response.Content.Text)
	if e.Response.Content.Encoding != "base64" {
		return text
	}
	data := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, _ := base64.StdEncoding.Decode(data, text)
	return data[:n]
}

func harError(err error) error {
	if err == nil {
		err = errors.New("entries is not an array")
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("HAR file: %w", err)
}
