package tail

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func findTime(line []byte) (time.Time, bool) {
	m, ok := newParser(FormatAuto, &times{zone: time.UTC}, nil).stamp(line)
	return m.Time, ok
}

// meter is a file that counts what is read of it.
type meter struct {
	io.ReaderAt
	reads, bytes int
}

func (c *meter) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.reads++
	c.bytes += n
	return n, err
}

// The place is at a line's start, at most 64 KiB and a line's length before the
// first line of the window and never behind it, wherever the window begins and however long the
// lines are.
func TestFind(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, longest := range []int{10, 1000, 200_000} {
		var text bytes.Buffer
		var starts []int64
		var stamps []time.Time
		for clock := at; text.Len() < 8<<20; clock = clock.Add(time.Duration(r.IntN(2000)) * time.Millisecond) {
			if r.IntN(4) == 0 { // a line without a time
				fmt.Fprintf(&text, "%s\n", strings.Repeat("-", r.IntN(longest)))
			}
			starts, stamps = append(starts, int64(text.Len())), append(stamps, clock)
			fmt.Fprintf(&text, "%s %s\n", clock.Format(time.RFC3339Nano), strings.Repeat("x", r.IntN(longest)))
		}
		size := int64(text.Len())
		for range 50 {
			first := r.IntN(len(starts))
			f := &meter{ReaderAt: bytes.NewReader(text.Bytes())}
			got, _, err := find(f, size, stamps[first], findTime)
			if err != nil {
				t.Fatal(err)
			}
			for first > 0 && stamps[first-1].Equal(stamps[first]) {
				first--
			}
			want := starts[first]
			early := int64(probeSize + 2*longest + 100)
			if longest > probeSize {
				early = probeSize + maxLine
			}
			if got.offset > want || got.offset < want-early || got.midLine {
				t.Fatalf("lines of up to %d: got %+v, want up to %d before %d of %d", longest, got, early, want, size)
			}
			if got.offset > 0 && text.Bytes()[got.offset-1] != '\n' {
				t.Fatalf("got %d, which is no line's start", got.offset)
			}
		}
		f := &meter{ReaderAt: bytes.NewReader(text.Bytes())}
		if got, _, err := find(f, size, stamps[len(stamps)-1].Add(time.Hour), findTime); err != nil || got.offset < size-probeSize-int64(3*longest) {
			t.Errorf("all is old: got %+v of %d, %v", got, size, err)
		}
	}
}

// A file without times is begun at its last line, and one that is one line
// behind it.
func TestFindWithoutTimes(t *testing.T) {
	for _, tt := range []struct {
		text string
		want place
	}{
		{"", place{}},
		{strings.Repeat("x\n", 100), place{}}, // short enough to be read
		{strings.Repeat("x\n", 1<<20), place{offset: 2 << 20}},
		{strings.Repeat("x\n", 1<<20) + "half", place{offset: 2 << 20}},
		{strings.Repeat("x", 3<<20), place{offset: 3 << 20, midLine: true}},
		{strings.Repeat("x", 1<<19), place{}},
	} {
		got, _, err := find(strings.NewReader(tt.text), int64(len(tt.text)), at, findTime)
		if err != nil || got != tt.want {
			t.Errorf("%d bytes: got %+v, %v, want %+v", len(tt.text), got, err, tt.want)
		}
	}
}

// big is a log of any size that is nowhere: lines of 128 bytes, one a
// millisecond, behind a hole.
type big struct{ size, hole int64 }

const bigLine = 128

func (b big) ReadAt(p []byte, off int64) (n int, err error) {
	if off < b.hole {
		n = int(min(b.hole-off, int64(len(p))))
		clear(p[:n])
	}
	for n < len(p) && off+int64(n) < b.size {
		i := (off + int64(n) - b.hole) / bigLine
		line := strings.Replace(eventLine, "2026-06-17T12:04:31.2Z", at.Add(time.Duration(i)*time.Millisecond).Format("2006-01-02T15:04:05.000Z"), 1)
		line += strings.Repeat(" ", bigLine-1-len(line)) + "\n"
		n += copy(p[n:], line[(off+int64(n)-b.hole)%bigLine:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// However large the file is, little of it is read.
func TestFindReadsLittle(t *testing.T) {
	const size, lines = 2 << 30, (2 << 30) / bigLine
	for _, tt := range []struct {
		name   string
		hole   int64
		cutoff time.Duration // after the first line
		want   int64
	}{
		{"the last hour", 0, lines*time.Millisecond - time.Hour, size - 3_600_000*bigLine},
		{"nothing", 0, 24 * time.Hour, size},
		{"everything", 0, -time.Hour, 0},
		{"behind a hole", 1 << 30, -time.Hour, 1 << 30},
	} {
		f := &meter{ReaderAt: big{size, tt.hole}}
		got, _, err := find(f, size, at.Add(tt.cutoff), findTime)
		slack := int64(probeSize + bigLine)
		if tt.hole > 0 {
			slack += 2 * (maxLine + probeSize) // as a line may be that long
		}
		if err != nil || got.offset > tt.want || got.offset < tt.want-slack {
			t.Errorf("%s: got %+v, %v, want up to %d before %d", tt.name, got, err, slack, tt.want)
		}
		if f.bytes > 24<<20 || tt.hole == 0 && f.bytes > 2<<20 {
			t.Errorf("%s: %d bytes in %d reads", tt.name, f.bytes, f.reads)
		}
	}
}

// FuzzLines cuts a stream into lines, however it comes.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nbc\r\n\n\x00d"), uint8(1))
	f.Add([]byte("no end"), uint8(3))
	f.Fuzz(func(t *testing.T, text []byte, piece uint8) {
		var l lines
		var got [][]byte
		take := func(line []byte) { got = append(got, bytes.Clone(line)) }
		for r := bytes.NewReader(text); ; {
			if _, err := l.read(io.LimitReader(r, int64(piece)+1), take); err != nil && r.Len() == 0 {
				break
			}
		}
		l.flush(take)
		// A CR ends a line where there is no LF, and a hole at the start of a
		// line is none of it.
		plain := func(text []byte) string {
			return strings.Trim(strings.NewReplacer("\r", "\n", "\x00", "").Replace(string(text)), "\n")
		}
		if want := plain(text); plain(bytes.Join(got, []byte("\n"))) != want {
			t.Errorf("got %q of %q", got, text)
		}
	})
}
