package clitest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Broker starts Debian's NATS server for a test, and returns its URL.
func Broker(t testing.TB) (url string) {
	t.Helper()
	tool := "nats-server"
	if _, err := os.Stat("/usr/sbin/nats-server"); err == nil {
		tool = "/usr/sbin/nats-server" // which is not in everybody's PATH
	}
	tool = Need(t, tool, "nats-server")
	dir := t.TempDir()
	cmd := exec.Command(tool, "-js", "-sd", dir, "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for late := time.Now().Add(15 * time.Second); time.Now().Before(late); time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("nats-server_%d.ports", cmd.Process.Pid)))
		var ports struct{ NATS []string }
		if err == nil && json.Unmarshal(text, &ports) == nil && len(ports.NATS) > 0 {
			return ports.NATS[0]
		}
	}
	t.Fatal("nats-server does not start")
	return ""
}
