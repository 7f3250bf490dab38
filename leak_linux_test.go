package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"quotatop/poller/events/frame"
	"quotatop/poller/pioneer"
	"quotatop/ui/cli"
)

// leakKey is a key, and leakMark a part of it that no text contains by chance.
const (
	leakMark = "q7x5z3w1k9"
	leakKey  = "pio_sk_" + leakMark + "j2v4"
)

// leakSpellings are ways to write the key in a response.
var leakSpellings = []func(key string) string{
	func(key string) string { return key },
	strings.ToUpper,
	func(key string) string { return `\u0070` + key[1:] },
	func(key string) string { return escaped(key, `\u%04x`) },
	func(key string) string { return escaped(key, "%%%02X") },
	func(key string) string { return url.QueryEscape(escaped(key, "%%%02x")) },
	func(key string) string { return url.QueryEscape(escaped(key, `\u%04x`)) },
	func(key string) string { return strings.Join(strings.Split(key, ""), "\u200b") },
	func(key string) string { return strings.Join(strings.Split(key, ""), `\u200d`) },
	func(key string) string { return key[:8] + `\u0000\u001b` + key[8:] },
	func(key string) string { return base64.StdEncoding.EncodeToString([]byte(":" + key)) },
	func(key string) string {
		return escaped(base64.StdEncoding.EncodeToString([]byte("me:"+key)), `\u%04x`)
	},
}

func escaped(key, format string) string {
	var b strings.Builder
	for i := range len(key) {
		fmt.Fprintf(&b, format, key[i])
	}
	return b.String()
}

// leakResponses are what an evil server answers; K is the key.
var leakResponses = []string{
	"HTTP/1.1 200 OK\r\nK\r\n\r\n",
	"HTTP/1.1 200 OK\r\nX K: 1\r\n\r\n",
	"HTTP/1.1 K\r\n\r\n",
	"HTTP/K 200 OK\r\n\r\n",
	"K\r\n\r\n",
	"HTTP/1.1 302 Found\r\nLocation: http://[K\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 302 Found\r\nLocation: http://K.example/K\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 302 Found\r\nLocation: /billing/K?k=K\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: K\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: K\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nK\r\n",
	"429 Too Many Requests\r\nX-RateLimit-Reason: K\r\nX-RateLimit-Limit-K: K\r\nRetry-After: K|" + `{"code":"K","detail":"Rate limit exceeded: K"}`,
	"402 Payment Required\r\nContent-Type: K|" + `{"detail":{"code":"insufficient_credits","message":"buy K","resolution_url":"https://x.example/K"}}`,
	"403 Forbidden|" + `{"error":{"code":"credit_ceiling_reached","message":"K"}}`,
	"401 Unauthorized\r\nWWW-Authenticate: K|" + `{"detail":"Invalid API key 'K'"}`,
	"500 Oops K|" + `{"detail":"K"}`,
	"404 Not Found|" + `{"detail":[{"msg":"K"}]}`,
	"200 OK\r\nX-K: K|" + `{"payment_plan":"K","team_id":"K","credit_limit":5000,"total_usage":3000,"usage_reset_hour":0,"usage_reset_timezone":"K"}`,
	"200 OK|" + `{"payment_plan":"pro","team_id":"t1","current_month_start":"K","data":{"payment_plan":"K","team_id":"K"}}`,
	"200 OK|" + `{"items":[{"id":"K","created_at":"NOW","endpoint":"/K","model":"K","cost":0.1}],"total_count":1,"page_size":100}`,
	"200 OK|" + `{"items":[{"created_at":"K"}],"K":"K"}`,
	"200 OK|<html>K",
}

// An evilServer sends the key back in every way. It keeps what it was sent.
type evilServer struct {
	net.Listener
	mu       sync.Mutex
	next     int  // the response to begin with
	every    bool // go on to the next response with each request
	requests []string
}

func evil(t *testing.T) *evilServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &evilServer{Listener: ln}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return s
}

