package fleet

import (
	"errors"
	"fmt"
	"sync"

	"quotatop/poller/pioneer"
)

// problems are what is wrong with a Publisher. They are reported when they change.
type problems struct {
	report func(error)
	gate   pioneer.Gate

	mu       sync.Mutex
	up       bool  // there is a link
	link     error // why there is none, or it does not work
	spool    error // why batches are in memory only
	full     error // why calls are dropped now
	dropped  int
	why      error
	told     int   // of the dropped
	note     error // about calls that were dropped, once things work again
	reported string
}

// start notes what an earlier process left too long ago, and what is wrong with the
// spool.
func (p *problems) start(stale int, spool error) {
	if stale > 0 && p.report != nil {
		p.report(fmt.Errorf("publish: batches of an earlier run that were too old and are lost: %d", stale))
	}
	p.setSpool(spool)
}

// setLink notes that there is a link to the broker, or why there is none. That it
// works is not known yet.
func (p *problems) setLink(err error) {
	p.change(func() {
		if p.up = err == nil; err != nil {
			p.link = err
		}
	})
}

// works notes that the broker takes what is published.
func (p *problems) works() {
	p.change(func() {
		p.link, p.full, p.note = nil, nil, nil
		if p.dropped > p.told {
			p.told = p.dropped
			p.note = fmt.Errorf("calls dropped: %d: %w", p.dropped, p.why)
		}
	})
}

func (p *problems) setSpool(err error) { p.change(func() { p.spool = err }) }

// drop counts calls that are lost.
func (p *problems) drop(n int, why error) {
	p.change(func() {
		p.dropped += n
		p.why, p.full = why, why
	})
}

func (p *problems) connected() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.up && p.link == nil
}

// change applies a change and reports what is wrong then, if that is news.
func (p *problems) change(apply func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	apply()
	err := p.current()
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != p.reported && p.report != nil {
		p.report(err)
	}
	p.reported = text
}

// current returns what is wrong. p.mu is held.
func (p *problems) current() error {
	var keeps string
	switch {
	case p.link == nil:
	case p.full != nil:
		keeps = "calls are dropped: " + p.full.Error()
	case p.spool != nil:
		keeps = "calls are kept in memory"
	default:
		keeps = "calls are kept in the spool"
	}
	switch {
	case p.link != nil:
		return p.gate.Error(fmt.Errorf("publish: %w; %s", p.link, keeps))
	case p.note != nil:
		return p.gate.Error(fmt.Errorf("publish: %w", p.note))
	case p.spool != nil:
		return p.gate.Error(fmt.Errorf("publish: %w; while the broker is away, calls are kept in memory", p.spool))
	}
	return nil
}

// close returns what is lost, and what is left in the spool.
func (p *problems) close(s *spool) error {
	all, inFiles, _ := s.left()
	s.close()
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	if inFiles > 0 {
		errs = append(errs, fmt.Errorf("publish: batches left in %s, which the next start sends: %d", s.path, inFiles))
	}
	if all > inFiles {
		errs = append(errs, fmt.Errorf("publish: batches in memory that are lost: %d", all-inFiles))
	}
	if p.dropped > 0 {
		errs = append(errs, fmt.Errorf("publish: calls dropped: %d: %w", p.dropped, p.why))
	}
	return p.gate.Error(errors.Join(errs...))
}
