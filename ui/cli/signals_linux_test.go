package cli

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// program returns a command that runs the program with these arguments.
func program(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "PIONEER_API_KEY=pio_sk_test", "COLUMNS=80", "LINES=24")
	return cmd
}

// ended waits for a program to end, and returns the signal that ended it, or 0.
func ended(t *testing.T, cmd *exec.Cmd, within time.Duration) syscall.Signal {
	t.Helper()
	overdue := time.AfterFunc(within, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	if !overdue.Stop() {
		t.Fatalf("%s: still there after %s", cmd.Args[1:], within)
	}
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return failed.Sys().(syscall.WaitStatus).Signal()
	}
	return 0
}

// A display is a terminal on which the demo runs.
type display struct {
	t         *testing.T
	cmd       *exec.Cmd
	ptmx, tty *os.File
	before    unix.Termios
	shown     bytes.Buffer
}

func demoOnATerminal(t *testing.T) *display {
	d := &display{t: t, cmd: program("demo", "--config", os.DevNull)}
	d.ptmx, d.tty = openTerminal(t)
	d.before = d.modes()
	d.cmd.Stdin, d.cmd.Stdout, d.cmd.Stderr = d.tty, d.tty, d.tty
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.cmd.Process.Kill() })
	d.until("DEMO")
	return d
}

func (d *display) modes() unix.Termios {
	d.t.Helper()
	modes, err := unix.IoctlGetTermios(int(d.tty.Fd()), unix.TCGETS)
	if err != nil {
		d.t.Fatal(err)
	}
	return *modes
}

// until reads what is shown until it has a text.
func (d *display) until(text string) {
	d.t.Helper()
	_ = d.ptmx.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 1<<16)
	for !strings.Contains(d.shown.String(), text) {
		n, err := d.ptmx.Read(buf)
		if err != nil {
			d.t.Fatalf("never shown: %q, but %q", text, d.shown.String())
		}
		d.shown.Write(buf[:n])
	}
}

const givenBack = "\x1b[?1049l\x1b[?25h"

// Whatever signal ends the program, the terminal is as it was. SIGQUIT then shows
// where the goroutines are.
func TestSignalsGiveTheTerminalBack(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			d := demoOnATerminal(t)
			if d.modes() == d.before {
				t.Error("the terminal is not in raw mode")
			}
			if err := d.cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			d.until(givenBack)
			if s == syscall.SIGQUIT {
				d.until("goroutine ")
				_, after, _ := strings.Cut(d.shown.String(), givenBack)
				if !strings.Contains(after, "SIGQUIT") {
					t.Errorf("the trace is not on the terminal that was given back: %q", after)
				}
			}
			go func() { _, _ = d.shown.ReadFrom(d.ptmx) }() // the rest of the trace
			ended(t, d.cmd, 10*time.Second)
			if d.modes() != d.before {
				t.Errorf("the terminal's modes were %+v and are %+v", d.before, d.modes())
			}
		})
	}
}

// A terminal that nobody reads does not keep the program from ending.
func TestTerminalThatNobodyReads(t *testing.T) {
	t.Parallel()
	d := demoOnATerminal(t)
	stuck := func() bool { // each ? draws most of the screen
		_, _ = d.ptmx.WriteString("????")
		wait, _ := os.ReadFile(fmt.Sprintf("/proc/%d/io", d.cmd.Process.Pid))
		time.Sleep(50 * time.Millisecond)
		now, _ := os.ReadFile(fmt.Sprintf("/proc/%d/io", d.cmd.Process.Pid))
		_, before, _ := strings.Cut(string(wait), "wchar: ")
		_, after, _ := strings.Cut(string(now), "wchar: ")
		return before == after
	}
	for deadline := time.Now().Add(20 * time.Second); !stuck(); {
		if time.Now().After(deadline) {
			t.Skip("this terminal never gets full")
		}
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended(t, d.cmd, 4*time.Second)
	if d.modes() != d.before {
		t.Errorf("the terminal's modes were %+v and are %+v", d.before, d.modes())
	}
}

// A pipe that nothing comes from does not keep a report from ending.
func TestReportOfAPipeObeysSignals(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		pipe := filepath.Join(t.TempDir(), "pipe")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := program("report", "--config", os.DevNull, pipe)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var writer *os.File
		for deadline := time.Now().Add(20 * time.Second); writer == nil; time.Sleep(time.Millisecond) {
			var err error
			if writer, err = os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err != nil && time.Now().After(deadline) {
				t.Fatalf("nobody opens the pipe: %v", err)
			}
		}
		defer writer.Close()
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		if by := ended(t, cmd, 3*time.Second); by != s {
			t.Errorf("%v: ended by %v", s, by)
		}
	}
}

// A stream through the tap gets some time to end. A second signal ends it at once.
func TestTapWithAStreamObeysSignals(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(upstream.Close)
	for name, signals := range map[string]int{"one signal": 1, "two signals": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := program("tap", "--config", os.DevNull, "--listen", "127.0.0.1:0", "--to", upstream.URL)
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 1<<12)
			n, _ := stderr.Read(buf)
			_, url, _ := strings.Cut(string(buf[:n]), "tap: ")
			url, _, _ = strings.Cut(url, " ")
			response, err := http.Get(url + "/generate")
			if err != nil {
				t.Fatalf("%v; the tap said %q", err, buf[:n])
			}
			defer response.Body.Close()
			began := time.Now()
			for range signals {
				if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
				_, _ = stderr.Read(buf) // it says that it waits
			}
			by := ended(t, cmd, grace+5*time.Second)
			if took := time.Since(began); by != syscall.SIGTERM || signals == 2 && took > grace/2 || signals == 1 && took < grace/2 {
				t.Errorf("ended by %v after %s", by, took)
			}
		})
	}
}
