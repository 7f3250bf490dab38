// Package recording keeps one run in a file, and plays it again.
//
// A recording is a file of event lines (package events), as text (.jsonl)
// or in zstd frames (.jsonl.zst). Its first line is a header, which says all
// that is needed to play it; a second one says what the ledger knew by then,
// where it had been recovered. Between the events stand ticks, lines with
// nothing but a time, which say when the events before them were seen. Times
// are the server's.
//
// Beside it lies an index (FILE.idx) of what the ledger knew along the way, so
// that one can jump to any time. It is made again when it is not there, or not
// of this recording.
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

// Version is the version of the format. A recording of a later one is refused.
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

// covers are the words for model.Covers.
var covers = map[model.Covers]string{
	model.CoversPaths: "paths", model.CoversEverything: "everything", model.CoversRest: "rest",
}

func newHeader(id string, t model.Table, o model.LedgerOptions) header {
	h := header{Version: Version, ID: id, Profile: t.Profile, Cap: o.Cap, Doubles: o.CountDoubleRows}
	for _, e := range t.Endpoints[:len(t.Endpoints)-1] { // the last one is in every table
		out := endpoint{ID: e.ID, Name: e.Name, Scope: e.Scope, Covers: covers[e.Covers], Paths: e.Paths}
		for _, l := range e.Limits {
			out.Limits = append(out.Limits, limit{l.Max, l.Per.Seconds()})
		}
		h.Endpoints = append(h.Endpoints, out)
	}
	return h
}

var errNotOne = errors.New("not a recording of quotatop: it does not begin with a header line")

// readHeader reads the first line.
func readHeader(line []byte) (h header, err error) {
	var version struct {
		Version *int `json:"quotatop_recording"`
	}
	if json.Unmarshal(line, &version) != nil || version.Version == nil {
		return h, errNotOne
	}
	if *version.Version > Version {
		return h, fmt.Errorf("it was recorded by a newer quotatop (format %d, this one reads up to %d): update quotatop", *version.Version, Version)
	}
	if err := json.Unmarshal(line, &h); err != nil {
		return h, fmt.Errorf("the header line is broken: %w", err)
	}
	return h, nil
}

// ledger makes the table and the options that the run had.
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
			return model.Table{}, model.LedgerOptions{}, fmt.Errorf("endpoint %q covers %q, which is unknown", e.ID, e.Covers)
		}
		for _, l := range e.Limits {
			if !(l.PerS >= 0 && l.PerS <= model.MaxSpan.Seconds()) {
				return model.Table{}, model.LedgerOptions{}, fmt.Errorf("endpoint %q: window of %g s", e.ID, l.PerS)
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

// compressed reports whether a recording of this name is in zstd frames, or
// that there is no such recording.
func compressed(path string) (bool, error) {
	switch {
	case strings.HasSuffix(path, ".jsonl.zst"):
		return true, nil
	case strings.HasSuffix(path, ".jsonl"):
		return false, nil
	}
	return false, fmt.Errorf("%s: name a recording .jsonl, or .jsonl.zst to have it compressed", path)
}

// A beginning is the line of what the ledger knew before the first event.
type beginning struct {
	State []byte `json:"state"` // of model.Ledger.AppendState, in a zstd frame
}

// isBeginning reports whether a line is that of a beginning, broken or not.
func isBeginning(line []byte) bool { return bytes.HasPrefix(line, []byte(`{"state":"`)) }
