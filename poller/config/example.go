package config

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"quotatop/poller/events/atomicfile"
)

//go:embed example.toml
var example string

// Example returns a configuration file with a description of every setting and
// its default, all commented out. It is valid as it is and with any of the
// settings uncommented.
func Example() string { return example }

// Init writes Example to path with mode 0600, and creates missing parent
// folders. It never changes an existing file.
func Init(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("config: %s already exists: move it away first", path)
	}
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if err = f.Close(); err == nil { // the name is reserved now
		err = atomicfile.Write(path, []byte(example), 0o600)
	}
	if err != nil {
		_ = os.Remove(path) // an empty file would make the next attempt fail
		return fmt.Errorf("config: %w", err)
	}
	return nil
}
