package tail

import (
	"context"
	"slices"
	"strings"
	"sync"

	"quotatop/model"
	"quotatop/poller/runner"
)

// Join makes one source of several tails. A ledger knows all tails as one
// source; joined, they also speak with one voice: the trouble of one is not
// covered up by the others' being well.
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
		running.Go(func() {
			failed[i] = tail.Run(ctx, func(e model.Event) {
				if e.Health == nil {
					emit(e)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				last[i] = *e.Health
				h := together(last)
				e.Health = &h
				emit(e)
			})
		})
	}
	running.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// together is the worst state and all words of several tails.
func together(all []model.Health) (sum model.Health) {
	var troubles, notes []string
	for _, h := range all {
		if severity(h.State) > severity(sum.State) {
			sum.State = h.State
		}
		if h.Error != "" {
			troubles = append(troubles, h.Error)
		}
		if h.Note != "" {
			notes = append(notes, h.Note)
		}
	}
	sum.Vantage = model.VantageLocal
	sum.Error, sum.Note = strings.Join(troubles, "; "), strings.Join(notes, "; ")
	return sum
}

func severity(s model.State) int {
	return slices.Index([]model.State{"", model.StateOK, model.StatePaused, model.StateError}, s)
}
