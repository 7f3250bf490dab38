// Package clitest is for tests that run programs: the tools they need, and a
// user of their own to run as.
package clitest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/adrg/xdg"
)

// Need returns the path of a tool: a program's name, or the absolute path of a
// file. Where the tool is missing, Need skips the test and names the Debian
// package that has it; with CI=true the test fails.
func Need(t testing.TB, tool, debian string) string {
	t.Helper()
	path, err := find(tool)
	if err != nil {
		Lack(t, tool, debian)
	}
	return path
}

func find(tool string) (string, error) {
	if filepath.IsAbs(tool) {
		_, err := os.Stat(tool)
		return tool, err
	}
	return exec.LookPath(tool)
}

// Lack ends a test that cannot run without a tool, as Need does.
func Lack(t testing.TB, tool, debian string) {
	t.Helper()
	if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
		t.Fatalf("%s is missing, and CI must run this test: install the package %s", tool, debian)
	}
	t.Skipf("%s is missing: to run this test, install it (on Debian the package %s)", tool, debian)
}

// kept are the variables that the tests' user has from the one who runs them.
var kept = []string{"PATH", "CI"}

// Run runs the tests of a package as a user who has just been given an account:
// the environment says nothing that is not said here, and all folders are new
// and empty. It is for TestMain and returns the exit code.
func Run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "qt") // short: sockets of tmux go below it
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	environ := map[string]string{
		"HOME":            filepath.Join(folder, "home"),
		"TMPDIR":          filepath.Join(folder, "tmp"),
		"TMUX_TMPDIR":     filepath.Join(folder, "tmux"),
		"XDG_RUNTIME_DIR": filepath.Join(folder, "run"),
	}
	for _, dir := range environ {
		if err := os.Mkdir(dir, 0o700); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	environ["LANG"], environ["TERM"], environ["SHELL"] = "C.UTF-8", "xterm-256color", "/bin/sh"
	for _, name := range kept {
		if value, ok := os.LookupEnv(name); ok {
			environ[name] = value
		}
	}
	os.Clearenv()
	for name, value := range environ {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	xdg.Reload()
	return m.Run()
}
