package tail

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"fmt"
	"io"
	"unicode/utf8"
)

// An encoding is how the bytes of a file stand for text.
type encoding int

const (
	plainText encoding = iota // UTF-8, with or without a byte order mark
	utf16LE
	utf16BE
	gzipped
	bzipped
)

// magicSize is how many bytes at the start of a file tell its encoding.
const magicSize = 6

// A compressionError is a compression that is not read.
type compressionError struct{ name, command string }

func (e compressionError) Error() string {
	return fmt.Sprintf("is compressed with %s: pipe it through %s, and read - instead of the file", e.name, e.command)
}

// encodingOf tells the encoding from the start of a file.
func encodingOf(start []byte) (encoding, error) {
	for _, magic := range []struct {
		bytes    string
		encoding encoding
		err      error
	}{
		{"\xff\xfe", utf16LE, nil},
		{"\xfe\xff", utf16BE, nil},
		{"\x1f\x8b", gzipped, nil},
		{"BZh", bzipped, nil},
		{"\x28\xb5\x2f\xfd", 0, compressionError{"zstd", "zstdcat"}},
		{"\xfd7zXZ\x00", 0, compressionError{"xz", "xzcat"}},
		{"\x04\x22\x4d\x18", 0, compressionError{"lz4", "lz4cat"}},
		{"PK\x03\x04", 0, compressionError{"zip", "unzip -p"}},
	} {
		if bytes.HasPrefix(start, []byte(magic.bytes)) {
			return magic.encoding, magic.err
		}
	}
	if len(start) >= 4 { // UTF-16 without a byte order mark
		switch [4]bool{start[0] == 0, start[1] == 0, start[2] == 0, start[3] == 0} {
		case [4]bool{false, true, false, true}:
			return utf16LE, nil
		case [4]bool{true, false, true, false}:
			return utf16BE, nil
		}
	}
	return plainText, nil
}

// compressed reports whether the encoding can only be read from its start.
func (e encoding) compressed() bool { return e == gzipped || e == bzipped }

// reader decodes what from reads to UTF-8.
func (e encoding) reader(from io.Reader) (io.Reader, error) {
	switch e {
	case gzipped:
		return gzip.NewReader(bufio.NewReaderSize(from, probeSize))
	case bzipped:
		return bzip2.NewReader(bufio.NewReaderSize(from, probeSize)), nil
	case utf16LE, utf16BE:
		return &utf16Reader{from: from, bigEndian: e == utf16BE}, nil
	}
	return from, nil
}

// decoded decodes to UTF-8 what from reads, which starts with magic.
func decoded(from io.Reader, magic []byte) (io.Reader, error) {
	e, err := encodingOf(magic)
	if err != nil {
		return nil, err
	}
	return e.reader(from)
}

// A utf16Reader reads UTF-16 as UTF-8. Unlike most readers it may be read again
// after io.EOF, when there is more.
type utf16Reader struct {
	from      io.Reader
	bigEndian bool
	raw       [4096]byte
	kept      int // bytes at the start of raw that are not decoded yet
}

// Read implements io.Reader.
func (u *utf16Reader) Read(p []byte) (int, error) {
	if len(p) < utf8.UTFMax {
		return 0, io.ErrShortBuffer
	}
	room := min(len(u.raw), len(p)*2/3&^1) // two bytes become three at most
	n, err := 0, error(nil)
	if room > u.kept {
		n, err = u.from.Read(u.raw[u.kept:room])
	}
	data := u.raw[:u.kept+n]
	out := p[:0]
	for len(data) >= 2 {
		r, size := u.decode(data)
		if size == 0 {
			break
		}
		out = utf8.AppendRune(out, r)
		data = data[size:]
	}
	u.kept = copy(u.raw[:], data)
	return len(out), err
}

// decode reads one rune. The size is 0 if its second half is still missing.
func (u *utf16Reader) decode(data []byte) (r rune, size int) {
	unit := func(i int) rune {
		if u.bigEndian {
			return rune(data[i])<<8 | rune(data[i+1])
		}
		return rune(data[i+1])<<8 | rune(data[i])
	}
	r = unit(0)
	if r < 0xd800 || r >= 0xe000 {
		return r, 2
	}
	if len(data) < 4 {
		return 0, 0
	}
	low := unit(2)
	if r >= 0xdc00 || low < 0xdc00 || low >= 0xe000 {
		return utf8.RuneError, 2
	}
	return 0x10000 + (r-0xd800)<<10 + (low - 0xdc00), 4
}
