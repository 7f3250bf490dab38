package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/spf13/cobra"

	"quotatop/poller"
	"quotatop/poller/config"
	"quotatop/poller/tail"
	"quotatop/poller/tap"
	"quotatop/ui/metrics"
)

// watchingSession returns the session for the settings, with the sources that see
// this machine's calls: the tap, which starts to listen, and the tails. It adds
// the metrics and the recording if the flags are set.
func (f *flags) watchingSession(cmd *cobra.Command) (*poller.Session, config.Settings, error) {
	s, settings, err := f.session(cmd.Context())
	if err != nil {
		return nil, settings, err
	}
	if err := f.watch(cmd, s, settings); err != nil {
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

// watch adds the tap in the settings, if any, and the tails.
func (f *flags) watch(cmd *cobra.Command, s *poller.Session, settings config.Settings) error {
	hosts := f.hosts(settings)
	if tapAt := settings.Tap; tapAt != "" {
		ln, err := listen(cmd, "tap", tapAt, "call the API through it")
		if err != nil {
			return err
		}
		hosts = append(hosts, ln.Addr().String())
		s.Tap(ln)
	}
	var tails []*tail.Source
	var followed []string
	for _, arg := range f.tails {
		path, format, err := f.splitTail(arg)
		if err != nil {
			return err
		}
		if tail.IsAmong(followed, path) {
			fmt.Fprintf(cmd.ErrOrStderr(), "quotatop: --tail %s: this file is followed already\n", arg)
			continue
		}
		followed = append(followed, path)
		tails = append(tails, tail.New(path, format, s.Clock(), tail.Options{Input: os.Stdin, Hosts: hosts, Zone: f.zone.Location}))
	}
	if len(tails) > 0 {
		s.Add(tail.Join(tails...))
	}
	if settings.Fleet.Publish != "" && (settings.Tap != "" || len(tails) > 0) {
		return s.Publish(stateDir(), version(), followed)
	}
	if f.publish != "" {
		return usageError{errors.New("--publish publishes the calls that a tap or a tail sees: give --tap or --tail, too")}
	}
	return nil
}

// listen listens for a service. If others than this machine can connect, it says
// on standard error what they can do.
func listen(cmd *cobra.Command, name, addr, others string) (net.Listener, error) {
	ln, err := tap.Listen(addr)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
		if _, mistaken := errors.AsType[*tap.AddressError](err); mistaken {
			err = usageError{err}
		}
		return nil, err
	}
	if tap.IsOpen(ln.Addr()) {
		fmt.Fprintf(cmd.ErrOrStderr(), "quotatop: %s: anyone who can reach %s can %s\n", name, ln.Addr(), others)
	}
	return ln, nil
}

// export serves the metrics of the session to Prometheus.
func (f *flags) export(cmd *cobra.Command, s *poller.Session) error {
	ln, err := listen(cmd, "metrics", f.metrics, "read quota and spending")
	if err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(f.metrics)
	exporter := &metrics.Exporter{Host: host}
	s.Observe(exporter.Seen)
	s.Serve("metrics", func(ctx context.Context) error { return exporter.Serve(ctx, ln) })
	return nil
}
