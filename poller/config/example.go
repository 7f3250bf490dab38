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

// Example is a configuration file with every setting, a line about each, and
// its default, all commented out. It is valid so, and with any of the settings
// taken into use.
func Example() string { return example }

// Init writes Example to path, for its owner alone, and makes the folders that
// lead there. It never touches a file that is there already.
func Init(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("config: %s is there already: move it away first", path)
	}
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if err = f.Close(); err == nil { // the name is ours now
		err = atomicfile.Write(path, []byte(example), 0o600)
	}
	if err != nil {
		_ = os.Remove(path) // an empty file would stand in the way of the next try
		return fmt.Errorf("config: %w", err)
	}
	return nil
}
