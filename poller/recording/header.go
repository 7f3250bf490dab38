// Package recording keeps one run in a file, and replays it.
//
// A recording is a file of event lines (package events), as text (.jsonl) or in
// zstd frames (.jsonl.zst). The first line is a header with all that is needed
// to replay it. If the ledger had been recovered from the journal, the second
// line holds its state. Between the events there are ticks, lines with only a
// time, which say when the events before them were observed. Times are the
// server's.
//
// Beside it there is an index (FILE.idx) with the state of the ledger once a
// minute, so that a replay can jump to any time. If it is missing, incomplete or
// belongs to another recording, it is rebuilt.
package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/poller/events"
)

// Version is the version of the format. Open refuses later ones.
const Version = 1

// A header is the first line.
type header struct {
	Version   int                     `json:"quotatop_recording"`
	ID        string                  `json:"id"` // of this recording, for its index
	Profile   string                  `json:"profile"`
	Endpoints []endpoint              `json:"endpoints"`
	Cap       model.Opt[model.Micros] `json:"cap_usd_per_day"`
	Doubles   bool                    `json:"count_double_rows"`
}

type endpoint struct {
	ID     string      `json:"id"`
	Name   string      `json:"name"`
	Scope  model.Scope `json:"scope"`
	Covers string      `json:"covers"`
	Paths  []string    `json:"paths,omitempty"`
	Limits []limit     `json:"limits,omitempty"`
}

type limit struct {
	Max  int     `json:"max"`
	PerS float64 `json:"per_s"`
}

// covers names the values of model.Covers.
var covers = map[model.Covers]string{
	model.CoversPaths: "paths", model.CoversEverything: "everything", model.CoversRest: "rest",
}

func newHeader(id string, t model.Table, o model.LedgerOptions) header {
	h := header{Version: Version, ID: id, Profile: t.Profile, Cap: o.Cap, Doubles: o.CountDoubleRows}
	for _, e := range t.Endpoints[:len(t.Endpoints)-1] { // the last one, "other", is in every table
		out := endpoint{ID: e.ID, Name: e.Name, Scope: e.Scope, Covers: covers[e.Covers], Paths: e.Paths}
		for _, l := range e.Limits {
			out.Limits = append(out.Limits, limit{l.Max, l.Per.Seconds()})
		}
		h.Endpoints = append(h.Endpoints, out)
	}
	return h
}

var errNotRecording = errors.New("not a quotatop recording: no header line")

// readHeader reads the first line.
func readHeader(line []byte) (h header, err error) {
	var version struct {
		Version *int `json:"quotatop_recording"`
	}
	if json.Unmarshal(line, &version) != nil || version.Version == nil {
		return h, errNotRecording
	}
	if *version.Version > Version {
		return h, fmt.Errorf("recorded by a newer quotatop (format %d, this one reads up to %d): update quotatop", *version.Version, Version)
	}
	if err := json.Unmarshal(line, &h); err != nil {
		return h, fmt.Errorf("corrupt header line: %w", err)
	}
	return h, nil
}

// ledger returns the table and the options of the run.
func (h header) ledger() (model.Table, model.LedgerOptions, error) {
	var endpoints []model.Endpoint
	for _, e := range h.Endpoints {
		out := model.Endpoint{ID: e.ID, Name: e.Name, Scope: e.Scope, Paths: e.Paths, Covers: -1}
		for c, word := range covers {
			if word == e.Covers {
				out.Covers = c
			}
		}
		if out.Covers < 0 {
			return model.Table{}, model.LedgerOptions{}, fmt.Errorf("endpoint %q: unknown covers %q", e.ID, e.Covers)
		}
		for _, l := range e.Limits {
			if !(l.PerS >= 0 && l.PerS <= model.MaxSpan.Seconds()) {
				return model.Table{}, model.LedgerOptions{}, fmt.Errorf("endpoint %q: a window cannot be %g s long", e.ID, l.PerS)
			}
			out.Limits = append(out.Limits, model.Limit{Max: l.Max, Per: time.Duration(l.PerS * float64(time.Second))})
		}
		endpoints = append(endpoints, out)
	}
	t, err := model.NewTable(h.Profile, endpoints...)
	return t, model.LedgerOptions{Cap: h.Cap, CountDoubleRows: h.Doubles}, err
}

const (
	tickStart = `{"tick":"`
	tickEnd   = `"}`
)

// appendTick appends the line of a tick.
func appendTick(dst []byte, at time.Time) []byte {
	dst = append(dst, tickStart...)
	return append(at.UTC().AppendFormat(dst, time.RFC3339Nano), tickEnd+"\n"...)
}

// readTick reads the line of a tick.
func readTick(line []byte) (at time.Time, ok bool) {
	text, ok := bytes.CutPrefix(line, []byte(tickStart))
	if !ok {
		return at, false
	}
	if text, ok = bytes.CutSuffix(text, []byte(tickEnd)); !ok {
		return at, false
	}
	at, n := events.ScanTime(text, time.UTC)
	return at, n > 0 && n == len(text) && at.Year() >= 1970 && at.Year() < 2200
}

// compressed reports whether a recording of this name is in zstd frames. A name
// that no recording can have is an error.
func compressed(path string) (bool, error) {
	switch {
	case strings.HasSuffix(path, ".jsonl.zst"):
		return true, nil
	case strings.HasSuffix(path, ".jsonl"):
		return false, nil
	}
	return false, fmt.Errorf("%s: end the name in .jsonl, or in .jsonl.zst to compress the recording", path)
}

// A beginning is the line with the state of the ledger before the first event.
type beginning struct {
	State []byte `json:"state"` // of model.Ledger.AppendState, in a zstd frame
}

// isBeginning reports whether a line is a beginning, intact or not.
func isBeginning(line []byte) bool { return bytes.HasPrefix(line, []byte(`{"state":"`)) }
