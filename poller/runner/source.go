// Package runner runs the sources of one account, owns the ledger that they
// report to, and publishes snapshots of it.
package runner

import (
	"context"

	"quotatop/model"
)

// A Source reports events until ctx ends, its input ends, or it fails.
//
// Run returns nil only when there will never be more; after an error the
// Runner reports it and starts the source again. emit may be called from any
// goroutine, never blocks for long, and must not be called once Run has
// returned. Every event carries the source's Name and the server's time, its
// calls and its health the Vantage.
type Source interface {
	Name() string
	// Vantage is what the source sees: the account or this machine; empty for a
	// service, which runs alongside and reports only its own health.
	Vantage() model.Vantage
	Run(ctx context.Context, emit func(model.Event)) error
}
