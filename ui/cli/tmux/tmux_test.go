package tmux

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quotatop/ui/cli/clitest"
	"quotatop/ui/cli/doctor"
)

func TestMain(m *testing.M) { os.Exit(clitest.Run(m)) }

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// A server is a real tmux server of the test's own.
type server struct {
	t    *testing.T
	name string
	dir  string // its sockets, and what the test needs
}

// start starts a server with a configuration, without a session's command to
// end it.
func start(t *testing.T, config string) *server {
	t.Helper()
	clitest.Need(t, "tmux", "tmux")
	dir, err := os.MkdirTemp("", "qt") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMUX_TMPDIR", dir)
	s := &server{t: t, name: "q", dir: dir}
	t.Cleanup(func() {
		for _, name := range []string{"outer", s.name} {
			_ = exec.Command("tmux", "-L", name, "kill-server").Run()
		}
		_ = os.RemoveAll(dir)
	})
	file := filepath.Join(dir, "tmux.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(s.name, "-f", file, "new-session", "-d", "-x", "150", "-y", "40", "cat")
	return s
}

// run runs a command of the server by that name.
func (s *server) run(name string, args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-L", name}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return strings.TrimRight(string(out), "\n")
}

// program writes a quotatop that prints a line.
func (s *server) program(name, line string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	script := "#!/bin/sh\nif [ \"$*\" = 'status --format tmux' ]; then printf '%s\\n' '" + line + "'; else echo dashboard; exec cat; fi\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// attach shows the server on the screen of another one.
func (s *server) attach() {
	s.t.Helper()
	s.run("outer", "-f", os.DevNull, "new-session", "-d", "-x", "150", "-y", "41",
		"env TMUX= tmux -L "+s.name+" attach")
	s.run("outer", "set", "-g", "status", "off")
}

// waitScreen waits until the screen satisfies ok, and returns it.
func (s *server) waitScreen(what string, ok func(screen string) bool) string {
	s.t.Helper()
	var screen string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if screen = s.run("outer", "capture-pane", "-e", "-p"); ok(screen) {
			return screen
		}
	}
	s.t.Fatalf("no %s on the screen:\n%s", what, screen)
	return ""
}

const colouredLine = "#[fg=black,bg=yellow]a##b 92%#[default] 41s  $18.73 11:55 %H"

// What Snippet says works in a real tmux: the line shows in its colours, next
// to what was there, and the key opens a pane.
func TestSnippetInTmux(t *testing.T) {
	s := start(t, "set -g status-right 'mine %%'\n")
	conf := filepath.Join(s.dir, "added.conf")
	if _, err := Install(conf, Snippet(s.program("quotatop's #1 $HOME 50%H", colouredLine))); err != nil {
		t.Fatal(err)
	}
	for range 3 { // a configuration is read again and again
		s.run(s.name, "source-file", conf)
	}
	right := s.run(s.name, "show-options", "-gv", "status-right")
	if n := strings.Count(right, " status "); n != 1 || !strings.HasPrefix(right, "mine %% #(") {
		t.Errorf("status-right is %q, want what was there and our command once", right)
	}
	for option, want := range map[string]string{"status-interval": "5", "status-right-length": "100"} {
		if got := s.run(s.name, "show-options", "-gv", option); got != want {
			t.Errorf("%s is %s, want %s", option, got, want)
		}
	}
	s.attach()
	screen := s.waitScreen("status line", func(screen string) bool { return strings.Contains(screen, "11:55") })
	if want := "a#b 92%"; !strings.Contains(screen, want) || !strings.Contains(screen, "41s  $18.73 11:55 %H") || !strings.Contains(screen, "mine %") {
		t.Errorf("no %q on the screen:\n%s", want, screen)
	}
	if !strings.Contains(screen, "\x1b[43ma#b 92%") {
		t.Errorf("no colours in %q", screen[strings.LastIndex(screen, "mine"):])
	}
	s.run("outer", "send-keys", "C-b", "Q")
	s.waitScreen("dashboard", func(screen string) bool { return strings.Contains(screen, "dashboard") })
	if n := strings.Count(s.run(s.name, "list-panes"), "\n") + 1; n != 2 {
		t.Errorf("%d panes, want 2", n)
	}
}

// A user's own settings stay, where they will do.
func TestSnippetKeepsSettings(t *testing.T) {
	s := start(t, "set -g status-interval 2\nset -g status-right-length 140\n"+Snippet("quotatop"))
	for option, want := range map[string]string{"status-interval": "2", "status-right-length": "140"} {
		if got := s.run(s.name, "show-options", "-gv", option); got != want {
			t.Errorf("%s is %s, want %s", option, got, want)
		}
	}
	if key := s.run(s.name, "list-keys", "-T", "prefix", "Q"); !strings.Contains(key, "split-window -v -l 16 quotatop") {
		t.Errorf("prefix Q is %q", key)
	}
}

// text is findings as they would be printed.
func text(found []doctor.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%v: %s -> %s\n", f.Level, f.What, f.Do)
	}
	return b.String()
}

