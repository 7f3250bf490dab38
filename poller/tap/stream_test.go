package tap

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"quotatop/model"
)

// TestStreamsFlushAtOnce has an upstream that goes on only when the client has
// what it wrote so far.
func TestStreamsFlushAtOnce(t *testing.T) {
	for name, header := range map[string]http.Header{
		"event stream":   {"Content-Type": {"text/event-stream"}},
		"unknown length": {"Content-Type": {"application/octet-stream"}},
		"known length":   {"Content-Length": {"30"}},
		"error":          {"Content-Type": {"text/event-stream"}, "X-Status": {"429"}},
	} {
		t.Run(name, func(t *testing.T) {
			next := make(chan struct{})
			tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				for k, v := range header {
					w.Header()[k] = v
				}
				if header.Get("X-Status") != "" {
					w.WriteHeader(http.StatusTooManyRequests)
				}
				rc := http.NewResponseController(w)
				for i := 0; ; i++ {
					if err := rc.Flush(); err != nil {
						t.Error(err)
					}
					select {
					case <-next:
					case <-r.Context().Done():
						return
					}
					if i == 3 {
						return
					}
					fmt.Fprintf(w, "data: %02d\n\n", i)
				}
			})
			res, err := tap.client.Get(tap.base) // returns before any of the body is there
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			for i := range 3 {
				next <- struct{}{}
				chunk := make([]byte, 10)
				if _, err := io.ReadFull(res.Body, chunk); err != nil {
					t.Fatal(err)
				}
				if want := fmt.Sprintf("data: %02d\n\n", i); string(chunk) != want {
					t.Errorf("chunk %d: got %q, want %q", i, chunk, want)
				}
			}
			next <- struct{}{}
			if rest, err := io.ReadAll(res.Body); err != nil || len(rest) > 0 {
				t.Errorf("got %q, %v, want the end", rest, err)
			}
		})
	}
}

// TestManyStreams runs event streams side by side. Each round begins when
// every stream has passed on the chunk of the round before.
func TestManyStreams(t *testing.T) {
	streams, rounds := 1000, 5
	if raceDetector || testing.Short() {
		streams = 200
	}
	var round [6]chan struct{}
	for i := range round {
		round[i] = make(chan struct{})
	}
	tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range rounds {
			select {
			case <-round[i]:
			case <-r.Context().Done():
				return
			}
			fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
		}
	})
	close(round[0]) // a stream's header comes with its first chunk
	passed := make(chan int, streams)
	var running sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer running.Wait()
	defer cancel()
	for i := range streams {
		running.Go(func() {
			var body io.Reader = strings.NewReader("{}")
			if i%2 == 1 {
				body = io.MultiReader(body) // of unknown length
			}
			req, err := http.NewRequestWithContext(ctx, "POST", tap.base+"/v1/chat/completions", body)
			if err != nil {
				t.Error(err)
				return
			}
			res, err := tap.client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			if res.StatusCode != http.StatusOK {
				body, _ := io.ReadAll(res.Body)
				t.Errorf("got %s %s", res.Status, body)
				return
			}
			lines := bufio.NewScanner(res.Body)
			i := 0
			for lines.Scan() {
				if lines.Text() != "" {
					passed <- i
					i++
				}
			}
			if i != rounds && ctx.Err() == nil {
				t.Errorf("a stream ends after %d chunks: %v", i, lines.Err())
			}
		})
	}
	begun := time.Now()
	for i := range rounds {
		for n := range streams {
			select {
			case got := <-passed:
				if got != i {
					t.Fatalf("a stream is at chunk %d in round %d", got, i)
				}
			case <-time.After(patience):
				t.Fatalf("round %d: %d of %d streams stall", i, streams-n, streams)
			}
		}
		if i == 0 {
			t.Logf("%d streams open after %v", streams, time.Since(begun))
			begun = time.Now()
		}
		close(round[i+1])
	}
	t.Logf("%d chunks in each more after %v", rounds-1, time.Since(begun))
	tap.waitCalls(t, streams)
}

