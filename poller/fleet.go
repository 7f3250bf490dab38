package poller

import (
	"cmp"
	"fmt"
	"strings"

	"quotatop/model"
	"quotatop/poller/config"
	"quotatop/poller/fleet"
	"quotatop/poller/pioneer"
)

// Fleet adds the load generators that publish at the broker in the settings.
func (s *Session) Fleet() error {
	f := &s.settings.Fleet
	source, err := fleet.NewSource(fleet.SourceOptions{
		Broker: f.Broker(f.URL), Account: s.AccountID(), Run: f.Run, Clock: &s.clock,
	})
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	s.fleet = source
	s.Add(source)
	return nil
}

// Publish makes the session publish the calls of this machine at the broker in the
// settings, until it is closed: those of the tap if it has one, else those of the
// tails, which read these files. state is the folder of the user's state.
func (s *Session) Publish(state, version string, tails []string) error {
	source, watches := model.SourceTail, tails
	if s.tapAt != "" {
		source, watches = model.SourceTap, []string{s.settings.Tap}
	}
	of := Publishing{s.settings.Fleet, s.AccountID(), s.gate, &s.clock}
	p, err := of.Publisher(source, state, version, watches, s.Reporter("publish"))
	if err != nil {
		return err
	}
	s.journals = append(s.journals, observer(p.Observe))
	s.closers = append(s.closers, p.Close)
	return nil
}

// Publishing is what it takes to publish the calls of an account.
type Publishing struct {
	Fleet   config.Fleet
	Account string       // of pioneer.AccountID
	Gate    pioneer.Gate // knows the key
	Clock   *pioneer.Clock
}

// Publisher returns a publisher of the calls of a source that watches something, such
// as an address or files; this tells apart the generators of one machine. state is the
// folder of the user's state. report is called with an error when publishing begins to
// fail, and with nil once it works again.
func (p Publishing) Publisher(source, state, version string, watches []string, report func(error)) (*fleet.Publisher, error) {
	f, logs := &p.Fleet, ""
	if source == model.SourceTail {
		logs = strings.Join(watches, "\n")
	}
	publisher, err := fleet.NewPublisher(fleet.PublisherOptions{
		Broker: f.Broker(f.Publish), Account: p.Account, Run: f.Run,
		Generator: cmp.Or(f.Generator, fleet.GeneratorName(state, strings.Join(watches, "\n"))),
		Egress:    cmp.Or(f.Egress, fleet.HostName()), EgressAssumed: f.Egress == "",
		Source: source, Logs: logs, Version: version, Clock: p.Clock, Gate: p.Gate,
		State: state, SpoolMax: f.Spool.Bytes, Report: report,
	})
	if err != nil {
		return nil, fmt.Errorf("publish: %w", err)
	}
	return publisher, nil
}
