package pioneer

import (
	"io"
	"strings"

	"quotatop/model"
)

// Bounds on the texts of an event, in bytes.
const (
	MaxWord = 64   // a source, a method, a state, a plan's period
	MaxPath = 256  // a call's path
	MaxText = 256  // a detail, a URL, a plan, a model
	maxNote = 1000 // what a source says about itself; several may be joined
)

// A Gate is what every text passes that comes from outside, or quotes it, before
// anything is done with it: no secret comes through, nor anything that does not
// belong on one line of a screen. The zero value knows no secrets, only what an
// API key looks like.
type Gate struct{ secrets []string }

// NewGate returns a Gate that lets none of these secrets through.
func NewGate(secrets ...string) Gate { return Gate{secrets} }

// Text makes a text fit to show: without secrets, see Redact, and clean, see Clean.
// It looks at no more of the text than can be shown, so that a hostile one costs
// little.
func (g Gate) Text(text string, limit int) string {
	if n := len(text); n <= limit && isHarmless(text, g.secrets) && (n == 0 || text[0] != ' ' && text[n-1] != ' ') {
		return text
	}
	return Clean(Redact(text[:min(len(text), 4*limit)], g.secrets...), limit)
}

// Holds reports whether a text, such as a URL that is to be requested, holds a
// secret.
func (g Gate) Holds(text string) bool { return Holds(text, g.secrets...) }

// Error returns an error with the same chain whose text is fit to show on one
// line.
func (g Gate) Error(err error) error {
	if err == nil {
		return nil
	}
	if text := g.Text(err.Error(), maxNote); text != err.Error() {
		return &gated{text, err}
	}
	return err
}

// gated is an error whose text has passed a Gate.
type gated struct {
	text  string
	cause error
}

func (e *gated) Error() string { return e.text }
func (e *gated) Unwrap() error { return e.cause }

// Event returns an event whose texts are fit to show. It does not change what e
// points to.
func (g Gate) Event(e model.Event) model.Event {
	e.Source, e.Generator = g.Text(e.Source, MaxWord), g.Text(e.Generator, MaxWord)
	switch {
	case e.Call != nil:
		e.Call = changed(e.Call, g.call(*e.Call))
	case e.Reading != nil:
		e.Reading = g.reading(e.Reading)
	case e.Account != nil:
		a := *e.Account
		a.Plan, a.Team = g.Text(a.Plan, MaxText), g.Text(a.Team, MaxText)
		a.Period, a.ResetSource = g.Text(a.Period, MaxWord), g.Text(a.ResetSource, MaxWord)
		e.Account = changed(e.Account, a)
	case e.Health != nil:
		h := *e.Health
		h.State = model.State(g.Text(string(h.State), MaxWord))
		h.Error, h.Note = g.Text(h.Error, maxNote), g.Text(h.Note, maxNote)
		e.Health = changed(e.Health, h)
	case e.Notice != nil:
		n := *e.Notice
		n.Endpoint, n.Text = g.Text(n.Endpoint, MaxWord), g.Text(n.Text, MaxText)
		e.Notice = changed(e.Notice, n)
	case e.Beat != nil:
		b := *e.Beat
		b.Run, b.Version = g.Text(b.Run, MaxWord), g.Text(b.Version, MaxWord)
		b.Boot, b.Egress, b.Place = g.Text(b.Boot, MaxWord), g.Text(b.Egress, MaxWord), g.Text(b.Place, MaxWord)
		e.Beat = changed(e.Beat, b)
	}
	return e
}

// changed returns a pointer to the new value, or the old pointer if they are the
// same.
func changed[T comparable](old *T, now T) *T {
	if now == *old {
		return old
	}
	return clone(now)
}

func clone[T any](v T) *T { return &v }

func (g Gate) call(c model.Call) model.Call {
	c.Method, c.Path, c.Model = g.Text(c.Method, MaxWord), g.Text(c.Path, MaxPath), g.Text(c.Model, MaxText)
	if c.Denial != nil {
		d := *c.Denial
		d.Reason, d.Detail = g.Text(d.Reason, MaxText), g.Text(d.Detail, MaxText)
		d.Headers, d.URL = g.Text(d.Headers, MaxText), g.Text(d.URL, MaxText)
		c.Denial = changed(c.Denial, d)
	}
	return c
}

func (g Gate) reading(r *model.Reading) *model.Reading {
	for i := range r.Rows {
		if row := g.call(r.Rows[i]); row != r.Rows[i] {
			whole := *r
			whole.Rows = make([]model.Call, len(r.Rows))
			for i := range r.Rows {
				whole.Rows[i] = g.call(r.Rows[i])
			}
			return &whole
		}
	}
	return r
}

// Writer returns a writer for lines of text, such as standard error, which pass
// the gate. Each Write is taken as whole lines.
func (g Gate) Writer(to io.Writer) io.Writer { return &gatedWriter{g, to} }

type gatedWriter struct {
	gate Gate
	to   io.Writer
}

func (w *gatedWriter) Write(lines []byte) (int, error) {
	clean := strings.Split(Redact(string(lines), w.gate.secrets...), "\n")
	for i := range clean {
		clean[i] = model.OneLine(clean[i])
	}
	if _, err := io.WriteString(w.to, strings.Join(clean, "\n")); err != nil {
		return 0, err
	}
	return len(lines), nil
}
