package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/journal"
	"quotatop/poller/pioneer"
	"quotatop/poller/sim"
	"quotatop/ui/cli/clitest"
)

// terminal is a real tmux pane.
type terminal struct {
	*testing.T
	socket string
}

func inTmux(t *testing.T, width, height int, command string) *terminal {
	t.Helper()
	clitest.Need(t, "tmux", "tmux")
	pane := &terminal{t, strings.ReplaceAll(t.Name(), "/", "-")}
	pane.tmux("-f", os.DevNull, "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), command)
	t.Cleanup(pane.end)
	return pane
}

func (p *terminal) tmux(args ...string) string {
	p.Helper()
	out, err := exec.Command("tmux", append([]string{"-L", p.socket}, args...)...).CombinedOutput()
	if err != nil {
		p.Fatalf("tmux %s: %v: %s", args, err, out)
	}
	return string(out)
}

// see waits until the screen shows all texts.
func (p *terminal) see(texts ...string) {
	p.Helper()
	p.until(fmt.Sprintf("%q", texts), func(screen string) bool {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
}

// until waits until the screen is as wanted.
func (p *terminal) until(what string, wanted func(screen string) bool) {
	p.Helper()
	var screen string
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if screen = p.tmux("capture-pane", "-p"); wanted(screen) {
			return
		}
	}
	p.Fatalf("waited in vain for %s; the screen was:\n%s", what, screen)
}

func (p *terminal) press(keys ...string) { p.tmux(append([]string{"send-keys"}, keys...)...) }

// What tmux install writes makes the line show at the right of tmux's own bar,
// and gives a key that opens the dashboard; the README's recipe for a pane works.
// A tmux within a tmux, for a pane does not have the bar.
func TestTmuxBar(t *testing.T) {
	home := t.TempDir()
	program := build(t)
	for name, value := range map[string]string{
		"HOME": home, "XDG_RUNTIME_DIR": t.TempDir(), "XDG_CONFIG_HOME": filepath.Join(home, ".config"),
		"PATH": filepath.Dir(program) + string(filepath.ListSeparator) + os.Getenv("PATH"), "PIONEER_BASE_URL": api(t),
	} {
		t.Setenv(name, value)
	}
	if code, stdout, stderr := quotatop(t, t.Context(), "tmux", "install", "--write"); code != 0 || !strings.Contains(stdout, ".tmux.conf: written") {
		t.Fatalf("exit code %d, output %q, standard error %q", code, stdout, stderr)
	}
	inner := &terminal{t, "inner"}
	pane := inTmux(t, 130, 40, "tmux -L "+inner.socket+" -f "+filepath.Join(home, ".tmux.conf")+" new-session 'sleep 600'")
	t.Cleanup(func() { _ = exec.Command("tmux", "-L", inner.socket, "kill-server").Run() })
	pane.see("$18.73 ")
	if screen := pane.tmux("capture-pane", "-p"); strings.Contains(screen, "Endpoints") {
		t.Fatalf("the dashboard is there before its key is pressed:\n%s", screen)
	}
	pane.press("C-b", "Q")
	pane.see("polls ", "chat ", "$18.73 ")
	inner.tmux("split-window", "-h", "-l", "40", "quotatop")
	pane.until("a second dashboard", func(screen string) bool { return strings.Count(screen, "inference") == 2 })
}

// The lines for tmux that the README shows are lines that tmux takes.
func TestTmuxLinesOfReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, lines, found := strings.Cut(string(readme), "### In tmux")
	_, lines, _ = strings.Cut(lines, "```\n")
	lines, _, _ = strings.Cut(lines, "```")
	if !found || strings.Count(lines, "\n") < 3 {
		t.Fatalf("the README shows %q", lines)
	}
	file := filepath.Join(t.TempDir(), "tmux.conf")
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	pane := inTmux(t, 80, 24, "sleep 600")
	pane.tmux("source-file", file)
	if bar := pane.tmux("show-options", "-g", "status-right"); !strings.Contains(bar, "#(quotatop status --format tmux)") {
		t.Errorf("the bar is %s", bar)
	}
	if keys := pane.tmux("list-keys", "-T", "prefix", "Q"); !strings.Contains(keys, "split-window") {
		t.Errorf("prefix Q is %s", keys)
	}
}

// A dashboard in a real tmux obeys its files while it runs, and tells of a new
// denial before anybody looks: by the bell, and by the user's command.
func TestLiveInTmux(t *testing.T) {
	folder := t.TempDir()
	log, told := filepath.Join(folder, "run.log"), filepath.Join(folder, "told")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(folder, "config.toml")
	alerts := fmt.Sprintf("[alerts]\ncommand = [\"sh\", \"-c\", \"cat >> %s\"]\n", told)
	write(file, alerts)
	t.Setenv("PIONEER_BASE_URL", api(t))
	t.Setenv("XDG_RUNTIME_DIR", folder)
	t.Setenv("XDG_STATE_HOME", folder)
	pane := inTmux(t, 100, 30, build(t)+" --config "+file+" --tail "+log)
	pane.tmux("set-hook", "-g", "alert-bell", "set-option -g @rang yes")
	pane.see("z zoom", "chat")

	write(file, "[keys]\nzoom = \"q\"\n")
	pane.see(file+":2:1: ", "z zoom")
	write(file+".new", alerts+"[keys]\nzoom = \"x\"\n")
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
	pane.see("x zoom")

	at := time.Now().UTC().Format(time.RFC3339Nano)
	write(log, `{"at":"`+at+`","call":{"method":"POST","path":"/inference","status":429,"denial":{"retry_after_s":7}}}`+"\n")
	pane.until("the bell and the command", func(string) bool {
		data, _ := os.ReadFile(told)
		return strings.Contains(string(data), `"text":"inference: 429, rate limit: clears by waiting"`) &&
			strings.Contains(pane.tmux("show-options", "-gqv", "@rang"), "yes")
	})
}

// The completions work in the shells that they are for. PowerShell is not
// tried: it cannot be had everywhere.
func TestCompletionInShells(t *testing.T) {
	program := build(t)
	t.Setenv("PATH", filepath.Dir(program)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	const bashCompletion = "/usr/share/bash-completion/bash_completion"
	for shell, run := range map[string]struct{ command, begin string }{
		"bash": {"bash --norc", "source " + bashCompletion + "; source <(quotatop completion bash)"},
		"zsh":  {"zsh -f", "autoload -U compinit; compinit -u -D; source <(quotatop completion zsh)"},
		"fish": {"fish --no-config", "quotatop completion fish | source"},
	} {
		t.Run(shell, func(t *testing.T) {
			clitest.Need(t, shell, shell)
			if shell == "bash" {
				clitest.Need(t, bashCompletion, "bash-completion")
			}
			pane := inTmux(t, 100, 30, run.command)
			pane.press("clear; "+run.begin+"; echo read''y", "Enter")
			pane.see("ready")
			pane.press("quotatop stat", "Tab")
			pane.see("quotatop status")
			pane.tmux("send-keys", "--", "--form", "Tab")
			pane.see("quotatop status --format")
		})
	}
	if code, stdout, _ := quotatop(t, t.Context(), "completion", "powershell"); code != 0 || !strings.Contains(stdout, "Register-ArgumentCompleter") {
		t.Errorf("powershell: exit code %d, output %.200q", code, stdout)
	}
}

// freeAddress returns an address on this machine where nobody listens. Its port
// is none of those that systems give to whoever asks for any, so that no other
// test gets it in the meantime.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if listener, err := net.Listen("tcp", address); err == nil {
			listener.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// A dashboard that is killed comes back with what it had seen, and its files do
// not hold the key.
func TestKilledInTmux(t *testing.T) {
	state := t.TempDir()
	t.Setenv("PIONEER_API_KEY", testKey)
	t.Setenv("XDG_STATE_HOME", state)
	t.Setenv("XDG_RUNTIME_DIR", state)
	server := httptest.NewServer(sim.New(sim.Options{Key: testKey}))
	t.Cleanup(server.Close)
	tap := freeAddress(t)
	command := "exec " + build(t) + " --config " + os.DevNull + " --base-url " + server.URL + " --tap " + tap
	pane := inTmux(t, 120, 40, command)
	pane.tmux("set-option", "-g", "remain-on-exit", "on")
	pane.see("● tap", "● billing")
	for range 7 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+tap+"/generate/classification", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-API-Key", testKey)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	pane.see("7/120")
	table, _ := model.Profile(model.DefaultProfile)
	folder := filepath.Join(state, "quotatop", pioneer.AccountID(server.URL, testKey))
	pane.until("the calls in the journal", func(string) bool {
		now := time.Now()
		l, err := journal.Recover(folder, table, model.LedgerOptions{}, now)
		l.Observe(model.Event{At: now, Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal}})
		s := l.Snapshot(now)
		i := table.Index("generate")
		return err == nil && s.Endpoints[i].Limits[0].Used.Or(0) == 7
	})
	pid := strings.TrimSpace(pane.tmux("display-message", "-p", "#{pane_pid}"))
	if err := exec.Command("kill", "-9", pid).Run(); err != nil {
		t.Fatal(err)
	}
	// tmux can miss a child's end: the process then stays as a zombie. Its tap is
	// gone as soon as it is.
	pane.until("the process to end", func(string) bool {
		connection, err := net.Dial("tcp", tap)
		if err != nil {
			return true
		}
		connection.Close()
		return false
	})
	pane.tmux("respawn-pane", "-k", command)
	pane.see("7/120")

	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v; want 0600", file, info.Mode(), err)
		}
		if data, err := os.ReadFile(file); err != nil || bytes.Contains(data, []byte(testKey)) {
			t.Errorf("%s holds the key, or: %v", file, err)
		}
	}
}

