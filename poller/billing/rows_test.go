package billing

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

func TestParseTime(t *testing.T) {
	want := time.Date(2026, 6, 17, 9, 14, 36, 21334000, time.UTC)
	for _, spelling := range []string{
		"2026-06-17 09:14:36.021334+00:00",
		"2026-06-17T09:14:36.021334+00:00",
		"2026-06-17T09:14:36.021334Z",
		"2026-06-17 09:14:36.021334Z",
		"2026-06-17 09:14:36.021334+0000",
		"2026-06-17 09:14:36.021334+00",
		"2026-06-17 09:14:36.021334",
		"2026-06-17T09:14:36.021334000",
		"2026-06-17 11:14:36.021334+02:00",
		" 2026-06-17 09:14:36.021334 ",
	} {
		if got, err := parseTime(spelling); err != nil || !got.Equal(want) {
			t.Errorf("parseTime(%q) = %v, %v, want %v", spelling, got, err, want)
		}
	}
	if got, err := parseTime("2026-06-17 09:14:12+00:00"); err != nil || got.Nanosecond() != 0 {
		t.Errorf("without a fraction: %v, %v", got, err)
	}
	for _, bad := range []string{"", "soon", "2026-06-17", "2026-13-01T00:00:00Z", "9999-06-17T00:00:00Z", "1718615676"} {
		if got, err := parseTime(bad); err == nil {
			t.Errorf("parseTime(%q) = %v, want an error", bad, got)
		}
	}
}

func TestDecodePage(t *testing.T) {
	p, err := decodePage([]byte(`{"items":[
		{"id":"a","created_at":"2026-06-17 09:14:36.021334+00:00","credit_usage":0.0059,"token_usage":18,"cost":0.000059,"endpoint":"/v1/chat/completions","model":"claude-haiku-4-5"},
		{"id":"b","created_at":"2026-06-17T09:14:35Z","credit_usage":"41.25","token_usage":"20480","cost":"0.4125","endpoint":"openai_compat","model":null,"new":{"x":[1]}},
		{"id":"c","created_at":"2026-06-17T09:14:34Z","credit_usage":2,"token_usage":null,"cost":null,"endpoint":"/inference"},
		{"id":"d","created_at":"2026-06-17T09:14:33Z","cost":-3,"token_usage":-1,"endpoint":"/inference"},
		{"id":"e","created_at":"2026-06-17T09:14:32Z","cost":1e300,"token_usage":1e300,"endpoint":"/inference"},
		{"id":"f","created_at":null,"endpoint":"/inference"}],
		"total_count":"206","page":2,"page_size":100}`), 2)
	if err != nil {
		t.Fatal(err)
	}
	if p.total != 206 || p.size != 100 || p.number != 2 || p.bad != 1 || len(p.rows) != 5 {
		t.Fatalf("page = %d rows, %d bad, total %d, size %d", len(p.rows), p.bad, p.total, p.size)
	}
	for i, want := range []model.Call{
		{Path: "/v1/chat/completions", Cost: 59, Tokens: 18, Model: "claude-haiku-4-5"},
		{Path: "openai_compat", Cost: 412_500, Tokens: 20480},
		{Path: "/inference", Cost: 20_000},
		{Path: "/inference"},
		{Path: "/inference", Cost: 1<<63 - 1},
	} {
		want.Vantage = model.VantageAccount
		if got := p.rows[i].call; got != want {
			t.Errorf("row %d = %+v, want %+v", i, got, want)
		}
	}
	if got := p.point(0).rank; got != 106 {
		t.Errorf("the first row of page 2 has rank %d of 206, want 106", got)
	}
}

func TestDecodePageMistakes(t *testing.T) {
	for body, want := range map[string]string{
		"":                                   "the response is empty",
		"  \n":                               "the response is empty",
		"<!doctype html><title>x</title>":    "a web page, not JSON",
		`{"items":[`:                         "malformed JSON",
		`[]`:                                 "JSON with an unexpected shape",
		`{"items":{}}`:                       "JSON with an unexpected shape",
		`{}`:                                 "no list of items",
		`{"items":null}`:                     "no list of items",
		`{"items":[{"created_at":"later"}]}`: "none of the 1 rows",
	} {
		if _, err := decodePage([]byte(body), 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("decodePage(%q): error %v, want %q", body, err, want)
		}
	}
}