// TestLargeBodies streams 100 MiB each way, in memory that does not depend on
// it.
func TestLargeBodies(t *testing.T) {
	size := 100 << 20
	if raceDetector || testing.Short() {
		size = 20 << 20
	}
	tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.New()
		if _, err := io.Copy(sum, r.Body); err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Sum", hex.EncodeToString(sum.Sum(nil)))
		if _, err := io.Copy(w, &pattern{left: size}); err != nil {
			t.Error(err)
		}
	})
	want := sha256.New()
	if _, err := io.Copy(want, &pattern{left: size}); err != nil {
		t.Fatal(err)
	}
	for _, length := range []int64{int64(size), -1} {
		req, err := http.NewRequest("POST", tap.base, io.NopCloser(&pattern{left: size}))
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = length
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		res, err := tap.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got := sha256.New()
		if _, err := io.Copy(got, res.Body); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		runtime.ReadMemStats(&after)
		sum := hex.EncodeToString(want.Sum(nil))
		if up := res.Header.Get("X-Sum"); up != sum {
			t.Errorf("length %d: upload arrived with sum %s, want %s", length, up, sum)
		}
		if down := hex.EncodeToString(got.Sum(nil)); down != sum {
			t.Errorf("length %d: download arrived with sum %s, want %s", length, down, sum)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
			t.Errorf("length %d: %d MiB allocated to pass on twice %d MiB", length, n>>20, size>>20)
		}
	}
}

// TestSlowReaders has clients that do not read the large responses of an upstream
// that has HTTP/2: what waits is bounded, for all of them together with what the
// upstream itself holds in this test.
func TestSlowReaders(t *testing.T) {
	const clients, most = 50, 300 << 10 // bytes each
	upstream := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, &pattern{left: 64 << 20}) // until the client hangs up
	}))
	upstream.EnableHTTP2 = true
	upstream.StartTLS()
	defer upstream.Close()
	tap := start(t, upstream.URL, trusting(t, upstream))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range clients {
		conn, err := net.Dial("tcp", tap.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if _, err := io.CopyN(io.Discard, conn, 1<<20); err != nil {
			t.Fatal(err)
		}
	}
	tap.waitCalls(t, clients)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := (int64(after.HeapAlloc+after.StackInuse) - int64(before.HeapAlloc+before.StackInuse)) / clients; n > most {
		t.Errorf("%d kB for each client, want %d or less", n>>10, most>>10)
	} else {
		t.Logf("%d kB for each client", n>>10)
	}
}

// A pattern is a body of left bytes that show when a piece is missing, double or
// in another's place.
type pattern struct{ left, at int }

var patternBlock = sha512Chain(65521) // a prime, so that no buffer divides it

func sha512Chain(size int) (block []byte) {
	for sum := sha512.Sum512(nil); len(block) < size; sum = sha512.Sum512(sum[:]) {
		block = append(block, sum[:]...)
	}
	return block[:size]
}

func (p *pattern) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.left)], patternBlock[p.at:])
	p.left -= n
	p.at = (p.at + n) % len(patternBlock)
	return n, nil
}

