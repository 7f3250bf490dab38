package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"time"

	"quotatop/poller/events/atomicfile"
)

// A mark is how far a generator has published logs, which are read again from the last
// hour on after a restart. It is a file in the spool's folder.
type mark struct {
	At    time.Time `json:"at"`    // of the newest call
	Calls int       `json:"calls"` // of that time
}

const maxMark = 1 << 10

// A marker leaves out the calls that an earlier process has published.
type marker struct {
	dir  *os.Root // nil for none: nothing is left out
	name string
	past mark // of the earlier process
	mark mark
	kept mark // what is in the file
}

// newMarker reads the mark of some logs.
func newMarker(dir *os.Root, logs string, now time.Time) *marker {
	sum := sha256.Sum256([]byte(logs))
	m := &marker{dir: dir, name: "read-" + hex.EncodeToString(sum[:6])}
	if dir == nil {
		return m
	}
	text, err := dir.ReadFile(m.name)
	if err != nil || len(text) > maxMark || json.Unmarshal(text, &m.past) != nil || tooNew(m.past.At, now) {
		m.past = mark{}
	}
	m.mark, m.kept = m.past, m.past
	return m
}

// isNew reports whether a call has not been published, and notes that it is.
func (m *marker) isNew(at time.Time) bool {
	switch {
	case at.Before(m.past.At):
		return false
	case at.Equal(m.past.At) && m.past.Calls > 0:
		m.past.Calls--
		return false
	case at.After(m.mark.At):
		m.mark = mark{at, 1}
	case at.Equal(m.mark.At):
		m.mark.Calls++
	}
	return true
}

// keep writes the mark of what is in the spool.
func (m *marker) keep() error {
	if m.dir == nil || m.mark == m.kept {
		return nil
	}
	m.kept = m.mark
	text, err := json.Marshal(m.mark)
	if err != nil {
		return err
	}
	return atomicfile.WriteIn(m.dir, m.name, text, 0o600)
}
