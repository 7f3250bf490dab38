package statefile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"quotatop/model"
)

// keptFor is how long a status line that polled by itself spares the next ones
// a poll: a bar is drawn every few seconds, and a poll costs several requests.
const keptFor = time.Minute

// keptName is the file of Keep. Read does not take it for a dashboard's.
const keptName = "polled"

// kept is the content of that file.
type kept struct {
	OK bool `json:"ok"`
	state
}

// Keep leaves what a status line found by a poll of its own, where no dashboard
// runs: a snapshot, or with ok unset that the poll failed. now is local time.
func Keep(now time.Time, s model.Snapshot, ok bool, dirs ...string) error {
	dir, err := MakeDir(dirs...)
	if err != nil {
		return err
	}
	s.Version = model.SnapshotVersion
	data, err := json.Marshal(kept{ok, state{PID: os.Getpid(), WrittenAt: now, Snapshot: s}})
	if err == nil {
		draft := filepath.Join(dir, fmt.Sprintf("%d.new", os.Getpid()))
		err = os.WriteFile(draft, append(data, '\n'), 0o600)
		if err == nil {
			err = os.Rename(draft, filepath.Join(dir, keptName))
		}
		if err != nil {
			_ = os.Remove(draft)
		}
	}
	if err != nil {
		return fmt.Errorf("what was polled cannot be kept: %w", err)
	}
	return nil
}

// Kept returns what Keep left within the last minute, its time brought forward
// to now; ok is what Keep was told. While fresh is set there is no need to poll.
func Kept(now time.Time, dirs ...string) (s model.Snapshot, ok, fresh bool) {
	for _, dir := range dirs {
		if checkDir(dir) != nil {
			continue
		}
		data, err := readSome(filepath.Join(dir, keptName))
		if err != nil {
			continue
		}
		var k kept
		if json.Unmarshal(data, &k) != nil || k.Snapshot.Version != model.SnapshotVersion || now.Sub(k.WrittenAt).Abs() > keptFor {
			continue
		}
		k.Snapshot.At = k.Snapshot.At.Add(max(now.Sub(k.WrittenAt), 0))
		return k.Snapshot, k.OK, true
	}
	return model.Snapshot{}, false, false
}
