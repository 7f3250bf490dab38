// Package statefile shares what quotatop knows with other programs of the same
// user, so that a status line costs the API nothing: a running dashboard writes
// the brief of its newest Snapshot to a file, and where no dashboard runs, the
// status lines share one poll a minute.
//
// A state file is live while its process runs and keeps writing. No file holds
// the API key. Files are only written to, and read from, folders that no other
// user can write to.
package statefile

import (
	"bytes"
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
	"quotatop/poller/events/private"
)

const (
	// liveFor is the age up to which a file is live. A dashboard writes at
	// least every heartbeat.
	liveFor   = 15 * time.Second
	heartbeat = 5 * time.Second

	// maxFile is the largest file that is read, in bytes.
	maxFile = 4 << 20

	suffix = ".status"
)

// state is the content of a state file.
type state struct {
	PID       int
	Demo      bool
	StartedAt time.Time // local time, as is WrittenAt
	WrittenAt time.Time
	Snapshot  model.Snapshot
}

// A Dashboard is what Read found.
type Dashboard struct {
	Snapshot model.Snapshot // what Snapshot.AppendBrief keeps
	Demo     bool           // it shows a simulated account
}

// Read returns the live dashboard that was started last, or false where none is
// live. A demo is returned only where nothing else is live. Only the given
// accounts are looked at; without any, all. now is local time, and the Snapshot's
// time is moved forward to it. The error says which files and folders could not
// be read, also when a dashboard was found; it is one line.
func Read(now time.Time, places []Place, accounts ...string) (Dashboard, bool, error) {
	var best *state
	var wrong []error
	for _, p := range places {
		states, errs := p.read(accounts)
		wrong = append(wrong, errs...)
		for _, s := range states {
			better := best == nil || best.Demo && !s.Demo || best.Demo == s.Demo && s.StartedAt.After(best.StartedAt)
			if s.live(now) && better {
				best = s
			}
		}
	}
	var err error
	if len(wrong) > 0 {
		err = fmt.Errorf("state file: %w", join(wrong))
	}
	if best == nil {
		return Dashboard{}, false, err
	}
	best.Snapshot.At = best.Snapshot.At.Add(max(now.Sub(best.WrittenAt), 0))
	return Dashboard{best.Snapshot, best.Demo}, true, err
}

// read returns all states in a place; live or not.
func (p Place) read(accounts []string) (states []*state, wrong []error) {
	place, err := p.open(false)
	if err != nil {
		return nil, unlessMissing(err)
	}
	defer place.Close()
	if len(accounts) == 0 {
		entries, err := fs.ReadDir(place.FS(), ".")
		if err != nil {
			return nil, unlessMissing(err)
		}
		for _, entry := range entries {
			if entry.IsDir() {
				accounts = append(accounts, entry.Name())
			}
		}
	}
	for _, id := range accounts {
		dir, err := private.Enter(place, id, variable, false)
		if err != nil {
			wrong = append(wrong, unlessMissing(err)...)
			continue
		}
		more, errs := readAll(dir)
		_ = dir.Close()
		states, wrong = append(states, more...), append(wrong, errs...)
	}
	return states, wrong
}

// readAll returns the states in the folder of an account.
func readAll(dir *os.Root) (states []*state, wrong []error) {
	entries, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return nil, unlessMissing(err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), suffix) || !entry.Type().IsRegular() {
			continue
		}
		s, err := readFile(dir, entry.Name())
		if err != nil {
			wrong = append(wrong, unlessMissing(err)...) // it has just ended
			continue
		}
		states = append(states, s)
	}
	return states, wrong
}

// unlessMissing leaves out that there is no such file or folder.
func unlessMissing(err error) []error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return []error{err}
}

// live reports whether the dashboard that wrote the state still runs: a process
// of that number exists, which may be another by now, and the file is recent.
func (s *state) live(now time.Time) bool {
	return now.Sub(s.WrittenAt).Abs() <= liveFor && alive(s.PID)
}

// readSome reads a file up to maxFile, and one byte more of a longer one.
func readSome(dir *os.Root, name string) ([]byte, error) {
	file, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxFile+1))
}

func readFile(dir *os.Root, name string) (*state, error) {
	data, err := readSome(dir, name)
	var s *state
	if err == nil {
		s, err = parse(data)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir.Name(), name), private.Cause(err))
	}
	return s, nil
}

// The kinds of dashboards, in the head of a state file.
const (
	realKind = "quotatop-dashboard"
	demoKind = "quotatop-demo"
)

// encode returns the bytes of a state file: a line of text, such as
// "quotatop-demo 4711 2026-06-17T12:00:00Z 2026-06-17T12:04:31.2Z" with the process
// and the times, then the snapshot's brief.
func (s *state) encode() []byte {
	kind := realKind
	if s.Demo {
		kind = demoKind
	}
	head := fmt.Sprintln(kind, s.PID, s.StartedAt.Format(time.RFC3339Nano), s.WrittenAt.Format(time.RFC3339Nano))
	return s.Snapshot.AppendBrief([]byte(head))
}

func parse(data []byte) (*state, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("larger than %d MiB: remove it", maxFile>>20)
	}
	head, brief, _ := bytes.Cut(data, []byte("\n"))
	words := strings.Split(string(head), " ")
	if len(words) != 4 || words[0] != realKind && words[0] != demoKind {
		return nil, errors.New("not a state file")
	}
	s := &state{Demo: words[0] == demoKind}
	var errs [4]error
	s.PID, errs[0] = strconv.Atoi(words[1])
	s.StartedAt, errs[1] = time.Parse(time.RFC3339Nano, words[2])
	s.WrittenAt, errs[2] = time.Parse(time.RFC3339Nano, words[3])
	s.Snapshot, errs[3] = model.ReadBrief(brief)
	switch err := errors.Join(errs[:]...); {
	case errors.Is(err, model.ErrBriefVersion):
		return nil, fmt.Errorf("%w: restart the dashboard", err)
	case err != nil:
		return nil, fmt.Errorf("not a state file: %w", err)
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