// Where the locale has no UTF-8, or the font little of it, the screen is ASCII.
func TestASCIIInTmux(t *testing.T) {
	for name, locale := range map[string]string{"locale": "LC_ALL=C", "console": "LC_ALL=C.UTF-8 TERM=linux"} {
		t.Run(name, func(t *testing.T) {
			pane := inTmux(t, 80, 24, "env "+locale+" "+build(t)+" demo")
			pane.see("chat", "inference", "quit")
			for _, r := range pane.tmux("capture-pane", "-p") {
				if r > '~' {
					t.Fatalf("%q is on the screen:\n%s", r, pane.tmux("capture-pane", "-p"))
				}
			}
		})
	}
}

// The demo in a real tmux at the three sizes: it opens, counts down, obeys its
// keys, follows a resize, and leaves the terminal as it was.
func TestDemoInTmux(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	program := build(t)
	for _, size := range [][2]int{{120, 40}, {80, 24}, {40, 12}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			pane := inTmux(t, size[0], size[1], "sh -c '"+program+" demo --config /dev/null; echo ended with $?; cat'")
			pane.see("DEMO", "/200")
			if screen := pane.tmux("capture-pane", "-p"); strings.Contains(screen, "restart to apply") {
				t.Errorf("the demo says that the configuration was changed:\n%s", screen)
			}
			pane.press("?")
			pane.see("shift+tab")
			pane.press("Escape")
			pane.until("the help to go", func(screen string) bool { return !strings.Contains(screen, "shift+tab") })
			pane.press("p")
			pane.see("PAUSED")
			pane.press("p")
			pane.tmux("resize-window", "-x", "60", "-y", "20")
			pane.see("/200")
			pane.press("q")
			pane.see("ended with 0")
		})
	}
}

