package recording

import (
	"bytes"
	"testing"
	"time"

	"quotatop/model"
)

// Whatever an index contains, the entries that are read are in order and within
// the recording.
func FuzzReadIndex(f *testing.F) {
	const id = "0123456789abcdef"
	text := []byte(indexMagic + id + "\n")
	for i := range 3 {
		at := time.Unix(int64(1781697600+i), 0)
		text = appendEntry(text, entry{at: at, offset: int64(100 * i), events: int64(i), denials: []time.Time{at}, state: []byte("state")})
	}
	f.Add(text)
	f.Add(text[:len(text)-3])
	f.Fuzz(func(t *testing.T, text []byte) {
		entries, end := readIndex(bytes.NewReader(text), id, 1000)
		if end > int64(len(text)) {
			t.Errorf("read to %d of %d bytes", end, len(text))
		}
		for i, e := range entries {
			if e.offset < 0 || e.offset > 1000 || i > 0 && e.offset < entries[i-1].offset || e.place+int64(e.size) > end {
				t.Errorf("entry %+v", e)
			}
			_, _ = e.load(bytes.NewReader(text), model.Table{}, model.LedgerOptions{})
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte(`{"quotatop_recording":1,"id":"0","profile":"x","endpoints":[{"id":"a","scope":"ip","covers":"rest","paths":["POST /a"],"limits":[{"max":1,"per_s":60}]}],"cap_usd_per_day":1.5}`), "2026")
	f.Add([]byte(`{"quotatop_recording":2}`), "")
	f.Fuzz(func(t *testing.T, line []byte, tick string) {
		if h, err := readHeader(line); err == nil {
			if table, o, err := h.ledger(); err == nil {
				model.NewLedger(table, o).Snapshot(time.Unix(1781697600, 0))
			}
		}
		readTick(append([]byte(tickStart), tick...))
	})
}
