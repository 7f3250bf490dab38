package tail

import (
	"io/fs"
	"slices"
	"time"
)

// resumeWithin is how long a file that starts like an older version of it may
// take to become as long.
const resumeWithin = 2 * time.Second

// A version is what a file was before it was replaced or rewritten. Whoever
// copies a log again and again, an editor, or rsync puts the same lines there
// again, perhaps in several steps; rotation puts others.
type version struct {
	mark    mark
	partial int64     // the length of the incomplete line before the offset
	file    *openFile // nil if it was rewritten in place
	since   time.Time // when the new one was first seen to start like it
}

// versionOf is the version of a file that was read so far, nil if there is too
// little of it to be known again.
func versionOf(o *openFile) *version {
	if o.offset < minMark || o.encoding != plainText || o.info.Mode()&fs.ModeType != 0 {
		return nil
	}
	return &version{mark: o.mark, partial: int64(len(o.lines.buf)), file: o}
}

// resume decides where to start in a file that replaced an older version:
// where that had been read to if it has the same lines, otherwise at its start.
// It may have to wait for more of the file.
func (f *follower) resume(now time.Time) error {
	o := f.file
	v := o.before
	if v == nil {
		return nil
	}
	info, err := o.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	switch {
	case size == 0:
		return nil
	case !v.mark.startsLike(o, size):
		o.before = nil
		return f.begin()
	case size < v.mark.offset:
		if v.since.IsZero() {
			v.since = now
		}
		if now.Sub(v.since) < resumeWithin {
			return nil
		}
	}
	o.before = nil
	offset := v.mark.find(o, size)
	if offset < 0 {
		return f.begin()
	}
	f.rotated = slices.DeleteFunc(f.rotated, func(old *openFile) bool {
		if old != v.file {
			return false
		}
		_ = old.Close()
		return true
	})
	return o.seek(offset - v.partial)
}