// A dashboard with an open tap asks before it stops. Stopped by the key or from
// outside, the shell has its terminal as it was; in the background the tap serves
// on; and in the foreground the screen is back.
func TestSuspendInTmux(t *testing.T) {
	clitest.Need(t, "bash", "bash")
	folder := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", folder)
	t.Setenv("XDG_STATE_HOME", folder)
	tap, url := freeAddress(t), api(t)
	pane := inTmux(t, 100, 30, "bash --norc")
	pane.tmux("set-option", "-g", "mouse", "on")
	state := func(want string) {
		t.Helper()
		pane.until(want, func(string) bool {
			return strings.TrimSpace(pane.tmux("display-message", "-p", "#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{pane_current_command}")) == want
		})
	}
	const shell, screen = "0 0 1 bash", "1 1 0 quotatop"
	state(shell)
	pane.press(build(t)+" --config /dev/null --base-url "+url+" --tap "+tap, "Enter")
	pane.see("● tap", "● billing")
	state(screen)
	pane.press("C-z")
	pane.see("again to suspend")
	state(screen)
	pane.press("C-z")
	pane.see("Stopped")
	state(shell)
	pane.press("bg", "Enter")
	pane.until("the tap in the background", func(string) bool {
		client := http.Client{Timeout: time.Second}
		response, err := client.Get("http://" + tap + "/billing/plan-info")
		if err != nil {
			return false
		}
		response.Body.Close()
		return true
	})
	state(shell)
	pane.press("echo the shell has its ke''ys", "Enter")
	pane.see("the shell has its keys")
	pane.press("fg", "Enter")
	state(screen)
	pane.see("● tap")
	if err := exec.Command("sh", "-c", "kill -TSTP $(ps -o pid=,args= -t "+strings.TrimSpace(pane.tmux("display-message", "-p", "#{pane_tty}"))+" | awk '/quotatop/{print $1; exit}')").Run(); err != nil {
		t.Fatal(err)
	}
	state(shell)
	pane.press("fg", "Enter")
	state(screen)
	pane.press("q")
	state(shell)
}

// A pane of its own has no shell to return to.
func TestSuspendWithoutAShell(t *testing.T) {
	pane := inTmux(t, 80, 24, "exec "+build(t)+" demo --config /dev/null")
	pane.see("● tap")
	pane.press("C-z", "C-z")
	pane.see("no shell to return to", "DEMO")
}

// What the demo promises: an endpoint that climbs into its limit, 429s with a
// running countdown, and with a small cap, a reached cap.
func TestDemoStory(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	program := build(t)
	t.Run("limit", func(t *testing.T) {
		t.Parallel()
		pane := inTmux(t, 120, 40, "sh -c '"+program+" demo --config /dev/null; cat'")
		pane.see("chat", "retry in")
		pane.press("q") // the run is summed up where the screen was
		pane.see("quotatop demo: ", " refused, ", "worst: chat, ")
	})
	t.Run("cap", func(t *testing.T) {
		t.Parallel()
		pane := inTmux(t, 120, 40, program+" demo --config /dev/null --cap-usd 0.5")
		pane.see("cap reached", "daily cap", "clears ")
	})
}
