package fleet

import (
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A place is a message in a stream: what an earlier process has reported up to. A stream
// that is made anew is another one.
type place struct {
	created time.Time // of the stream
	seq     uint64
}

// String returns the place as parsePlace reads it.
func (p place) String() string {
	return strconv.FormatInt(p.created.UnixNano(), 36) + "-" + strconv.FormatUint(p.seq, 36)
}

// parsePlace reads a place; one that it cannot read is none.
func parsePlace(text string) (p place) {
	created, seq, _ := strings.Cut(text, "-")
	nanos, err := strconv.ParseInt(created, 36, 64)
	if err != nil {
		return place{}
	}
	n, err := strconv.ParseUint(seq, 36, 64)
	if err != nil {
		return place{}
	}
	return place{time.Unix(0, nanos), n}
}

// holds reports whether a message of the stream is not after the place.
func (p place) holds(m place) bool { return p.seq >= m.seq && p.created.Equal(m.created) }

// kept returns how far back the stream has all that was sent, as far as a Source reads.
func kept(info *jetstream.StreamInfo, now time.Time) time.Duration {
	from := info.Created
	if first := info.State.FirstTime; info.State.FirstSeq > 1 && first.After(from) { // it has let go of some
		from = first
	}
	return min(max(now.Sub(from), 0), past)
}
