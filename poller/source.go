// Package poller brings events in: it runs the sources, owns the ledger that
// they report to, and hands out snapshots of it. Each kind of source has a
// folder of its own below this one.
package poller

import (
	"context"

	"quotatop/model"
)

// A Source reports events until ctx ends, its input ends, or it fails.
//
// Run returns nil only when there will never be more; after an error the
// Runner reports it and starts the source again. emit may be called from any
// goroutine, never blocks for long, and must not be called once Run has
// returned. Every event carries the source's Name and the server's time.
type Source interface {
	Name() string
	Run(ctx context.Context, emit func(model.Event)) error
}
