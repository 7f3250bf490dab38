// Command tap compares the tap with nginx, in one run against one upstream: what
// each adds to a call, how many calls it carries, and its memory with many event
// streams. It needs Linux and nginx (Debian package nginx). Run it on a quiet
// machine: go run ./.ci/tap
//
// The targets: what the tap adds at the median and at the 99th percentile is at
// most 1.5 times what nginx adds, it carries at least 0.6 times as many calls, and
// its memory does not grow while streams are open.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	conns   = 16
	rate    = 500 // calls a second of all connections together
	streams = 1000
)

func main() {
	span := flag.Duration("for", 20*time.Second, "how long to measure each load")
	binary := flag.String("binary", "", "compare this quotatop instead of the one in the working directory")
	flag.Parse()
	if err := compare(*span, *binary); err != nil {
		fmt.Fprintln(os.Stderr, "tap:", err)
		os.Exit(1)
	}
}

// A target is where calls are sent to.
type target struct {
	name      string
	addr      string
	cmd       *exec.Cmd // of a proxy
	latencies []time.Duration
	perSecond []float64
}

func compare(span time.Duration, binary string) error {
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 16384, Max: 16384}); err != nil {
		return fmt.Errorf("allow 16,384 open files: %w", err)
	}
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if binary == "" {
		binary = filepath.Join(folder, "bin", "quotatop") // folder itself is for its configuration
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			return fmt.Errorf("build: %w\n%s", err, out)
		}
	}
	upstream, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer upstream.Close()
	go serve(upstream)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	direct := &target{name: "direct", addr: upstream.Addr().String()}
	tap, err := startTap(ctx, folder, binary, direct.addr)
	if err != nil {
		return err
	}
	defer tap.stop()
	nginx, err := startNginx(ctx, folder, direct.addr)
	if err != nil {
		return err
	}
	defer nginx.stop()

	const rounds = 5 // by turns, so that all have the same weather
	for range rounds {
		for _, t := range []*target{direct, tap, nginx} {
			_, latencies, err := load(t.addr, rate, span/rounds)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			t.latencies = append(t.latencies, latencies...)
		}
		for _, t := range []*target{direct, tap, nginx} {
			perSecond, _, err := load(t.addr, 0, span/rounds)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			t.perSecond = append(t.perSecond, perSecond)
		}
	}
	for _, t := range []*target{direct, tap, nginx} {
		slices.Sort(t.latencies)
		slices.Sort(t.perSecond)
	}
	fmt.Printf("%-8s %10s %10s %14s\n", "", "p50 µs", "p99 µs", "calls/s")
	for _, t := range []*target{direct, tap, nginx} {
		fmt.Printf("%-8s %10.0f %10.0f %14.0f\n", t.name, t.percentile(50), t.percentile(99), t.perSecond[rounds/2])
	}
	for _, p := range []int{50, 99} {
		ours, theirs := tap.percentile(p)-direct.percentile(p), nginx.percentile(p)-direct.percentile(p)
		fmt.Printf("added at p%d: %.0f µs, %.2f of nginx's %.0f\n", p, ours, ours/theirs, theirs)
	}
	fmt.Printf("calls/s: %.2f of nginx's\n", tap.perSecond[rounds/2]/nginx.perSecond[rounds/2])
	for _, t := range []*target{tap, nginx} {
		if err := t.openStreams(span); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

func (t *target) percentile(p int) float64 {
	return float64(t.latencies[len(t.latencies)*p/100]) / float64(time.Microsecond)
}

func (t *target) stop() {
	_ = t.cmd.Process.Signal(syscall.SIGTERM)
	_ = t.cmd.Wait()
}

func startTap(ctx context.Context, folder, binary, upstream string) (*target, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary, "tap", "--listen", addr, "--to", "http://"+upstream)
	cmd.Env = append(os.Environ(), "HOME="+folder, "XDG_CONFIG_HOME="+folder, "XDG_STATE_HOME="+folder)
	return &target{name: "tap", addr: addr, cmd: cmd}, start(cmd, addr)
}

const nginxConf = `daemon off; worker_processes auto; pid %[1]s/nginx.pid; error_log %[1]s/error.log;
events { worker_connections 8192; }
http {
	access_log off; keepalive_requests 100000000;
	client_body_temp_path %[1]s/1; proxy_temp_path %[1]s/2; fastcgi_temp_path %[1]s/3; uwsgi_temp_path %[1]s/4; scgi_temp_path %[1]s/5;
	upstream api { server %[2]s; keepalive 1024; keepalive_requests 100000000; }
	server { listen %[3]s; location / { proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } }
}
`

