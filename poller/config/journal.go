package config

// Journal says what is kept on disk of what was seen.
type Journal struct {
	Enabled   bool `toml:"enabled"`
	Retention Span `toml:"retention"` // what is older goes
	MaxSize   Size `toml:"max_size"`  // beyond it the oldest goes
}

// check says which key has a value that makes no sense.
func (j *Journal) check() (key string, err error) {
	if err := j.Retention.within("1h", "366d"); err != nil {
		return "retention", err
	}
	return "max_size", j.MaxSize.within("1MiB", "1024GiB")
}
