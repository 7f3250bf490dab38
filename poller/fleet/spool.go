package fleet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"quotatop/poller/events/private"
)

// A spool keeps the batches that the stream has not confirmed yet, oldest first. Each
// is a file from before it is sent until it is confirmed, so that a batch survives
// the end of the process, however that comes; the next process sends it. A file is the
// body of its message. Where no files can be kept the batches are in memory.
//
// Two processes may share a folder: they then send some batches twice, which is
// noticed at the other end.
type spool struct {
	wake chan struct{} // holds one token once there is something to send
	path string
	max  int64

	mu      sync.Mutex
	dir     *os.Root // nil for memory only
	parcels []*parcel
	size    int64 // of all parcels
	cached  int64 // of those bodies that are in memory as well
	problem error // of the folder or the disk
}

const (
	maxInMemory = 8 << 20 // of batches that cannot be in files
	maxCached   = 1 << 20 // of batches that are in files too
)

// A parcel is a batch on its way.
type parcel struct {
	boot  string
	seq   uint64
	calls int // 0 for one of an earlier process, which is not known to have fewer
	size  int64
	body  []byte // nil if it is in its file only
	file  bool
}

func (p *parcel) name() string { return fmt.Sprintf("%s-%016d%s", p.boot, p.seq, spoolSuffix) }

const spoolSuffix = ".jsonl.zst"

// parseParcel returns the parcel whose file has this name.
func parseParcel(name string) (p *parcel, ok bool) {
	base, ok := strings.CutSuffix(name, spoolSuffix)
	boot, number, dash := strings.Cut(base, "-")
	seq, err := strconv.ParseUint(number, 10, 64)
	return &parcel{boot: boot, seq: seq, file: true}, ok && dash && err == nil && seq > 0 && CheckName(boot) == nil
}

// openSpool opens the spool in a folder, which is made if need be, with what an
// earlier process left there. Files that are too old for the stream are removed:
// stale is how many.
func openSpool(path string, most int64) (s *spool, stale int) {
	s = &spool{wake: make(chan struct{}, 1), path: path, max: most}
	if path == "" {
		return s, 0
	}
	s.dir, s.problem = private.Folder(path, "XDG_STATE_HOME", true)
	if s.problem != nil {
		return s, 0
	}
	entries, err := fs.ReadDir(s.dir.FS(), ".") // sorted by name, and so by boot and number
	if err != nil {
		s.problem = private.Cause(err)
	}
	for _, entry := range entries {
		p, ok := parseParcel(entry.Name())
		info, err := entry.Info()
		switch {
		case !ok || err != nil || !info.Mode().IsRegular() || !private.Ours(info):
		case time.Since(info.ModTime()) > config.MaxAge || info.Size() == 0 || info.Size() > maxMessage:
			if s.dir.Remove(entry.Name()) == nil {
				stale++
			}
		default:
			p.size = info.Size()
			s.parcels, s.size = append(s.parcels, p), s.size+p.size
		}
	}
	s.signal()
	return s, stale
}

func (s *spool) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// errSpoolFull says why calls are dropped.
var errSpoolFull = errors.New("the spool is full")

// put adds a batch. It returns an error if there is no room.
func (s *spool) put(boot string, seq uint64, body []byte, calls int) error {
	p := &parcel{boot: boot, seq: seq, calls: calls, size: int64(len(body)), body: body}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size+p.size > s.max {
		return fmt.Errorf("%w (%d MiB)", errSpoolFull, s.max>>20)
	}
	if s.dir != nil {
		err := s.write(p)
		p.file = err == nil
		s.problem = err
	}
	if !p.file && s.cached+p.size > maxInMemory {
		if s.problem != nil {
			return s.problem
		}
		return errSpoolFull
	}
	s.parcels, s.size, s.cached = append(s.parcels, p), s.size+p.size, s.cached+p.size
	if p.file && s.cached > maxCached {
		s.forget(p)
	}
	s.signal()
	return nil
}

// forget leaves a body to its file.
func (s *spool) forget(p *parcel) {
	if p.body != nil {
		s.cached -= p.size
		p.body = nil
	}
}

func (s *spool) write(p *parcel) error {
	f, err := s.dir.OpenFile(p.name(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_, err = f.Write(p.body)
		if err = errors.Join(err, f.Close()); err != nil {
			_ = s.dir.Remove(p.name())
		}
	}
	if err != nil {
		return fmt.Errorf("cannot write to the spool %s: %w", s.path, private.Cause(err))
	}
	return nil
}

// A delivery is a parcel with its body.
type delivery struct {
	*parcel
	body []byte
}

// first returns up to n of the oldest batches. Those whose file is gone are left out:
// another process has sent them.
func (s *spool) first(n int) (out []delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 0; i < len(s.parcels) && len(out) < n; {
		p := s.parcels[i]
		body := p.body
		if body == nil {
			var err error
			if body, err = s.dir.ReadFile(p.name()); err != nil || len(body) == 0 {
				s.remove(i)
				continue
			}
		}
		out = append(out, delivery{p, body})
		i++
	}
	return out
}

// done removes a batch that the stream has, or that no stream takes.
func (s *spool) done(p *parcel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.parcels, p); i >= 0 {
		s.remove(i)
	}
	if p.file {
		_ = s.dir.Remove(p.name())
	}
}

func (s *spool) remove(i int) {
	p := s.parcels[i]
	s.parcels = slices.Delete(s.parcels, i, i+1)
	s.size -= p.size
	s.forget(p)
}

// left returns how many batches wait, how many of them in files, and what is wrong
// with those.
func (s *spool) left() (all, inFiles int, problem error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.parcels {
		if p.file {
			inFiles++
		}
	}
	return len(s.parcels), inFiles, s.problem
}

// close closes the folder, and removes it if it is empty.
func (s *spool) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir != nil {
		_ = s.dir.Close()
		_ = os.Remove(s.path)
	}
}

// spoolPath is the spool of a generator below the folder of a user's state.
func spoolPath(state string, n name) string {
	if state == "" {
		return ""
	}
	return filepath.Join(state, "spool", n.account+"."+n.run+"."+n.generator)
}