// TestCancellation has a client give up, before its response or in the middle
// of it: the upstream must learn of it, and it is no fault of the upstream.
func TestCancellation(t *testing.T) {
	for name, begin := range map[string]bool{"before the response": false, "within the response": true} {
		t.Run(name, func(t *testing.T) {
			arrived, cancelled := make(chan struct{}), make(chan struct{})
			tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" {
					return
				}
				_, _ = io.ReadAll(r.Body)
				if begin {
					fmt.Fprint(w, "data: 1\n\n")
					_ = http.NewResponseController(w).Flush()
				}
				close(arrived)
				<-r.Context().Done()
				close(cancelled)
				panic(http.ErrAbortHandler) // nobody is there to get a response
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			failed := make(chan error, 1)
			go func() {
				req, _ := http.NewRequestWithContext(ctx, "POST", tap.base+"/inference", strings.NewReader("{}"))
				res, err := tap.client.Do(req)
				if err == nil {
					_, err = io.ReadAll(res.Body)
					res.Body.Close()
				}
				failed <- err
			}()
			soon(t, "request", arrived)
			if begin {
				tap.waitCalls(t, 1)
			}
			cancel()
			if err := soon(t, "end of the request", failed); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %v", err, context.Canceled)
			}
			soon(t, "cancellation", cancelled)
			// The API counted the call when it arrived.
			want := 0
			if begin {
				want = 200
			}
			if got := tap.waitCalls(t, 1)[0]; got.Status != want || got.Path != "/inference" {
				t.Errorf("got call %+v, want status %d", got, want)
			}
			get(t, tap, "/")
			events := tap.waitFor(t, "second call", func(e []model.Event) bool { return len(calls(e)) == 2 })
			if got := states(events); len(got) != 1 || got[0].State != model.StateOK {
				t.Errorf("got health %+v, want ok alone", got)
			}
		})
	}
}

// TestUpstreamBreaksOff has an upstream break off in the middle of a body: the
// client must see what came, and that it is not all.
func TestUpstreamBreaksOff(t *testing.T) {
	for name, tt := range map[string]struct {
		body  string
		reset bool // instead of an orderly end
	}{
		"known length":  {"Content-Length: 100\r\n\r\nfirst", true},
		"chunked":       {"Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", true},
		"events":        {"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", true},
		"no last chunk": {"Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", false},
		"half a chunk":  {"Transfer-Encoding: chunked\r\n\r\n50\r\nfirst", false},
	} {
		for _, status := range []string{"200 OK", "429 Too Many Requests"} {
			t.Run(name+" "+status[:3], func(t *testing.T) {
				arrived := make(chan struct{})
				tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
					conn, _, err := http.NewResponseController(w).Hijack()
					if err != nil {
						t.Error(err)
						return
					}
					defer conn.Close()
					_, _ = io.WriteString(conn, "HTTP/1.1 "+status+"\r\n"+tt.body)
					if tt.reset {
						select {
						case <-arrived:
						case <-time.After(patience):
						}
						_ = conn.(*net.TCPConn).SetLinger(0)
					}
				})
				res, err := tap.client.Post(tap.base+"/inference", "", strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				first := make([]byte, 5)
				if _, err := io.ReadFull(res.Body, first); err != nil || string(first) != "first" {
					t.Errorf("got %q, %v, want what came first", first, err)
				}
				close(arrived)
				if rest, err := io.ReadAll(res.Body); err == nil {
					t.Errorf("got %q and a proper end, want an error", rest)
				}
				call := tap.waitCalls(t, 1)[0]
				if got := fmt.Sprint(call.Status); got != status[:3] {
					t.Errorf("reported status %s, want %s", got, status[:3])
				}
				if denied := call.Denial != nil; denied != (call.Status == 429) {
					t.Errorf("status %d: denial %+v", call.Status, call.Denial)
				}
			})
		}
	}
}

