package cli

import (
	"context"

	"quotatop/poller"
	"quotatop/ui"
)

// noPast says why a screen cannot go back in time.
const noPast = "no past without a journal: set enabled = true under [journal] in the config"

// pastOf returns what opens the past of a session that has a journal, until ctx ends.
func pastOf(ctx context.Context, s *poller.Session) func() (ui.Past, error) {
	if !s.Journals() {
		return nil
	}
	return func() (ui.Past, error) {
		p, err := s.Past()
		if err != nil {
			return ui.Past{}, err
		}
		ctx, cancel := context.WithCancel(ctx)
		return ui.Past{Player: player{p}, Feed: p.Start(ctx), Close: cancel}, nil
	}
}
