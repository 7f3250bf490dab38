package tail

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// BenchmarkParsers measures each format on what its tool writes: one call in
// twenty is denied; k6 writes a point of seven other metrics for each call.
func BenchmarkParsers(b *testing.B) {
	denied := func(line string) string { return strings.Replace(line, " 200 ", " 429 ", 1) }
	for _, bench := range []struct {
		format Format
		call   []string
		denied string
	}{
		{FormatEvents, []string{eventLine}, `{"at":"2026-06-17T12:04:31.2Z","source":"tap","call":{"method":"POST","path":"/v1/chat/completions","status":429,"denial":{"kind":"rate","retry_after_s":7,"detail":"Rate limit exceeded: 200 per 1 minute"}}}`},
		{FormatK6, append(slices.Repeat([]string{k6Other}, 7), k6Point), k6Denied},
		{FormatVegeta, []string{vegetaLine}, fmt.Sprintf(vegetaDenied, "eyJkZXRhaWwiOiJSYXRlIGxpbWl0IGV4Y2VlZGVkOiAyMDAgcGVyIDEgbWludXRlIn0=", `{"Content-Type":["application/json"],"Retry-After":["7"]}`)},
		{FormatHTTPX, []string{httpxLine}, denied(httpxLine)},
		{FormatAccess, []string{accessLine}, denied(accessLine)},
	} {
		b.Run(string(bench.format), func(b *testing.B) {
			var lines [][]byte
			size := 0
			for _, line := range append(slices.Repeat(bench.call, 19), bench.denied) {
				lines, size = append(lines, []byte(line)), size+len(line)+1
			}
			p := newParser(bench.format, &times{zone: time.UTC, near: now}, nil)
			var rec record
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, line := range lines {
					if _, v := p.parse(line, &rec); v == notMine {
						b.Fatalf("not understood: %s", line)
					} else if v == isCall {
						_ = rec.event(rec.at.Time)
					}
				}
			}
			b.ReportMetric(float64(len(lines)*b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// BenchmarkLog measures all that is done with a whole file, by kind of line.
func BenchmarkLog(b *testing.B) {
	for name, lines := range map[string]string{
		"prose":       "2026-06-17 12:04:31,200 INFO app.worker: processed batch 17 of 400 with 32 rows in 4.2 s\n" + httpxLine,
		"httpx":       httpxLine,
		"Docker":      `{"log":"2026-06-17 12:04:31,200 INFO HTTP Request: POST https://api.pioneer.ai/v1/messages \"HTTP/1.1 200 OK\"\n","stream":"stdout","time":"2026-06-17T12:04:31.2Z"}`,
		"urllib3":     `2026-06-17 12:04:31,200 DEBUG urllib3.connectionpool https://api.pioneer.ai:443 "POST /v1/chat/completions HTTP/1.1" 200 None`,
		"access":      accessLine,
		"uvicorn":     `INFO:     127.0.0.1:51612 - "POST /v1/chat/completions HTTP/1.1" 200 OK`,
		"HAProxy":     `127.0.0.1:51612 [17/Jun/2026:12:04:31.200] in~ out/a 0/0/1/2/3 200 52 - - ---- 1/1/0/0/0 0/0 "POST /v1/messages HTTP/1.1"`,
		"Caddy":       `{"level":"info","ts":1781697871.2,"request":{"method":"POST","host":"localhost:8080","uri":"/v1/messages","headers":{"User-Agent":["x"]}},"size":52,"status":200,"resp_headers":{"Date":["x"]}}`,
		"TypeScript":  `2026-06-17T12:04:31.200Z [log_1a2b3c, request-id: "req_1"] post https://api.pioneer.ai/v1/messages succeeded with status 200 in 4ms`,
		"k6 CSV":      "http_reqs,1781697871,1.000000,,,,true,,POST,https://api.pioneer.ai/v1/messages,HTTP/2.0,default,,200,,tls1.3,https://api.pioneer.ai/v1/messages,,",
		"vegeta CSV":  `1781697871200000000,200,1000000,58,52,"",e30=,a,7,POST,https://api.pioneer.ai/v1/messages,UmV0cnktQWZ0ZXI6IDcNCg==`,
		"JMeter CSV":  "1781697871200,4,chat,200,OK,Group 1-1,text,true,,52,120,1,1,https://api.pioneer.ai/v1/messages,4,0,1",
		"event lines": eventLine,
	} {
		b.Run(name, func(b *testing.B) {
			text := strings.Repeat(lines+"\n", 10_000)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				sum, err := Read(b.Context(), strings.NewReader(text), FormatAuto, Options{}, func(model.Event) {})
				if err != nil || sum.Calls != 10_000 {
					b.Fatal(sum, err)
				}
			}
			b.ReportMetric(float64(10_000*(1+strings.Count(lines, "\n"))*b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// BenchmarkRead measures all that is done with a file of event lines, from the
// reading to the event.
func BenchmarkRead(b *testing.B) {
	stamp := time.Now().UTC().Format(time.RFC3339Nano)
	text := []byte(strings.Repeat(strings.Replace(eventLine, "2026-06-17T12:04:31.2Z", stamp, 1)+"\n", 10_000))
	r := newReader(FormatAuto, Options{Window: time.Hour}, new(pioneer.Clock), nil, func(model.Event) {})
	s := r.newStream()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		for from := bytes.NewReader(text); from.Len() > 0; {
			if _, err := r.read(s, from); err != nil {
				b.Fatal(err)
			}
		}
	}
	if r.tally.unknown+r.tally.outside > 0 {
		b.Errorf("%+v", r.tally)
	}
}

// BenchmarkStart measures the time from Run to the first call of the window in
// a file of 2 GiB, an hour of event lines at 5,000 a second. It runs only
// where TAIL_BENCH_DIR names a directory with room for the file.
func BenchmarkStart(b *testing.B) {
	dir := os.Getenv("TAIL_BENCH_DIR")
	if dir == "" {
		b.Skip("no TAIL_BENCH_DIR")
	}
	path := filepath.Join(dir, "tail-bench.log")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer os.Remove(path)
	defer file.Close()
	const size = 2 << 30
	out := bufio.NewWriterSize(file, 1<<20)
	last := time.Now().Add(-70 * time.Minute)
	for written := 0; written < size; {
		last = last.Add(200 * time.Microsecond)
		n, err := out.WriteString(lineAt(last, "/v1/chat/completions"))
		if err != nil {
			b.Fatal(err)
		}
		written += n
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
		begun := time.Now()
		var first time.Duration
		err := New(path, FormatAuto, new(pioneer.Clock), Options{Window: time.Since(last) + time.Minute}).Run(ctx, func(e model.Event) {
			if first == 0 && e.Call != nil {
				first = time.Since(begun)
				cancel()
			}
		})
		if err != nil || first == 0 {
			b.Fatal(first, err)
		}
		b.ReportMetric(float64(first)/float64(time.Millisecond), "ms-to-first-call")
	}
}

// BenchmarkLatency measures the time from a write to its event.
func BenchmarkLatency(b *testing.B) {
	path := filepath.Join(b.TempDir(), "run.log")
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	ctx, cancel := context.WithCancel(b.Context())
	seen, ready, done := make(chan time.Time, 1), make(chan struct{}, 1), make(chan error)
	go func() {
		done <- New(path, FormatEvents, new(pioneer.Clock), Options{}).Run(ctx, func(e model.Event) {
			switch {
			case e.Call != nil:
				seen <- time.Now()
			case e.Health.State == model.StateOK:
				select {
				case ready <- struct{}{}:
				default:
				}
			}
		})
	}()
	<-ready
	var took []time.Duration
	for b.Loop() {
		written := time.Now()
		if _, err := file.WriteString(lineAt(written, "/inference")); err != nil {
			b.Fatal(err)
		}
		took = append(took, (<-seen).Sub(written))
	}
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	slices.Sort(took)
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(took[len(took)*p/100])/float64(time.Millisecond), fmt.Sprintf("p%d-ms", p))
	}
}
