// Package statefile is how a running dashboard tells other programs of its
// user what it knows: a file with its newest snapshot, so that a status line
// asks nothing of the API.
//
// A file is live while its process runs and goes on writing. It holds no key.
package statefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"quotatop/model"
)

const (
	// liveFor is how old a file may be that is taken for live. A dashboard
	// writes at least every heartbeat.
	liveFor   = 15 * time.Second
	heartbeat = 5 * time.Second

	// maxFile bounds what is read of a file, in bytes.
	maxFile = 4 << 20

	suffix = ".json"
)

// state is the content of a file.
type state struct {
	PID       int            `json:"pid"`
	StartedAt time.Time      `json:"started_at"` // local time, as is WrittenAt
	WrittenAt time.Time      `json:"written_at"`
	Snapshot  model.Snapshot `json:"snapshot"`
}

// Dirs are the folders that state files may be in, the first choice first:
// quotatop in $XDG_RUNTIME_DIR, and a folder of the user's own among the
// temporary files.
func Dirs() []string {
	var dirs []string
	if d := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(d) {
		dirs = append(dirs, filepath.Join(d, "quotatop"))
	}
	return append(dirs, filepath.Join(os.TempDir(), "quotatop-"+strconv.Itoa(os.Getuid())))
}

// MakeDir returns the first of dirs that is there, or can be made, and belongs
// to this user alone. The error says what is wrong with each.
func MakeDir(dirs ...string) (string, error) {
	var wrong []error
	for _, dir := range dirs {
		err := os.Mkdir(dir, 0o700)
		if err == nil || errors.Is(err, fs.ErrExist) {
			err = checkDir(dir)
		}
		if err == nil {
			return dir, nil
		}
		wrong = append(wrong, err)
	}
	return "", fmt.Errorf("no folder for the state file: %w", join(wrong))
}

// checkDir refuses a folder that somebody else could write to or have put
// there.
func checkDir(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder: remove it", dir)
	case !ours(info):
		return fmt.Errorf("%s belongs to somebody else: set XDG_RUNTIME_DIR to a folder of your own", dir)
	case info.Mode().Perm()&0o077 != 0 && private:
		return fmt.Errorf("%s is open to others: chmod 700 it", dir)
	}
	return nil
}

// Read returns the newest snapshot of the live dashboard in dirs that was
// started last, or false when none is live. Its At is brought forward to now,
// which is local time. An error tells of files that could not be read, while
// none that is live was found.
func Read(now time.Time, dirs ...string) (model.Snapshot, bool, error) {
	var newest state
	found := false
	var wrong []error
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = checkDir(dir)
		}
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		for _, entry := range entries {
			if !strings.HasSuffix(entry.Name(), suffix) || !entry.Type().IsRegular() {
				continue
			}
			s, err := readFile(filepath.Join(dir, entry.Name()))
			switch {
			case errors.Is(err, fs.ErrNotExist): // it ended just now
			case err != nil:
				wrong = append(wrong, err)
			case s.live(now) && (!found || s.StartedAt.After(newest.StartedAt)):
				newest, found = s, true
			}
		}
	}
	if !found {
		if len(wrong) > 0 {
			return model.Snapshot{}, false, fmt.Errorf("state file: %w", join(wrong))
		}
		return model.Snapshot{}, false, nil
	}
	newest.Snapshot.At = newest.Snapshot.At.Add(max(now.Sub(newest.WrittenAt), 0))
	return newest.Snapshot, true, nil
}

// live reports whether the dashboard that wrote the state still runs: a process
// by its number is there, which may be another by now, and it goes on writing.
func (s *state) live(now time.Time) bool {
	return now.Sub(s.WrittenAt).Abs() <= liveFor && alive(s.PID)
}

// readSome reads a file, and not much more than maxFile of it.
func readSome(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxFile+1))
}

func readFile(path string) (state, error) {
	data, err := readSome(path)
	if err != nil {
		return state{}, err
	}
	s, err := parse(data)
	if err != nil {
		return state{}, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func parse(data []byte) (state, error) {
	var s state
	if len(data) > maxFile {
		return s, fmt.Errorf("more than %d MiB: remove it", maxFile>>20)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return state{}, fmt.Errorf("not a state file: %w", err)
	}
	if v := s.Snapshot.Version; v != model.SnapshotVersion {
		return state{}, fmt.Errorf("written by another version of quotatop (%d, this is %d): start the dashboard anew", v, model.SnapshotVersion)
	}
	return s, nil
}

// join puts errors on one line.
func join(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	var words []string
	for _, err := range errs {
		words = append(words, err.Error())
	}
	return errors.New(strings.Join(words, "; "))
}
