package tail

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// readRotated is how long a file is read after another has taken its
	// place: its writer may not have noticed yet.
	readRotated = 5 * time.Second
	// maxRotated bounds the files that are read at once.
	maxRotated = 8
	// maxBeside bounds the files that are looked at in a directory.
	maxBeside = 1000
)

// rotate makes next the open file. The one before it is read for some time, and
// so are the files that came and went between the two.
func (f *follower) rotate(ctx context.Context, next *openFile) {
	old := f.file
	files := f.filesBeside()
	if f.renamed(old) {
		for _, info := range files {
			if !f.isBetween(info, old, next) {
				continue
			}
			if o, err := openLog(filepath.Join(f.directory(), info.Name()), f.newStream()); err == nil {
				f.keepReading(o)
			}
		}
	}
	f.keepReading(old)
	f.drainRotated(ctx)
	f.beside, f.file = files, next
	if next.before == nil && next.info.Mode().IsRegular() {
		if err := f.begin(); err != nil {
			f.failed(err)
		}
	}
}

// keepReading reads a file for some time.
func (f *follower) keepReading(o *openFile) {
	if len(f.rotated) == maxRotated {
		_ = f.rotated[0].Close()
		f.rotated = f.rotated[1:]
	}
	o.until = time.Now().Add(readRotated)
	f.rotated = append(f.rotated, o)
}

// drainRotated reads what was written to rotated files.
func (f *follower) drainRotated(ctx context.Context) {
	f.rotated = slices.DeleteFunc(f.rotated, func(o *openFile) bool {
		var err error
		for err == nil && ctx.Err() == nil {
			err = o.readMore(f.reader)
		}
		if errors.Is(err, io.EOF) && time.Now().Before(o.until) {
			return false
		}
		f.finish(o.stream)
		_ = o.Close()
		return true
	})
}

// isBetween reports whether a file beside the followed one was in its place
// between old and next: it is new, named as rotation names files, and not a
// copy.
func (f *follower) isBetween(info fs.FileInfo, old, next *openFile) bool {
	if os.SameFile(info, old.info) || os.SameFile(info, next.info) || !isRotationOf(info.Name(), filepath.Base(f.resolved())) {
		return false
	}
	for _, before := range f.beside {
		if os.SameFile(info, before) {
			return false
		}
	}
	return true
}

// isRotationOf reports whether a file is named like a rotated version of base
// that is not compressed: run.log.1, run.log-20261125, run-2.log.
func isRotationOf(name, base string) bool {
	ext := filepath.Ext(base)
	rest, ok := strings.CutPrefix(name, base)
	if !ok {
		if rest, ok = strings.CutPrefix(name, strings.TrimSuffix(base, ext)); !ok {
			return false
		}
		if rest, ok = strings.CutSuffix(rest, ext); !ok {
			return false
		}
	}
	return len(rest) > 1 && strings.Trim(rest, "0123456789-_.:TZ") == "" && strings.ContainsAny(rest, "0123456789")
}

// renamed reports whether a file that was in the followed one's place is still
// beside it, under another name.
func (f *follower) renamed(old *openFile) bool {
	return slices.ContainsFunc(f.filesBeside(), func(info fs.FileInfo) bool { return os.SameFile(info, old.info) })
}

// filesBeside lists the files whose names start as that of the followed one.
func (f *follower) filesBeside() (files []fs.FileInfo) {
	base := filepath.Base(f.resolved())
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	entries, err := os.ReadDir(f.directory())
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), stem) || e.Name() == base || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && len(files) < maxBeside {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return cmp.Compare(a.ModTime().UnixNano(), b.ModTime().UnixNano()) })
	return files
}

// resolved is the path without symlinks.
func (f *follower) resolved() string {
	if target, err := filepath.EvalSymlinks(f.path); err == nil {
		return target
	}
	return f.path
}

func (f *follower) directory() string { return filepath.Dir(f.resolved()) }
