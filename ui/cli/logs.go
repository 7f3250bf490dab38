package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"quotatop/poller/config"
	"quotatop/poller/pioneer"
	"quotatop/poller/tail"
)

// forLogs adds the flags for reading a load run's logs.
func (f *flags) forLogs(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.tailFormat, "tail-format", "", fmt.Sprintf("format of logs: %s (default: detected; or FILE:FORMAT for one log)", joined(tail.Formats())))
	cmd.Flags().StringArrayVar(&f.tailHosts, "tail-host", nil, "also count calls to this host in logs (default: the API's and the tap's); repeatable")
	cmd.Flags().Var(&f.zone, "tail-zone", "time zone of log times that have none, e.g. UTC or America/New_York (default: local)")
}

// hosts returns the hosts whose calls in a log are counted: that of the base URL,
// the API's documented ones, and those of --tail-host.
func (f *flags) hosts(settings config.Settings) []string {
	return append(append([]string{settings.BaseURL.Host}, pioneer.Hosts()...), f.tailHosts...)
}

// splitTail splits an argument such as run.log:k6 into the path and the format,
// unless a file with that whole name exists.
func (f *flags) splitTail(arg string) (path string, format tail.Format, err error) {
	format, err = tail.ParseFormat(f.tailFormat)
	if err != nil {
		return arg, format, usageError{err}
	}
	if _, missing := os.Stat(arg); errors.Is(missing, os.ErrNotExist) {
		if path, own, ok := tail.SplitFormat(arg); ok {
			return path, own, nil
		}
	}
	return arg, format, nil
}

// A zone is the time zone of a flag; Location is nil if it is not set.
type zone struct{ *time.Location }

// Set implements pflag.Value.
func (z *zone) Set(name string) (err error) {
	if strings.EqualFold(name, "local") {
		z.Location = time.Local
		return nil
	}
	if z.Location, err = time.LoadLocation(name); err != nil {
		return fmt.Errorf("%q: use a name like UTC or America/New_York", name)
	}
	return nil
}

// String implements pflag.Value.
func (z *zone) String() string {
	if z.Location == nil {
		return ""
	}
	return z.Location.String()
}

// Type implements pflag.Value.
func (z *zone) Type() string { return "zone" }
