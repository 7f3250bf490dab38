package tail

import (
	"bytes"

	"quotatop/model"
	"quotatop/poller/events"
)

// readEvent reads an event line. Only the calls of load runs count: this quotatop
// polls the account itself, and the polls of another are not load.
func readEvent(line []byte, r *record) verdict {
	line, ok := objectIn(line)
	if !ok || !bytes.Contains(line, []byte(`"at"`)) {
		return notMine
	}
	e, server, err := events.ParseClock(line)
	if err != nil {
		return notMine
	}
	if e.Call == nil || e.Call.Vantage != model.VantageLocal {
		return noCall
	}
	r.at, r.byServerClock = moment{e.At, true}, server
	r.call = e.Call
	return isCall
}
