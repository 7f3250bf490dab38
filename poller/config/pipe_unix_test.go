//go:build unix

package config

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The configuration and the key can come from a pipe, as of <(pass show pioneer); a
// pipe without a writer and a device without an end are not waited for.
func TestPipes(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	send := func(text string) {
		go func() {
			if w, err := os.OpenFile(pipe, os.O_WRONLY, 0); err == nil {
				_, _ = w.WriteString(text)
				_ = w.Close()
			}
		}()
	}
	send("interval = '20s'\n")
	if f, err := Load(pipe, true); err != nil || f.Interval.Duration != 20*time.Second {
		t.Errorf("configuration: %v, %v", f, err)
	}
	send("pio_sk_test\n")
	var s Settings
	if key, err := s.Key(t.Context(), pipe, ""); key != "pio_sk_test" || err != nil {
		t.Errorf("key: %v, %v", key, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if key, err := s.Key(ctx, pipe, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("key without a writer: %v, %v", key, err)
	}
	if f, err := Load(os.DevNull, true); err != nil {
		t.Errorf("%s: %v, %v", os.DevNull, f, err)
	}
	if _, err := os.Stat("/dev/zero"); err != nil {
		return
	}
	if f, err := Load("/dev/zero", true); err == nil || !strings.Contains(err.Error(), "holds more than 1024 KiB") {
		t.Errorf("/dev/zero: %v, %v", f, err)
	}
	if key, err := s.Key(t.Context(), "/dev/zero", ""); err == nil {
		t.Errorf("/dev/zero: %q", key)
	}
}
