package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"quotatop/poller/events/atomicfile"
	"quotatop/poller/events/frame"
	"quotatop/poller/events/private"
)

// The files of a run of quotatop are named after it: its numbered segments and
// its checkpoint.
const (
	segmentSuffix    = ".jsonl.zst"
	checkpointSuffix = ".state"
	runLayout        = "20060102T150405Z"
)

// staleCheckpoint is the age at which a checkpoint is that of a run that has
// ended: a running one replaces it every 30 s.
const staleCheckpoint = 24 * time.Hour

// A run is the files of one run of quotatop.
type run struct {
	name       string // begins with the time of its start, by the local clock
	sequence   int    // orders the runs by age; 0 in names of versions that did not have it
	segments   []segment
	checkpoint string // its path, or empty
}

type segment struct {
	path   string
	number int
	size   int64 // with its index
	mtime  time.Time
}

// list returns the runs in the folder, oldest first.
func list(dir string) ([]*run, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	var runs []*run
	of := func(name string) *run {
		if n := len(runs); n == 0 || runs[n-1].name != name {
			runs = append(runs, &run{name: name})
		}
		return runs[len(runs)-1]
	}
	for _, entry := range entries { // sorted by name
		name := entry.Name()
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || !private.Ours(info) {
			continue
		}
		if base, ok := strings.CutSuffix(name, checkpointSuffix); ok && isRun(base) {
			of(base).checkpoint = filepath.Join(dir, name)
		}
		if of, ok := strings.CutSuffix(name, segmentSuffix+indexSuffix); ok && len(runs) > 0 { // it follows its segment
			r := runs[len(runs)-1]
			if n := len(r.segments); n > 0 && strings.HasSuffix(r.segments[n-1].path, of+segmentSuffix) {
				r.segments[n-1].size += info.Size()
			}
		}
		base, ok := strings.CutSuffix(name, segmentSuffix)
		base, number, dot := strings.Cut(base, ".")
		if n, err := strconv.Atoi(number); ok && dot && err == nil && isRun(base) {
			r := of(base)
			r.segments = append(r.segments, segment{filepath.Join(dir, name), n, info.Size(), info.ModTime()})
		}
	}
	for _, r := range runs {
		r.sequence = sequenceOf(r.name)
		slices.SortFunc(r.segments, func(a, b segment) int { return a.number - b.number })
	}
	slices.SortStableFunc(runs, func(a, b *run) int { return a.sequence - b.sequence })
	return runs, nil
}

// sequenceOf returns the last part of a run's name.
func sequenceOf(name string) int {
	parts := strings.Split(name, "-")
	if len(parts) < 4 {
		return 0
	}
	n, _ := strconv.Atoi(parts[3])
	return n
}

// nextSequence returns the sequence of a run that begins now. Runs that begin at the
// same moment may have the same.
func nextSequence(dir string) int {
	runs, _ := list(dir)
	if len(runs) == 0 {
		return 1
	}
	return runs[len(runs)-1].sequence + 1
}

// nextCheckpoint returns the sequence of a checkpoint that is taken now.
func nextCheckpoint(dir string) (n int) {
	runs, _ := list(dir)
	for _, r := range runs {
		if r.checkpoint != "" {
			n = max(n, readPlace(r.checkpoint).Sequence)
		}
	}
	return n + 1
}

// readPlace reads where a checkpoint was taken; zero if that cannot be read.
func readPlace(path string) (p place) {
	f, err := os.Open(path)
	if err != nil {
		return place{}
	}
	defer f.Close()
	if json.NewDecoder(io.LimitReader(f, maxCheckpoint)).Decode(&p) != nil {
		return place{}
	}
	return p
}

func isRun(name string) bool {
	start, _, ok := strings.Cut(name, "-")
	_, err := time.Parse(runLayout, start)
	return ok && err == nil
}

// prepare makes sure that nobody else can read or change what is in the folder. If
// it does not exist, it is made, or with create unset an error.
func prepare(dir string, create bool) error {
	const variable = "XDG_STATE_HOME"
	parent, err := private.Parent(filepath.Dir(dir), variable, create)
	if err != nil {
		return err
	}
	defer parent.Close()
	name := filepath.Base(dir)
	if info, err := parent.Lstat(name); err == nil && info.IsDir() && info.Mode().Perm()&0o077 != 0 {
		_ = parent.Chmod(name, 0o700) // if it is ours
	}
	root, err := private.Enter(parent, name, variable, create)
	if err != nil {
		return err
	}
	return root.Close()
}

// writtenBefore reports whether all of a segment is from before a time, by the server's
// clock: where its modification time would say so, or cannot be right, by its last
// events.
func (s segment) writtenBefore(t, now time.Time) bool {
	if !s.mtime.Before(t) && !s.mtime.After(now) {
		return false
	}
	if last := lastOf(s.path); !last.IsZero() {
		return last.Before(t)
	}
	return s.mtime.Before(t)
}

// tidy truncates what killed runs left half written, and removes the oldest
// files: those older than keep, and more while there are over most bytes. It
// leaves files alone that a running quotatop writes, or that it cannot change.
// now is the server's time.
func tidy(dir string, keep time.Duration, most int64, now time.Time) {
	local := time.Now()
	if root, err := os.OpenRoot(dir); err == nil {
		atomicfile.Sweep(root, local.Add(-staleCheckpoint))
		_ = root.Close()
	}
	runs, _ := list(dir)
	var total int64
	for _, r := range runs {
		for _, s := range r.segments {
			total += s.size
		}
	}
	for _, r := range runs {
		for i, s := range r.segments {
			old := total > most || s.writtenBefore(now.Add(-keep), now)
			last := i == len(r.segments)-1
			if !old && !last {
				continue
			}
			if retire(s, old) == nil && old {
				total -= s.size
			}
		}
		if r.checkpoint == "" {
			continue
		}
		if info, err := os.Stat(r.checkpoint); err == nil && local.Sub(info.ModTime()) > staleCheckpoint && r != runs[len(runs)-1] {
			_ = os.Remove(r.checkpoint)
		}
	}
}

var errInUse = errors.New("in use by another quotatop")

// retire removes a segment, or truncates its torn end.
func retire(s segment, remove bool) error {
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if !lock(f) {
		return errInUse
	}
	if remove {
		_ = os.Remove(s.path + indexSuffix)
		return os.Remove(s.path)
	}
	frames := frame.NewReader(f, 0)
	defer frames.Close()
	for {
		_, err := frames.Skip()
		switch {
		case errors.Is(err, frame.ErrTorn):
			return f.Truncate(frames.Offset)
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}