// serve answers one request.
func (s *evilServer) serve(conn net.Conn) {
	defer conn.Close()
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	r.Header.Del("X-Api-Key")
	r.Header.Del("Authorization")
	s.mu.Lock()
	s.requests = append(s.requests, fmt.Sprint(r.RequestURI, r.Host, r.Header))
	response := leakResponses[s.next%len(leakResponses)]
	spell := leakSpellings[s.next/len(leakResponses)%len(leakSpellings)]
	if s.every {
		s.next++
	}
	s.mu.Unlock()
	if head, body, ok := strings.Cut(response, "|"); ok {
		response = fmt.Sprintf("HTTP/1.1 %s\r\nDate: %s\r\n\r\n%s", head, time.Now().UTC().Format(http.TimeFormat), body)
	}
	response = strings.ReplaceAll(response, "NOW", time.Now().UTC().Format(time.RFC3339))
	_, _ = io.WriteString(conn, strings.ReplaceAll(response, "K", spell(leakKey)))
}

// leaks returns where some output shows the key, or nothing.
func leaks(output []byte) string {
	output = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`).ReplaceAll(output, nil) // of a screen
	lower := strings.ToLower(string(output))
	for _, spell := range leakSpellings {
		if i := strings.Index(lower, strings.ToLower(spell(leakMark))); i >= 0 {
			return lower[max(i-80, 0):min(i+80, len(lower))]
		}
	}
	for line := range strings.Lines(string(output)) {
		if pioneer.Holds(line, leakKey) {
			return line
		}
	}
	return ""
}

// Whatever a server does with the key that it is sent, no command that asks it
// once shows it or sends it anywhere else.
func TestKeyComesBackOnce(t *testing.T) {
	s := evil(t)
	t.Setenv("PIONEER_API_KEY", leakKey)
	for _, folder := range []string{"XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(folder, t.TempDir())
	}
	for i := range len(leakResponses) * len(leakSpellings) {
		s.mu.Lock()
		s.next = i
		s.mu.Unlock()
		args := [][]string{{"once"}, {"once", "--json"}, {"check", "--min-headroom", "20%"}, {"doctor"}}[i%4]
		var out bytes.Buffer
		cli.Run(t.Context(), append(args, "--config", os.DevNull, "--base-url", "http://"+s.Addr().String()), &out, &out)
		if found := leaks(out.Bytes()); found != "" || out.Len() == 0 {
			t.Errorf("%q with spelling %d of %q: %q", args, i/len(leakResponses), leakResponses[i%len(leakResponses)], found)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := leaks([]byte(strings.Join(s.requests, "\n"))); found != "" {
		t.Errorf("requests: %q", found)
	}
}

// A dashboard with everything that it can have shows the key nowhere, and stores
// it nowhere.
func TestKeyComesBackToTheDashboard(t *testing.T) {
	program, s, home := build(t), evil(t), t.TempDir()
	s.every = true
	file := func(name string) string { return filepath.Join(home, name) }
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(file(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config/quotatop/config.toml", fmt.Sprintf("base_url = 'http://%s'\nkey_file = '%s'\n[alerts]\ncommand = ['sh', '-c', 'cat - /proc/$PPID/cmdline /proc/$$/cmdline >> %s']\n",
		s.Addr(), file("key"), file("alerts")))
	write("key", leakKey+"\n")
	write("run.log", evilLog())
	for _, dir := range []string{"run", "cache", "state", "tmp"} {
		if err := os.Mkdir(file(dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	screen, tty := openTerminal(t)
	cmd := exec.CommandContext(t.Context(), program, "--tap", "127.0.0.1:0", "--metrics", freeAddress(t), "--tail", file("run.log"), "--record", file("run.jsonl"))
	tapAt, metricsAt := freeAddress(t), cmd.Args[4]
	cmd.Args[2] = tapAt
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+file("config"), "XDG_RUNTIME_DIR="+file("run"), "XDG_CACHE_HOME="+file("cache"),
		"XDG_STATE_HOME="+file("state"), "TMPDIR="+file("tmp"), "PIONEER_API_KEY=", "PIONEER_BASE_URL=")
	cmd.Stdin, cmd.Stdout = tty, tty
	var stderr said
	cmd.Stderr = &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = tty.Close()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()
	outputs := map[string][]byte{}
	call := func(url string) []byte {
		r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Api-Key", leakKey)
		r.SetBasicAuth("me", leakKey)
		res, err := (&http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
		if err != nil {
			return nil
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return body
	}
	waitFor(t, func() bool {
		return call("http://"+metricsAt+"/metrics") != nil && call("http://"+tapAt+"/inference") != nil
	})
	for i := range len(leakResponses) * len(leakSpellings) {
		call("http://" + tapAt + "/v1/" + []string{"x", leakKey, url.PathEscape(escaped(leakKey, "%%%02x"))}[i%3])
	}
	waitFor(t, func() bool {
		page := call("http://" + metricsAt + "/metrics")
		outputs["metrics"] = append(outputs["metrics"], page...)
		for _, dir := range []string{"run", "cache"} {
			for name, text := range contents(t, file(dir)) {
				outputs["state file "+name] = text
			}
		}
		_, err := os.Stat(file("alerts"))
		return err == nil && bytes.Contains(page, []byte(`quotatop_source_up{source="tap"}`)) && len(contents(t, file("run"))) > 0
	})
	outputs["command line"], _ = os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid))
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Fatal("the dashboard does not end")
	}
	outputs["standard error"] = []byte(stderr.String())
	outputs["screen"] = []byte(screen.String())
	s.mu.Lock()
	for _, request := range s.requests {
		if !strings.HasPrefix(request, "/v1/") { // the client's own request, which the tap passes on as it is
			outputs["requests"] = append(outputs["requests"], request+"\n"...)
		}
	}
	s.mu.Unlock()
	for name, text := range contents(t, home) {
		if name != file("key") && name != file("run.log") {
			outputs[name] = text
		}
	}
	kinds := ""
	for name, text := range outputs {
		kinds += name + "\n"
		if found := leaks(text); found != "" {
			t.Errorf("%s: %q", name, found)
		}
	}
	for _, kind := range []string{"metrics", "state file", "screen", "requests", ".jsonl\n", ".jsonl.idx", ".jsonl.zst", ".state", "alerts"} {
		if !strings.Contains(kinds, kind) {
			t.Errorf("no %s among what was looked at:\n%s", kind, kinds)
		}
	}
	if !strings.Contains(screen.String(), "[key]") && !bytes.Contains(outputs[file("run.jsonl")], []byte("[key]")) {
		t.Error("nothing was redacted: the test does not test anything")
	}
}

// evilLog is a log of a load run with the key in every place and spelling.
func evilLog() string {
	var b strings.Builder
	for _, spell := range leakSpellings {
		key, at := spell(leakKey), time.Now().UTC()
		fmt.Fprintf(&b, "%s INFO httpx HTTP Request: POST https://api.pioneer.ai/v1/%s \"HTTP/1.1 429 %s\"\n", at.Format("2006-01-02 15:04:05"), key, key)
		fmt.Fprintf(&b, `{"at":"%s","call":{"method":"%s","path":"/%s","model":"%s","status":429,"denial":{"detail":"%s","reason":"%s","headers":"%s","resolution_url":"%s"}}}`+"\n",
			at.Format(time.RFC3339), key, key, key, key, key, key, key)
		fmt.Fprintf(&b, "openai.RateLimitError: Error code: 429 - {'detail': 'Rate limit exceeded: %s'}\n", key)
		fmt.Fprintf(&b, `127.0.0.1 - %s [%s] "GET /%s HTTP/1.1" 429 5 "%s" "%s"`+"\n", key, at.Format("02/Jan/2006:15:04:05 -0700"), key, key, key)
	}
	return b.String()
}

// contents returns the files below a folder, decompressed.
func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		if strings.HasSuffix(path, ".zst") {
			r := frame.NewReader(bytes.NewReader(text), 0)
			defer r.Close()
			text = nil
			for lines, err := r.Next(); err == nil; lines, err = r.Next() {
				text = append(text, lines...)
			}
		}
		all[path] = text
		return nil
	})
	return all
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatal("it does not happen")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// openTerminal returns a terminal for a program, and what is written to it.
func openTerminal(t *testing.T) (screen *said, tty *os.File) {
	t.Helper()
	ptmx, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	conn, err := ptmx.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if ctl := conn.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err != nil {
			return
		}
		if err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 160}); err != nil {
			return
		}
		n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
	}); ctl != nil || err != nil {
		t.Fatal(ctl, err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	screen = &said{}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(screen, ptmx)
	}()
	t.Cleanup(func() { ptmx.Close(); <-read })
	return screen, tty
}
