package tail

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// An openFile is a file that is being read.
type openFile struct {
	*os.File
	*stream
	info   fs.FileInfo
	offset int64     // where the next read starts
	mark   mark      // of what was read
	before *version  // what was in its place, until it is clear where to start
	until  time.Time // when to stop reading a file that was rotated

	encoding encoding
	text     io.Reader // decodes what is read; nil until the encoding is known
	decoded  int64     // how much of a compressed file was read, decompressed
}

// openLog opens the file at path. It does not wait for the writer of a pipe.
func openLog(path string, s *stream) (*openFile, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("is a directory: give the file that the load run writes")
	case info.Mode()&(fs.ModeDevice|fs.ModeSocket|fs.ModeIrregular) != 0:
		return nil, errors.New("is not a file: give the file that the load run writes")
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err = file.Stat(); err == nil && hidesSize(file, info) {
		err = errors.New("does not say its size, as files of the kernel: give the file that the load run writes")
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &openFile{File: file, stream: s, info: info}, nil
}

// hidesSize reports whether a regular file has content and still the size 0. It
// cannot be followed.
func hidesSize(file *os.File, info fs.FileInfo) bool {
	if !info.Mode().IsRegular() || info.Size() > 0 {
		return false
	}
	n, _ := file.ReadAt(make([]byte, 1), 0)
	later, err := file.Stat() // it may have been written to just now
	return n > 0 && err == nil && later.Size() == 0
}

// explain says briefly why a file cannot be read.
func explain(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "permission denied: make it readable for this user"
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err.Error() // the note already names the file
	}
	return err.Error()
}

// detect finds the encoding once there is something to read. ready is false
// before that.
func (o *openFile) detect() (ready bool, err error) {
	if o.text != nil {
		return true, nil
	}
	var start [magicSize]byte
	n, err := o.ReadAt(start[:], 0)
	if n == 0 {
		return false, ignoreEOF(err)
	}
	if o.encoding, err = encodingOf(start[:n]); err != nil {
		return false, err
	}
	o.text = o
	if !o.encoding.compressed() {
		o.text, err = o.encoding.reader(o)
	}
	return true, err
}

// errRewritten is the error of a read during which the file was rewritten.
var errRewritten = errors.New("was rewritten")

// Read reads the file as it is stored, from offset on. The result is known to
// continue what was read before.
func (o *openFile) Read(p []byte) (int, error) {
	n, err := o.File.Read(p)
	if n > 0 && o.info.Mode().IsRegular() && !o.mark.holds(o.File) {
		_, err := o.Seek(o.offset, io.SeekStart)
		return 0, cmp.Or(err, errRewritten)
	}
	o.offset += int64(n)
	o.mark.add(p[:n])
	return n, err
}

// seek continues at offset, as if all before it had been read.
func (o *openFile) seek(offset int64) error {
	_, err := o.Seek(offset, io.SeekStart)
	o.offset, o.decoded, o.text = offset, 0, nil
	o.mark = markAt(o.File, offset)
	o.lines.reset()
	o.lines.newlines = false
	return err
}

// readMore reads once. It returns io.EOF if there is no more for now.
func (o *openFile) readMore(r *reader) error {
	if ready, err := o.detect(); err != nil || !ready {
		return orEOF(err)
	}
	if o.encoding.compressed() {
		return o.readCompressed(r)
	}
	_, err := r.read(o.stream, o.text)
	return err
}

// readCompressed decompresses a file from its start, since it can only be read
// from there, and skips what was read before.
func (o *openFile) readCompressed(r *reader) error {
	info, err := o.Stat()
	if err != nil || info.Size() == o.offset {
		return orEOF(err)
	}
	size := info.Size()
	text, err := o.encoding.reader(io.NewSectionReader(o.File, 0, size))
	if err == nil {
		_, err = io.CopyN(io.Discard, text, o.decoded)
	}
	for err == nil {
		var n int
		n, err = r.read(o.stream, text)
		o.decoded += int64(n)
	}
	o.offset = size
	if errors.Is(err, io.ErrUnexpectedEOF) { // it is still being written
		return io.EOF
	}
	if err != io.EOF {
		return fmt.Errorf("cannot be decompressed: %w", err)
	}
	return err
}

func orEOF(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}
