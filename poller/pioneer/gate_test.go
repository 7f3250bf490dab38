package pioneer

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"quotatop/model"
)

// Every text of an event passes the gate, and what it points to stays as it is.
func TestGateCleansEvents(t *testing.T) {
	const key = "no0mark1in2this3key4"
	dirty := strings.Repeat("é", 40) + "\x1b]52;c;x\a\u202e" + each(key, `\u%04x`) + "\n" + strings.Repeat("x", 2000)
	check := func(name, text string) {
		t.Helper()
		if text == "/fine" {
			return
		}
		if Holds(text, key) || text != Clean(text, maxNote) || !strings.Contains(text, "ééé") {
			t.Errorf("%s: %q", name, text)
		}
	}
	call := model.Call{Method: dirty, Path: dirty, Model: dirty, Denial: &model.Denial{Reason: dirty, Detail: dirty, Headers: dirty, URL: dirty}}
	for _, e := range []model.Event{
		{Source: dirty, Call: &call},
		{Source: dirty, Reading: &model.Reading{Rows: []model.Call{{Path: "/fine"}, call}}},
		{Source: dirty, Account: &model.Account{Plan: dirty, Team: dirty, Period: dirty, ResetSource: dirty}},
		{Source: dirty, Health: &model.Health{State: model.State(dirty), Error: dirty, Note: dirty}},
		{Source: dirty, Notice: &model.Notice{Endpoint: dirty, Text: dirty}},
		{Source: dirty, Generator: dirty, Beat: &model.Beat{Run: dirty, Version: dirty, Boot: dirty, Egress: dirty, Place: dirty}},
	} {
		eachText(reflect.ValueOf(NewGate(key).Event(e)), check)
		eachText(reflect.ValueOf(e), func(name, text string) {
			if text != dirty && text != "/fine" {
				t.Errorf("%s of the original is now %q", name, text)
			}
		})
	}
	clean := model.Event{At: time.Now(), Source: model.SourceTap, Call: &model.Call{Method: "POST", Path: "/inference"}}
	if got := NewGate(key).Event(clean); got.Call != clean.Call {
		t.Error("a clean event was copied")
	}
}

// eachText calls do with every text in a value that is set.
func eachText(v reflect.Value, do func(name, text string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachText(v.Elem(), do)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachText(v.Index(i), do)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.String && f.Len() > 0 {
				do(v.Type().Field(i).Name, f.String())
			} else {
				eachText(f, do)
			}
		}
	}
}

func TestGateErrors(t *testing.T) {
	const key = "no0mark1in2this3key4"
	gate := NewGate(key)
	if err := gate.Error(io.EOF); err != io.EOF {
		t.Errorf("got %v", err)
	}
	bad := errors.Join(io.EOF, errors.New("line 2\x1b[2J "+strings.ToUpper(key)))
	if err := gate.Error(bad); !errors.Is(err, io.EOF) || err.Error() != "EOF line 2 [2J [key]" {
		t.Errorf("got %q", err)
	}
	var out strings.Builder
	if n, err := gate.Writer(&out).Write([]byte("a\x1b " + key + "\n  b\u202e\n")); n != 31 || err != nil || out.String() != "a  [key]\n  b\n" {
		t.Errorf("wrote %d, %v, %q", n, err, out.String())
	}
}

// The names in a certificate are the server's words.
func TestCertificateNames(t *testing.T) {
	names := x509.HostnameError{Host: "api.example", Certificate: &x509.Certificate{DNSNames: []string{
		"a\x1b]52;c;cHduZWQ=\a", "\u202egnp.exe", "b\u009b2J\nquotatop: all is well", "pio_sk_0123456789abcdef", strings.Repeat("long", 500),
	}}}
	got := CannotReach("api.example", &tls.CertificateVerificationError{Err: names}).Error()
	if got != Clean(got, 200) || Holds(got) || !strings.HasPrefix(got, "cannot reach api.example: its certificate is not valid: ") {
		t.Errorf("got %q", got)
	}
}
