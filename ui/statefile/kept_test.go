package statefile

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"quotatop/model"
)

// A bar that is drawn every few seconds polls once a minute.
func TestKeep(t *testing.T) {
	dir, now := folder(t), time.Now()
	if _, _, fresh := Kept(now, dir); fresh {
		t.Error("something is kept before anything was polled")
	}
	if err := Keep(now, snapshot(now, 7), true, dir); err != nil {
		t.Fatal(err)
	}
	s, ok, fresh := Kept(now.Add(50*time.Second), dir)
	if !fresh || !ok || used(t, s) != 7 || !s.At.Equal(now.Add(50*time.Second)) {
		t.Errorf("after 50 s: %+v, %v, %v", s, ok, fresh)
	}
	for _, later := range []time.Duration{61 * time.Second, -2 * time.Minute} {
		if _, _, fresh := Kept(now.Add(later), dir); fresh {
			t.Errorf("it is still taken %s later", later)
		}
	}
	if err := Keep(now, model.Snapshot{}, false, dir); err != nil { // there was no answer
		t.Fatal(err)
	}
	if _, ok, fresh := Kept(now, dir); !fresh || ok {
		t.Errorf("a poll that failed is kept as %v, %v", ok, fresh)
	}
	if _, ok, err := Read(now, dir); ok || err != nil {
		t.Errorf("it is taken for a dashboard: %v, %v", ok, err)
	}
	info, err := os.Stat(filepath.Join(dir, keptName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	open(t, dir)
	if _, _, fresh := Kept(now, dir); !fresh {
		t.Error("a dashboard swept it away")
	}
	put(t, dir, keptName, "{")
	if _, _, fresh := Kept(now, dir); fresh {
		t.Error("half a file is taken")
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Keep(now, snapshot(now, 1), true, dir); err == nil {
		t.Error("it is kept where others may read")
	}
}
