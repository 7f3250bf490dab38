package frame

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// file returns n frames of two lines each, and where each begins.
func file(n int) (text []byte, starts []int) {
	w := NewWriter()
	for i := range n {
		starts = append(starts, len(text))
		text = w.Append(text, fmt.Appendf(nil, "line %d\nand %d more, %x\n", i, i, rand.N(1<<60)))
	}
	return text, starts
}

// read returns the lines of the frames that can be read, and how the file ends.
func read(text []byte, offset int64) (frames []string, corrupt int, err error) {
	r := NewReader(bytes.NewReader(text), offset)
	defer r.Close()
	for {
		lines, err := r.Next()
		if err != nil {
			return frames, r.Corrupt, err
		}
		frames = append(frames, string(lines))
	}
}

func TestReadsFromAnyFrame(t *testing.T) {
	text, starts := file(50)
	for i, start := range starts {
		if frames, corrupt, err := read(text, int64(start)); len(frames) != 50-i || corrupt != 0 || err != io.EOF {
			t.Errorf("from frame %d: %d frames, %d corrupt, %v", i, len(frames), corrupt, err)
		}
	}
}

// Wherever a file is cut, all whole frames before the cut are read.
func TestCutFile(t *testing.T) {
	text, starts := file(3)
	for cut := range text {
		frames, _, err := read(text[:cut], 0)
		whole, at := 0, 0
		for i, start := range starts {
			if start <= cut {
				whole, at = i, start
			}
		}
		want := ErrTorn
		if at == cut {
			want = io.EOF
		}
		if len(frames) != whole || !errors.Is(err, want) {
			t.Errorf("cut at %d: %d frames, %v, want %d, %v", cut, len(frames), err, whole, want)
		}
	}
}

// Whichever bit is flipped, all but one or two frames are read.
func TestFlippedBits(t *testing.T) {
	text, _ := file(6)
	for i := range 8 * len(text) {
		text[i/8] ^= 1 << (i % 8)
		frames, _, _ := read(text, 0)
		text[i/8] ^= 1 << (i % 8)
		if len(frames) < 4 && i/8 < len(text)/2 {
			t.Fatalf("bit %d of byte %d: only %d of 6 frames are read", i%8, i/8, len(frames))
		}
	}
}

// What other zstd writers make is read, or refused with the reason.
func TestForeignFrames(t *testing.T) {
	for _, level := range []zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedBestCompression} {
		var text bytes.Buffer
		w, err := zstd.NewWriter(&text, zstd.WithEncoderLevel(level), zstd.WithEncoderCRC(false))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(bytes.Repeat([]byte("a line\n"), 100_000))
		w.Close()
		if frames, _, err := read(text.Bytes(), 0); len(frames) != 1 || err != io.EOF {
			t.Errorf("%d frames, %v", len(frames), err)
		}
		text.Reset()
		w.Reset(&text)
		for range 40 {
			_, _ = w.Write(bytes.Repeat([]byte{'x'}, 1<<20))
		}
		w.Close()
		if frames, _, err := read(text.Bytes(), 0); len(frames) != 0 || err == nil {
			t.Errorf("a huge frame: %d frames, %v", len(frames), err)
		}
	}
}

func FuzzReader(f *testing.F) {
	text, _ := file(3)
	f.Add(text)
	f.Add(text[:len(text)-3])
	f.Add(magic)
	f.Fuzz(func(t *testing.T, text []byte) {
		r := NewReader(bytes.NewReader(text), 0)
		defer r.Close()
		for last := int64(-1); ; {
			_, err := r.Next()
			if err != nil {
				return
			}
			if r.Offset <= last {
				t.Fatal("no progress")
			}
			last = r.Offset
		}
	})
}
