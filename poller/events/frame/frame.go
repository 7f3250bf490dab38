// Package frame reads and writes files of event lines in independent zstd
// frames (RFC 8878). Each frame holds whole lines, so that reading can begin at
// any frame, and a crash or a bad disk corrupts only single ones. Any zstd
// decompresses such a file as one text.
package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strconv"

	"github.com/klauspost/compress/zstd"
)

// MaxLines is the most text that one frame may hold, in bytes.
const MaxLines = 16 << 20

// ErrTorn says that a file ends in the middle of a frame: its writer was killed,
// or still writes it.
var ErrTorn = errors.New("file ends in the middle of a zstd frame")

var (
	errNoFrame = errors.New("not a zstd frame")
	errTooLong = errors.New("zstd frame larger than " + strconv.Itoa(MaxLines>>20) + " MiB: decompress the file with zstd -d first")
)

var magic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// A Writer makes frames. It is not safe for concurrent use.
type Writer struct{ encoder *zstd.Encoder }

// NewWriter returns a Writer.
func NewWriter() *Writer {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
	if err != nil {
		panic(err) // the options are constants
	}
	return &Writer{encoder}
}

// Append appends a frame with these lines to dst.
func (w *Writer) Append(dst, lines []byte) []byte { return w.encoder.EncodeAll(lines, dst) }

// Decode returns what one frame holds, if that is at most limit bytes.
func Decode(frame []byte, limit uint64) ([]byte, error) {
	d := NewDecoder(limit)
	defer d.Close()
	return d.Decode(frame)
}

// A Decoder decodes single frames. It is not safe for concurrent use, and must be
// closed.
type Decoder struct {
	decoder *zstd.Decoder
	lines   []byte
}

// NewDecoder returns a Decoder of frames that hold at most limit bytes.
func NewDecoder(limit uint64) *Decoder {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(limit), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic(err) // the options are constants
	}
	return &Decoder{decoder: decoder}
}

// Decode returns what a frame holds. It is valid until the next call.
func (d *Decoder) Decode(frame []byte) (lines []byte, err error) {
	d.lines, err = d.decoder.DecodeAll(frame, d.lines[:0])
	return d.lines, err
}

// Close releases what the Decoder holds.
func (d *Decoder) Close() { d.decoder.Close() }

// A Reader reads frames one after the other. It skips corrupt ones. It must be
// closed.
type Reader struct {
	// Offset is where the Reader looks for the next frame.
	Offset int64
	// Start is where the last frame of Next or Skip begins.
	Start int64
	// Corrupt is how many parts of the file could not be read.
	Corrupt int

	file    io.ReaderAt
	decoder *Decoder
	buf     []byte // what is in the file at offset at
	at      int64
}

// NewReader returns a Reader of a file that begins at an offset.
func NewReader(file io.ReaderAt, offset int64) *Reader {
	return &Reader{Offset: offset, file: file, decoder: NewDecoder(MaxLines)}
}

// Close releases what the Reader holds. It does not close the file.
func (r *Reader) Close() { r.decoder.Close() }

// Next returns the lines of the next frame that is not corrupt. They are valid
// until the next call. At the end of the file the error is io.EOF or ErrTorn.
func (r *Reader) Next() ([]byte, error) {
	for {
		size, err := r.Skip()
		if err != nil {
			return nil, err
		}
		frame, err := r.read(r.Start, size)
		if err != nil {
			return nil, err
		}
		lines, err := r.decoder.Decode(frame)
		if err == nil {
			return lines, nil
		}
		r.Corrupt++ // its stated length may be wrong too
		tooLong := errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded)
		switch err := r.seek(r.Start + 1); {
		case err == io.EOF && tooLong:
			return nil, errTooLong
		case err != nil:
			return nil, err
		}
	}
}