func TestDiagnose(t *testing.T) {
	s := start(t, "")
	good := s.program("quotatop", colouredLine)
	fails := filepath.Join(s.dir, "quotatop-fails")
	if err := os.WriteFile(fails, []byte("#!/bin/sh\necho no API key >&2\nexit 2\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	off, warns := filepath.Join(s.dir, "quotatop-off"), filepath.Join(s.dir, "quotatop-warns")
	for path, line := range map[string]string{off: "quotatop: off", warns: "chat 92%"} {
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho '"+line+"'\necho quotatop: no API key >&2\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	mute := s.program("quotatop-mute", "quotatop: off")
	silent, renamed := s.program("quotatop-silent", ""), s.program("qt", colouredLine)
	const usual = "set -gu status-right\nset -gu status-interval\nset -gu status-right-length\nset -gu status\nset -gu status-format\nset -gu set-titles\nset -wgu monitor-bell\nset -gu visual-bell\nset -gu bell-action\n"
	for name, tt := range map[string]struct {
		commands string
		config   string
		want     string
	}{
		"all is well":    {Snippet(good) + "set -g set-titles on\n", "", "ok: the command works and prints: a#b 92% 41s  $18.73 11:55"},
		"bar off":        {"set -g status off\n", "", "FAIL: the status bar is off -> tmux set -g status on"},
		"slow":           {"set -g status-interval 15\n", "", "FAIL: status-interval is 15: the line is up to 15 s old -> tmux set -g status-interval 5"},
		"never":          {"set -g status-interval 0\n", "", "FAIL: status-interval is 0"},
		"not installed":  {"", "", "FAIL: status-right does not run quotatop -> quotatop tmux install"},
		"not read":       {"", beginMark + "\n" + endMark + "\n", "was not reloaded, or status-right is set after the block -> tmux source-file "},
		"cut":            {"set -g status-right '#{host} %H:%M #(" + good + " status --format tmux)'\nset -g status-right-length 30\n", "", "the line is cut off -> tmux set -g status-right-length 100"},
		"by PATH":        {"set -g status-right '#(quotatop status)'\n", "", "FAIL: the tmux server cannot run quotatop status: it is not in its PATH"},
		"fails":          {"set -g status-right '#(" + fails + " status)'\n", "", "fails: no API key -> run it by hand: "},
		"silent":         {"set -g status-right '#(" + silent + " status --format tmux)'\n", "", "prints nothing"},
		"off":            {"set -g status-right '#(" + off + " status --format tmux)'\n", "", "FAIL: the line is off: no API key -> start the dashboard"},
		"off, no reason": {"set -g status-right '#(" + mute + " status --format tmux)'\n", "", "FAIL: the line is off: it does not say why -> "},
		"a warning":      {"set -g status-right '#(" + warns + " status --format tmux)'\n", "", "prints chat 92%, and a warning: quotatop: no API key -> "},
		"another name":   {"set -g status-right '#(" + renamed + " status --format tmux)'\n", "", "ok: the command works"},
		"on the left":    {"set -g status-left '#(" + good + " status --format tmux)'\n", "", "ok: status-left runs quotatop"},
		"no right side":  {"set -g status-right '#(" + good + " status)'\nset -g status-format[0] 'x'\n", "", "status-format[0] does not show status-right -> tmux set -gu status-format"},
		"titles":         {"", "", "warn: set-titles is off: the terminal's title does not show the worst figure -> tmux set -g set-titles on"},
		"bell":           {"set -wg monitor-bell off\n", "", "warn: monitor-bell is off"},
		"quiet bell":     {"set -g visual-bell on\n", "", "warn: visual-bell is on"},
		"no bell":        {"set -g bell-action none\n", "", "warn: bell-action is none"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(s.dir, "case.conf")
			if err := os.WriteFile(file, []byte(usual+tt.commands), 0o600); err != nil {
				t.Fatal(err)
			}
			s.run(s.name, "set", "-gu", "status-left")
			s.run(s.name, "source-file", file)
			if err := os.WriteFile(file, []byte(tt.config), 0o600); err != nil {
				t.Fatal(err)
			}
			got := text(Diagnose(t.Context(), Options{Server: []string{"-L", s.name}, Config: file}))
			if !strings.Contains(got, tt.want) {
				t.Errorf("got:\n%swant %q", got, tt.want)
			}
			if name == "all is well" && strings.Contains(got, "FAIL:") {
				t.Errorf("something is wrong where all is well:\n%s", got)
			}
		})
	}
}

func TestDiagnoseWithoutServer(t *testing.T) {
	s := start(t, "")
	got := text(Diagnose(t.Context(), Options{Server: []string{"-L", "nobody"}}))
	if !strings.Contains(got, "FAIL: no tmux server is running") {
		t.Errorf("got:\n%s", got)
	}
	t.Setenv("TMUX", s.dir+"/gone,1,0")
	got = text(Diagnose(t.Context(), Options{}))
	if !strings.Contains(got, "FAIL: TMUX is set, but its server does not answer") {
		t.Errorf("got:\n%s", got)
	}
	t.Setenv("PATH", s.dir)
	got = text(Diagnose(t.Context(), Options{}))
	if !strings.Contains(got, "FAIL: tmux is not installed -> install tmux") {
		t.Errorf("got:\n%s", got)
	}
}
