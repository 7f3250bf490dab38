package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"quotatop/poller"
	"quotatop/poller/config"
	"quotatop/poller/tail"
	"quotatop/poller/tap"
	"quotatop/ui/metrics"
)

// watchingSession returns the session that the settings describe, with what
// sees this machine's calls: the tap, which it opens, and the tails. It also
// adds the metrics and the recording that flags ask for.
func (f *flags) watchingSession(cmd *cobra.Command) (*poller.Session, config.Settings, error) {
	s, settings, err := f.session(cmd.Context())
	if err != nil {
		return nil, settings, err
	}
	if err := f.watch(s, settings.Tap); err != nil {
		return nil, settings, err
	}
	if f.metrics != "" {
		if err := f.export(cmd, s); err != nil {
			return nil, settings, err
		}
	}
	if f.record != "" {
		err = s.Record(f.record)
	}
	return s, settings, err
}

// watch adds a tap at an address, if it is not empty, and the tails.
func (f *flags) watch(s *poller.Session, tapAt string) error {
	format, err := tail.ParseFormat(f.tailFormat)
	if err != nil {
		return usageError{err}
	}
	hosts := []string{s.Base().Host}
	if tapAt != "" {
		ln, err := tap.Listen(tapAt)
		if err != nil {
			return err
		}
		hosts = append(hosts, ln.Addr().String())
		s.Tap(ln)
	}
	var tails []*tail.Source
	for _, path := range f.tails {
		tails = append(tails, tail.New(path, format, s.Clock(), tail.Options{Input: os.Stdin, Hosts: hosts}))
	}
	if len(tails) > 0 {
		s.Add(tail.Join(tails...))
	}
	return nil
}

// export serves what the session knows to Prometheus.
func (f *flags) export(cmd *cobra.Command, s *poller.Session) error {
	ln, note, err := metrics.Listen(f.metrics)
	if err != nil {
		return err
	}
	if note != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), "quotatop:", note)
	}
	exporter := &metrics.Exporter{}
	s.Observe(exporter.Seen)
	s.Serve("metrics", func(ctx context.Context) error { return exporter.Serve(ctx, ln) })
	return nil
}