// Skip skips the next frame without decompressing it, and returns its size.
func (r *Reader) Skip() (int, error) {
	for {
		r.Start = r.Offset
		size, wrong := r.size(r.Start)
		switch wrong {
		case nil:
			r.Offset += int64(size)
			return size, nil
		case errNoFrame, ErrTorn, errTooLong:
		default: // the end, or a read error
			return 0, wrong
		}
		// An intact frame may follow.
		switch err := r.seek(r.Start + 1); {
		case err == io.EOF && wrong != errNoFrame:
			r.Offset = r.Start
			return 0, wrong
		case err != nil:
			return 0, err
		}
		r.Corrupt++
	}
}

// seek moves Offset to the first beginning of a frame at or after an offset.
func (r *Reader) seek(from int64) error {
	for r.Offset = from; ; {
		ahead, err := r.peek(r.Offset, 64<<10)
		if err != nil {
			return err
		}
		if i := bytes.Index(ahead, magic); i >= 0 {
			r.Offset += int64(i)
			return nil
		}
		if len(ahead) < 64<<10 {
			return io.EOF
		}
		r.Offset += int64(len(ahead) - len(magic) + 1)
	}
}

// size returns the length of the frame at an offset.
func (r *Reader) size(at int64) (int, error) {
	head, err := r.peek(at, 18)
	if err != nil {
		return 0, err
	}
	if len(head) == 0 {
		return 0, io.EOF
	}
	if !bytes.HasPrefix(head, magic[:min(4, len(head))]) {
		return 0, errNoFrame
	}
	if len(head) < 5 {
		return 0, ErrTorn
	}
	descriptor := head[4]
	single := descriptor>>5&1 == 1
	n := 5 + []int{0, 1, 2, 4}[descriptor&3] + []int{0, 2, 4, 8}[descriptor>>6]
	switch {
	case descriptor>>3&1 == 1: // reserved
		return 0, errNoFrame
	case !single:
		n++ // the window size
	case descriptor>>6 == 0:
		n++ // the content size
	}
	for last := false; !last; {
		block, err := r.peek(at+int64(n), 3)
		if err != nil {
			return 0, err
		}
		if len(block) < 3 {
			return 0, ErrTorn
		}
		header := uint32(block[0]) | uint32(block[1])<<8 | uint32(block[2])<<16
		last = header&1 == 1
		length := int(header >> 3)
		switch header >> 1 & 3 {
		case 1:
			length = 1 // one byte, repeated
		case 3:
			return 0, errNoFrame
		}
		if n += 3 + length; n > 2*MaxLines {
			return 0, errTooLong
		}
	}
	if descriptor>>2&1 == 1 {
		n += 4 // the checksum
	}
	end, err := r.peek(at+int64(n)-1, 1)
	if err != nil {
		return 0, err
	}
	if len(end) == 0 {
		return 0, ErrTorn
	}
	return n, nil
}

// peek returns up to n bytes at an offset, fewer only at the end of the file.
func (r *Reader) peek(at int64, n int) ([]byte, error) {
	if at >= r.at && at+int64(n) <= r.at+int64(len(r.buf)) {
		return r.buf[at-r.at:][:n], nil
	}
	ahead, err := r.read(at, max(n, 256<<10))
	return ahead[:min(n, len(ahead))], err
}

// read returns up to n bytes at an offset, from the buffer if they are in it.
func (r *Reader) read(at int64, n int) ([]byte, error) {
	if at >= r.at && at+int64(n) <= r.at+int64(len(r.buf)) {
		return r.buf[at-r.at:][:n], nil
	}
	if cap(r.buf) < n {
		r.buf = make([]byte, n)
	}
	r.buf, r.at = r.buf[:n], at
	got, err := r.file.ReadAt(r.buf, at)
	if r.buf = r.buf[:got]; err == io.EOF {
		err = nil
	}
	return r.buf, err
}

// Lines calls f with each line of a frame, without its newline.
func Lines(lines []byte, f func(line []byte)) {
	for len(lines) > 0 {
		line, rest, _ := bytes.Cut(lines, []byte{'\n'})
		f(line)
		lines = rest
	}
}

// Is reports whether a file that begins with head consists of zstd frames.
func Is(head []byte) bool {
	return bytes.HasPrefix(head, magic) || len(head) >= 4 && binary.LittleEndian.Uint32(head)&^15 == 0x184d2a50
}