func startNginx(ctx context.Context, folder, upstream string) (*target, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, folder, upstream, addr), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "nginx", "-c", conf, "-p", folder)
	return &target{name: "nginx", addr: addr, cmd: cmd}, start(cmd, addr)
}

func freeAddr() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

// start starts a proxy and waits until it listens.
func start(cmd *exec.Cmd, addr string) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	for range 100 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			return conn.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New(cmd.Path + " does not listen")
}

const (
	callBody = `{"model":"m","messages":[{"role":"user","content":"How far is it to the wall?"}]}`
	answer   = `{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"42"}}]}`
)

// serve is an upstream that answers a call at once, and a GET with events for as
// long as the client reads them.
func serve(ln net.Listener) {
	reply := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for buf := make([]byte, 4<<10); ; {
				n, err := readTo(conn, buf, callBody, "\r\n\r\n")
				if err != nil {
					return
				}
				if bytes.HasPrefix(buf[:n], []byte("GET ")) {
					stream(conn)
					return
				}
				if _, err := conn.Write(reply); err != nil {
					return
				}
			}
		}()
	}
}

func stream(conn net.Conn) {
	event := []byte("data: " + strings.Repeat("x", 50) + "\n\n")
	_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
	for err == nil {
		_, err = fmt.Fprintf(conn, "%x\r\n%s\r\n", len(event), event)
		time.Sleep(time.Second)
	}
}

// readTo reads until what was read ends in one of these.
func readTo(conn net.Conn, buf []byte, ends ...string) (n int, err error) {
	for {
		m, err := conn.Read(buf[n:])
		if n += m; err != nil {
			return n, err
		}
		for i, end := range ends {
			if bytes.HasSuffix(buf[:n], []byte(end)) && (i == 0 || bytes.HasPrefix(buf, []byte("GET "))) {
				return n, nil
			}
		}
	}
}

// load makes calls for a while, at rate a second in all, or one after the other
// if that is 0.
func load(addr string, rate int, span time.Duration) (perSecond float64, latencies []time.Duration, err error) {
	request := fmt.Appendf(nil, "POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer pio_sk_0123456789\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", addr, len(callBody), callBody)
	var next atomic.Int64
	var running sync.WaitGroup
	each, failed := make([][]time.Duration, conns), make([]error, conns)
	begun := time.Now()
	for i := range conns {
		running.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				failed[i] = err
				return
			}
			defer conn.Close()
			for buf := make([]byte, 4<<10); time.Since(begun) < span; {
				if rate > 0 {
					time.Sleep(time.Until(begun.Add(time.Duration(next.Add(1)) * time.Second / time.Duration(rate))))
				}
				sent := time.Now()
				if _, err := conn.Write(request); err != nil {
					failed[i] = err
					return
				}
				if _, err := readTo(conn, buf, answer); err != nil {
					failed[i] = err
					return
				}
				each[i] = append(each[i], time.Since(sent))
			}
		})
	}
	running.Wait()
	took := time.Since(begun)
	latencies = slices.Concat(each...)
	return float64(len(latencies)) / took.Seconds(), latencies, errors.Join(failed...)
}

// openStreams opens event streams and prints the memory of the proxy before, with
// them, and after some time.
func (t *target) openStreams(span time.Duration) error {
	before, err := memory(t.cmd.Process.Pid)
	if err != nil {
		return err
	}
	for range streams {
		conn, err := net.Dial("tcp", t.addr)
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := fmt.Fprintf(conn, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			return err
		}
		go func() { _, _ = io.Copy(io.Discard, conn) }()
	}
	time.Sleep(2 * time.Second)
	with, err := memory(t.cmd.Process.Pid)
	if err != nil {
		return err
	}
	time.Sleep(span)
	after, err := memory(t.cmd.Process.Pid)
	fmt.Printf("%s: %.1f MB, with %d streams %.1f MB, after %v %.1f MB\n", t.name, before, streams, with, span, after)
	return err
}

// memory returns the resident memory of a process and its children, in MB, shared
// pages counted once.
func memory(pid int) (float64, error) {
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	total := 0
	for _, p := range append(strings.Fields(string(children)), strconv.Itoa(pid)) {
		rollup, err := os.ReadFile("/proc/" + p + "/smaps_rollup")
		if err != nil {
			return 0, err
		}
		_, rest, _ := strings.Cut(string(rollup), "\nPss:")
		kB, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		n, err := strconv.Atoi(kB)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return float64(total) / 1024, nil
}
