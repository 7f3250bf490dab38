package config

import (
	"fmt"

	"quotatop/poller/fleet"
)

// Fleet says where load generators publish their calls, and as whom.
type Fleet struct {
	URL         string `toml:"url"`     // the broker whose fleet is shown; empty for none
	Publish     string `toml:"publish"` // the broker to publish this machine's calls to; empty for none
	Run         string `toml:"run"`
	Generator   string `toml:"generator"` // empty for a name made of the host's
	Egress      string `toml:"egress"`    // empty if the address that calls leave from has no name
	Credentials string `toml:"credentials"`
	CA          string `toml:"ca"`
	Cert        string `toml:"cert"`
	Key         string `toml:"key"`
	Spool       Size   `toml:"spool"`
}

// Broker returns the broker at a URL, with the login in the settings.
func (f *Fleet) Broker(url string) fleet.Broker {
	return fleet.Broker{URL: url, Credentials: f.Credentials, CA: f.CA, Cert: f.Cert, Key: f.Key}
}

// check returns the first key whose value is invalid, and why.
func (f *Fleet) check() (key string, err error) {
	for _, u := range []struct{ key, url string }{{"url", f.URL}, {"publish", f.Publish}} {
		if u.url == "" {
			continue
		}
		if err := f.Broker(u.url).CheckURL(); err != nil {
			return u.key, err
		}
	}
	for _, n := range []struct {
		key, name string
		check     func(string) error
	}{{"run", f.Run, fleet.CheckName}, {"generator", f.Generator, fleet.CheckName}, {"egress", f.Egress, fleet.CheckEgress}} {
		if n.name == "" && n.key != "run" {
			continue
		}
		if err := n.check(n.name); err != nil {
			return n.key, fmt.Errorf("%s: %w", n.key, err)
		}
	}
	return "spool", f.Spool.within(1<<20, 64<<30)
}