// TestEarlyResponse has an upstream answer without waiting for the request's
// body.
func TestEarlyResponse(t *testing.T) {
	tap, upstream := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"detail":"Rate limit exceeded: 20 per 1 minute"}`)
	})
	for _, size := range []int{1, 100 << 10, 10 << 20} {
		for name, base := range map[string]string{"direct": upstream.URL, "tap": tap.base} {
			for range 5 {
				res, err := tap.client.Post(base, "", io.NopCloser(&pattern{left: size}))
				if err != nil {
					t.Errorf("%s, %d bytes: %v", name, size, err)
					continue
				}
				if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 429 || len(body) != 49 {
					t.Errorf("%s, %d bytes: got %d %q, %v", name, size, res.StatusCode, body, err)
				}
				res.Body.Close()
			}
		}
	}
}

// TestBothWaysAtOnce has an upstream answer while the request is still coming.
func TestBothWaysAtOnce(t *testing.T) {
	tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		if err := rc.EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		buf := make([]byte, 64)
		for {
			n, err := r.Body.Read(buf)
			_, _ = w.Write(buf[:n])
			_ = rc.Flush()
			if err != nil {
				return
			}
		}
	})
	out, in := io.Pipe()
	go func() { _, _ = io.WriteString(in, "word 0") }()
	res, err := tap.client.Post(tap.base, "", out)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for i := range 5 {
		if i > 0 {
			fmt.Fprintf(in, "word %d", i)
		}
		word := make([]byte, 6)
		if _, err := io.ReadFull(res.Body, word); err != nil || string(word) != fmt.Sprintf("word %d", i) {
			t.Fatalf("got %q, %v, want word %d", word, err, i)
		}
	}
	in.Close()
	if rest, err := io.ReadAll(res.Body); err != nil || len(rest) > 0 {
		t.Errorf("got %q, %v, want the end", rest, err)
	}
}

// TestExpectContinue passes on whether the upstream wants the body.
func TestExpectContinue(t *testing.T) {
	tap, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			w.WriteHeader(http.StatusExpectationFailed)
			return
		}
		_, _ = io.Copy(w, r.Body)
	})
	for path, want := range map[string]struct {
		first, last int
	}{"/yes": {100, 200}, "/no": {417, 417}} {
		conn, err := net.Dial("tcp", tap.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", path)
		r := bufio.NewReader(conn)
		read := func() *http.Response {
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			return res
		}
		res := read()
		if res.StatusCode != want.first {
			t.Errorf("%s: got %d before the body, want %d", path, res.StatusCode, want.first)
		}
		if res.StatusCode == 100 {
			_, _ = io.WriteString(conn, "abc")
			for res.StatusCode == 100 { // both the server and the proxy may say it
				res = read()
			}
			if body, err := io.ReadAll(res.Body); err != nil || string(body) != "abc" {
				t.Errorf("%s: got body %q, %v", path, body, err)
			}
		}
		if res.StatusCode != want.last {
			t.Errorf("%s: got %d, want %d", path, res.StatusCode, want.last)
		}
		conn.Close()
	}
}

// TestDrain ends the tap while a response is being streamed: it is finished,
// unless it takes longer than Drain.
func TestDrain(t *testing.T) {
	for name, drain := range map[string]time.Duration{"finishes": patience, "is cut": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			goOn := make(chan struct{})
			upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, "first")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-goOn:
					fmt.Fprint(w, "last")
				case <-r.Context().Done():
				}
			}))
			defer upstream.Close()
			tap := start(t, upstream.URL, func(o *Options) { o.Drain = drain })
			res, err := tap.client.Get(tap.base)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			stopped := make(chan struct{})
			go func() {
				tap.stop()
				close(stopped)
			}()
			for { // until it takes no new requests
				conn, err := net.Dial("tcp", tap.addr)
				if err != nil {
					break
				}
				conn.Close()
			}
			if drain == patience {
				close(goOn)
			}
			body, err := io.ReadAll(res.Body)
			switch {
			case drain == patience && (err != nil || string(body) != "firstlast"):
				t.Errorf("got %q, %v, want all of it", body, err)
			case drain != patience && err == nil:
				t.Errorf("got %q and a proper end, want it cut", body)
			}
			soon(t, "end of Run", stopped)
		})
	}
}

// TestDrainAtOnce ends the tap while clients keep connections open that nothing is
// due on: fresh ones, idle ones, and those that have got their last response.
func TestDrainAtOnce(t *testing.T) {
	tap, _ := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, request := range []string{"", "GET / HTT", get200, "GET / HTTP/1.1\nHost: x\nConnection: close\n\n", "GET / HTTP/9.9\n\n"} {
		conn, err := net.Dial("tcp", tap.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(conn, raw(request, "x", ""))
		if strings.HasSuffix(request, "\n") {
			if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	begun := time.Now()
	tap.stop()
	if took := time.Since(begun); took > linger/2 {
		t.Errorf("the tap ends after %v", took)
	}
}
