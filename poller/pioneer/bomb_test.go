package pioneer

import (
	"bytes"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// TestBombs reads refusals that become very large when they are decoded, or cost
// much to parse. None may take more memory than the bound, all that is allocated
// taken together, even if the whole body is passed in.
func TestBombs(t *testing.T) {
	const bound = 2 << 20
	const size = 1 << 20
	all := map[string]func([]byte) []byte{
		"br": func(text []byte) []byte { // with the largest window
			var b bytes.Buffer
			w := brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: 1, LGWin: 24})
			_, _ = w.Write(text)
			_ = w.Close()
			return b.Bytes()
		},
		"zstd": func(text []byte) []byte {
			z, _ := zstd.NewWriter(nil, zstd.WithWindowSize(32<<20), zstd.WithEncoderLevel(zstd.SpeedFastest))
			return z.EncodeAll(text, nil)
		},
	}
	for _, name := range []string{"gzip", "deflate", ""} {
		all[name] = encoders[name]
	}
	for what, text := range map[string]string{
		"zeros":         strings.Repeat("\x00", size),
		"open arrays":   strings.Repeat("[", size),
		"empty objects": "[" + strings.Repeat("{},", size/3) + "{}]",
		"numbers":       "[" + strings.Repeat("0,", size/2) + "0]",
		"keys":          strings.Repeat(`{"detail":`, size/10),
		"a long text":   `{"detail":"` + strings.Repeat(`\u0000`, size/6) + `"}`,
		"invisible":     `{"detail":"` + strings.Repeat("\u200b", size/3) + `"}`,
	} {
		for name, encode := range all {
			body := encode([]byte(text))
			for layers, encoding := range []string{name, name + "," + name} {
				if layers == 1 {
					body = encode(body)
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				begun := time.Now()
				ReadDenial(http.StatusTooManyRequests, http.Header{"Content-Encoding": {encoding}}, body, time.Time{}, "pio_sk_0123456789abcdef")
				runtime.ReadMemStats(&after)
				n, took := after.TotalAlloc-before.TotalAlloc, time.Since(begun)
				t.Logf("%s, %q: %d kB from %d in %v", what, encoding, n>>10, len(body), took)
				if n > bound {
					t.Errorf("%s, %q: %d MiB allocated for %d kB", what, encoding, n>>20, len(body)>>10)
				}
			}
		}
	}
}
