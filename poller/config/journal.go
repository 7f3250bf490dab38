package config

import "time"

// Journal configures how much of what was observed is kept on disk.
type Journal struct {
	Enabled   bool `toml:"enabled"`
	Retention Span `toml:"retention"` // older events are deleted
	MaxSize   Size `toml:"max_size"`  // above this the oldest are deleted
}

// check returns the first key whose value is invalid, and why.
func (j *Journal) check() (key string, err error) {
	if err := j.Retention.within(time.Hour, 366*day); err != nil {
		return "retention", err
	}
	return "max_size", j.MaxSize.within(1<<20, 1024<<30)
}
