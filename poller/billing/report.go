package billing

import (
	"time"

	"quotatop/model"
)

// reportRow reports one row as a call, once: a page may repeat it.
func (l *log) reportRow(r row) {
	if _, reported := l.recent[r.id]; reported {
		return
	}
	l.recent[r.id] = r.at
	l.client.emit(model.Event{At: r.at, Source: model.SourceBilling, Call: &r.call})
}

// reportRead reports that every row of a stretch of the log has been reported.
func (l *log) reportRead(from, to time.Time) { l.report(model.Reading{From: from, To: to}) }

// reportSampled reports a stretch as its count and some of its rows.
func (l *log) reportSampled(from, to point, rows []row) {
	calls := make([]model.Call, len(rows))
	for i, r := range rows {
		calls[i] = r.call
	}
	l.report(model.Reading{From: from.at, To: to.at, Sampled: true, Total: to.rank - from.rank, Rows: calls})
}

// report reports a reading, and forgets the rows that can no longer be late.
func (l *log) report(r model.Reading) {
	l.client.emit(model.Event{At: r.To, Source: model.SourceBilling, Reading: &r})
	old := l.horizon.at.Add(-maxLateness)
	for id, at := range l.recent {
		if at.Before(old) {
			delete(l.recent, id)
		}
	}
	l.recentSince = maxTime(l.recentSince, old)
}
