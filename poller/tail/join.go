package tail

import (
	"context"
	"slices"
	"strings"
	"sync"

	"quotatop/model"
	"quotatop/poller/crash"
	"quotatop/poller/runner"
)

// Join combines several tails into one source. A ledger knows all tails as one
// source, so their health is combined too: an error of one is not hidden by
// another that is well.
func Join(tails ...*Source) runner.Source {
	if len(tails) == 1 {
		return tails[0]
	}
	return joined(tails)
}

type joined []*Source

// Name is model.SourceTail.
func (joined) Name() string { return model.SourceTail }

// Vantage is model.VantageLocal.
func (joined) Vantage() model.Vantage { return model.VantageLocal }

// Run runs all tails until each has ended.
func (j joined) Run(ctx context.Context, emit func(model.Event)) error {
	var (
		mu      sync.Mutex
		last    = make([]model.Health, len(j))
		failed  = make([]error, len(j))
		running sync.WaitGroup
	)
	for i, tail := range j {
		running.Go(crash.Guarded(func() {
			failed[i] = tail.Run(ctx, func(e model.Event) {
				if e.Health == nil {
					emit(e)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				last[i] = *e.Health
				h := combined(last)
				e.Health = &h
				emit(e)
			})
		}))
	}
	running.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// combined is the worst state of several tails, with all their errors and notes.
func combined(all []model.Health) (sum model.Health) {
	var problems, notes []string
	for _, h := range all {
		if severity(h.State) > severity(sum.State) {
			sum.State = h.State
		}
		if h.Error != "" {
			problems = append(problems, h.Error)
		}
		if h.Note != "" {
			notes = append(notes, h.Note)
		}
	}
	sum.Vantage = model.VantageLocal
	sum.Error, sum.Note = strings.Join(problems, "; "), strings.Join(notes, "; ")
	return sum
}

func severity(s model.State) int {
	return slices.Index([]model.State{"", model.StateOK, model.StatePaused, model.StateError}, s)
}
