package tail

import (
	"time"

	"quotatop/model"
	"quotatop/poller/events"
	"quotatop/poller/pioneer"
)

// events reads an event line. Only the calls of load runs are of use here: what
// another quotatop knows of the account this one asks for itself, and its polls
// are nobody's load.
func (t target) events(line []byte, _ time.Time) (model.Event, bool) {
	e, server, err := events.ParseClock(line)
	if err != nil {
		return model.Event{}, false
	}
	if server && t.clock != nil { // local, like other lines, until the reader corrects it
		e.At = e.At.Add(-t.clock.Offset())
	}
	if e.Call == nil || e.Call.Vantage != model.VantageLocal {
		return model.Event{}, true
	}
	e.Source = model.SourceTail
	e.Call.Path = pioneer.Redact(e.Call.Path)
	if d := e.Call.Denial; d != nil {
		tidyDenial(d)
	}
	return e, true
}

// tidyDenial takes what looks like a key out of a denial's texts.
func tidyDenial(d *model.Denial) {
	for _, text := range []*string{&d.Reason, &d.Detail, &d.Headers, &d.URL} {
		*text = pioneer.Redact(*text)
	}
}

func stampEvents(line []byte) (time.Time, bool) {
	e, err := events.Parse(line)
	return e.At, err == nil
}