func FuzzDecodePage(f *testing.F) {
	f.Add([]byte(`{"items":[{"id":"b","created_at":"2026-06-17T09:14:35Z","credit_usage":"41.25","token_usage":"20480","cost":"0.4125","endpoint":"openai_compat","model":null}],"total_count":6,"page":2,"page_size":4}`))
	f.Add([]byte(`{"items":[{"id":7,"created_at":"2026-06-17 09:14:35+00","cost":-1e308}],"total_count":-1,"page_size":0}`))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := decodePage(body, 1)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		if p.size < 1 || p.size < len(p.rows) {
			t.Errorf("page of size %d with %d rows", p.size, len(p.rows))
		}
		for i, r := range p.rows {
			if r.call.Cost < 0 || r.call.Tokens < 0 || i > 0 && r.at.After(p.rows[i-1].at) {
				t.Errorf("row %d = %+v", i, r)
			}
			if p.point(i).rank < -1 {
				t.Errorf("row %d has rank %d", i, p.point(i).rank)
			}
		}
	})
}

func FuzzParseTime(f *testing.F) {
	f.Add("2026-06-17 09:14:36.021334+00:00")
	f.Add("2026-06-17T09:14:36Z")
	f.Fuzz(func(t *testing.T, s string) {
		at, err := parseTime(s)
		if err != nil {
			return
		}
		if again, err := parseTime(at.Format(time.RFC3339Nano)); err != nil || !again.Equal(at) {
			t.Errorf("parseTime(%q) = %v, read again %v, %v", s, at, again, err)
		}
	})
}

func BenchmarkDecodePage(b *testing.B) {
	var body strings.Builder
	body.WriteString(`{"items":[`)
	for i := range 100 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"id":"0b8f6c1e-5a0e-4d0b-9c57-1f3a5d2e7%03d","created_at":"2026-06-17 09:14:36.%06d+00:00","credit_usage":0.0059,"token_usage":18,"cost":0.000059,"endpoint":"/v1/chat/completions","model":"claude-haiku-4-5"}`, i, 999-i)
	}
	body.WriteString(`],"total_count":100,"page":1,"page_size":100}`)
	page := []byte(body.String())
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodePage(page, 1); err != nil {
			b.Fatal(err)
		}
	}
}

// A response costs little memory and time, whatever it holds: those here are a few
// kilobytes on the wire.
func TestLargeResponsesAreCheap(t *testing.T) {
	fill := func(head, part, tail string) []byte {
		return []byte(head + strings.Repeat(part, (maxBody-len(head)-len(tail))/len(part)) + tail)
	}
	plan := func(s *Source) error { _, err := s.account.read(t.Context(), planPath); return err }
	rows := func(s *Source) error { _, err := s.log.fetch(t.Context(), 1); return err }
	for name, tt := range map[string]struct {
		status int
		ask    func(*Source) error
		body   []byte
	}{
		"empty rows":          {200, rows, fill(`{"items":[{}`, `,{}`, `]}`)},
		"lists of items":      {200, rows, fill(`{"items":[]`, `,"items":[{}]`, `}`)},
		"a long text":         {200, rows, fill(`{"items":[{"created_at":"2026-06-17T09:14:35Z","id":"`, `\u0041`, `"}]}`)},
		"nested":              {200, rows, fill(`{"x":`, `{"x":`, ``)},
		"unknown keys":        {200, plan, fill(`{"payment_plan":"pro"`, `,"a":[{"b":[]}]`, `}`)},
		"a long plan":         {200, plan, fill(`{"payment_plan":"`, `x`, `"}`)},
		"wrapped":             {200, plan, fill(`{"data":`, `{"data":`, ``)},
		"a long refusal":      {429, plan, fill(`{"detail":[{}`, `,{}`, `]}`)},
		"a long server error": {500, rows, fill(`{"detail":[{}`, `,{}`, `]}`)},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(Options{Base: &url.URL{Scheme: "http", Host: "localhost"}, Key: testKey, Clock: &pioneer.Clock{}, Table: model.Table{}, BudgetMinute: 99, BudgetHour: 999,
				Transport: says{tt.status, tt.body}})
			s.client.emit = func(e model.Event) {
				if a := e.Account; a != nil && len(a.Plan)+len(a.Team) > 2*maxText {
					t.Errorf("%d bytes of plan and team", len(a.Plan)+len(a.Team))
				}
			}
			began := time.Now()
			used := peak(func() { _ = tt.ask(s) })
			if took := time.Since(began); used > 64<<20 || took > 30*time.Second {
				t.Errorf("%d MiB and %s", used>>20, took)
			}
		})
	}
}

// says is a transport whose response is always the same.
type says struct {
	status int
	body   []byte
}

func (s says) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: s.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(s.body))}, nil
}

// peak returns how far the heap grows while f runs, in bytes, with what has not been
// collected yet.
func peak(f func()) int64 {
	runtime.GC()
	heap := func() int64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	before, done := heap(), make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	var most int64
	for every := time.Tick(time.Millisecond); ; {
		select {
		case <-done:
			return most
		case <-every:
			most = max(most, heap()-before)
		}
	}
}
