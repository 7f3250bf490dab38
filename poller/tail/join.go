package tail

import (
	"context"
	"os"
	"path/filepath"
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

// IsAmong reports whether a path leads to the same file as one of the others, so
// that its calls would be counted twice.
func IsAmong(others []string, path string) bool {
	return slices.ContainsFunc(others, func(other string) bool {
		if where(path) == where(other) {
			return true
		}
		a, missing := os.Stat(path)
		b, err := os.Stat(other)
		return missing == nil && err == nil && os.SameFile(a, b)
	})
}

// where is the file that a path leads to, whether or not it exists.
func where(path string) string {
	if path == StandardInput {
		return path
	}
	const maxLinks = 16 // in case of a loop
	for range maxLinks {
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(whole)); err == nil {
		return filepath.Join(dir, filepath.Base(whole))
	}
	return whole
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
