package pioneer

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"quotatop/model"
)

// encoders are the encodings that a body may have, by what Content-Encoding says.
var encoders = map[string]func(text []byte) []byte{
	"":       func(text []byte) []byte { return text },
	"gzip":   with(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
	"x-gzip": with(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
	"GZIP":   with(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
	"deflate": with(func(w io.Writer) io.WriteCloser {
		return zlib.NewWriter(w)
	}),
	" deflate ": with(func(w io.Writer) io.WriteCloser { // raw
		z, _ := flate.NewWriter(w, flate.BestSpeed)
		return z
	}),
	"br": with(func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }),
	"zstd": with(func(w io.Writer) io.WriteCloser {
		z, _ := zstd.NewWriter(w)
		return z
	}),
	"zstd ": with(func(w io.Writer) io.WriteCloser { // of unknown length, with a large window
		z, _ := zstd.NewWriter(w, zstd.WithWindowSize(8<<20), zstd.WithSingleSegment(false))
		return flushed{z}
	}),
	"identity": func(text []byte) []byte { return text },
}

func with(open func(io.Writer) io.WriteCloser) func([]byte) []byte {
	return func(text []byte) []byte {
		var b bytes.Buffer
		w := open(&b)
		_, _ = w.Write(text)
		_ = w.Close()
		return b.Bytes()
	}
}

// flushed flushes what is written, as a server does that streams.
type flushed struct{ *zstd.Encoder }

func (f flushed) Write(p []byte) (int, error) {
	n, err := f.Encoder.Write(p)
	return n, errors.Join(err, f.Flush())
}

func TestEncodedBodies(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		want   model.Kind
		detail string
	}{
		{403, `{"code":"credit_ceiling_reached","message":"Monthly overage ceiling reached."}`, model.KindCeiling, "Monthly overage ceiling reached."},
		{403, `{"detail":{"code":"card_required","message":"A payment method is needed."}}`, model.KindCredits, "A payment method is needed."},
		{403, `{"detail":"Forbidden"}`, model.KindAuth, "Forbidden"},
		{429, `{"detail":{"code":"daily_spend_cap_exceeded","message":"Reached."}}`, model.KindCap, "Reached."},
		{429, `{"detail":"Rate limit exceeded: 200 per 1 minute"}`, model.KindRate, "Rate limit exceeded: 200 per 1 minute"},
		{429, ``, model.KindRate, ""},
	} {
		for outer, encodeOuter := range encoders {
			for inner, encodeInner := range encoders {
				body := encodeOuter(encodeInner([]byte(tt.body)))
				for _, header := range []http.Header{{"Content-Encoding": {inner + "," + outer}}, {"Content-Encoding": {inner, outer}}} {
					d, _ := ReadDenial(tt.status, header, body, t0)
					if d.Kind != tt.want || d.Detail != tt.detail {
						t.Errorf("%d %s as %q: got %q %q, want %q %q", tt.status, tt.body, header, d.Kind, d.Detail, tt.want, tt.detail)
					}
				}
			}
		}
	}
}

// Nothing is guessed from a body that cannot be read: the headers and the status
// decide where they can.
func TestUnreadableBodies(t *testing.T) {
	const ceiling = `{"code":"credit_ceiling_reached","message":"Reached."}`
	zipped := string(encoders["gzip"]([]byte(ceiling)))
	for name, tt := range map[string]struct {
		status int
		header string
		body   string
		want   model.Kind
	}{
		"403, unknown encoding":      {403, "Content-Encoding: dcz", zipped, model.KindUnknown},
		"403, broken":                {403, "Content-Encoding: gzip", zipped[:12], model.KindUnknown},
		"403, another encoding":      {403, "Content-Encoding: br", zipped, model.KindUnknown},
		"403, too many layers":       {403, "Content-Encoding: gzip, gzip, gzip, gzip, gzip", zipped, model.KindUnknown},
		"403, encoding not declared": {403, "", zipped, model.KindUnknown},
		"403, cut short":             {403, "", ceiling[:20], model.KindUnknown},
		"403, not encoded after all": {403, "Content-Encoding: gzip", ceiling, model.KindCeiling},
		"401, unknown encoding":      {401, "Content-Encoding: dcz", zipped, model.KindAuth},
		"402, unknown encoding":      {402, "Content-Encoding: dcz", zipped, model.KindCredits},
		"429, unknown encoding":      {429, "Content-Encoding: dcz", zipped, model.KindUnknown},
		"429, hours to wait":         {429, "Content-Encoding: dcz\nRetry-After: 43200", zipped, model.KindUnknown},
		"429, seconds to wait":       {429, "Content-Encoding: dcz\nRetry-After: 7", zipped, model.KindRate},
		"429, a limit":               {429, "Content-Encoding: dcz\nX-RateLimit-Limit: 200", zipped, model.KindRate},
		"429, a code":                {429, "Content-Encoding: dcz\nX-RateLimit-Code: rate_limited", zipped, model.KindRate},
		"429, the cap":               {429, "Content-Encoding: dcz\nX-RateLimit-Reason: daily_spend_cap_exceeded", zipped, model.KindCap},
		"403, a proxy's page":        {403, "Content-Type: text/html", "<html>Access denied</html>", model.KindUnknown},
		"429, a proxy's page":        {429, "Content-Type: text/html", "<html>Too many requests</html>", model.KindRate},
		"no body":                    {403, "Content-Encoding: gzip", "", model.KindAuth},
	} {
		d, ok := ReadDenial(tt.status, headerLines(tt.header), []byte(tt.body), t0)
		if !ok || d.Kind != tt.want || tt.want != model.KindCeiling && d.Detail != "" {
			t.Errorf("%s: got %+v, want %q", name, d, tt.want)
		}
	}
}

// A small body may stand for a large text.
func TestDecodingIsBounded(t *testing.T) {
	long := []byte(`{"detail":"` + strings.Repeat("x", 8<<20) + `"}`)
	for name, encode := range encoders {
		body := encode(long)
		if strings.Contains(name, "gzip") { // and once more
			body, name = encode(body), name+","+name
		}
		text, _ := decode([]string{name}, body)
		if len(text) > maxText && name != "" && name != "identity" {
			t.Errorf("%s: got %d bytes", name, len(text))
		}
	}
}

func FuzzDecode(f *testing.F) {
	for name, encode := range encoders {
		f.Add(name, encode([]byte(`{"detail":{"code":"card_required","message":"A card."}}`)))
	}
	f.Add("gzip, br", []byte("\x1f\x8b"))
	f.Add("zstd", []byte{0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, encoding string, body []byte) {
		text, ok := decode([]string{encoding}, body)
		if len(text) > max(maxText, len(body)) || !ok && text != nil {
			t.Errorf("decode(%q, %q) = %d bytes, %t", encoding, body, len(text), ok)
		}
		ReadDenial(403, http.Header{"Content-Encoding": {encoding}}, body, t0)
	})
}
