package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
)

// maxThemeFile bounds what is read of a theme file, in bytes. It is more than a
// theme may have, so that one that is too long is seen to be.
const maxThemeFile = 65 << 10

// A ThemeFile is a file of a theme that the user has made, not yet understood.
type ThemeFile struct {
	Name string // of the theme: the file's, without .toml
	Path string
	Data []byte
}

// ThemesDir is where theme files are looked for: quotatop/themes in
// $XDG_CONFIG_HOME.
func ThemesDir() string { return filepath.Join(xdg.ConfigHome, "quotatop", "themes") }

// ThemeFiles reads the files of a folder that end in .toml, by name. That the
// folder is not there is no error. Where a file cannot be read, the error is
// about the first such, and the others are returned all the same.
func ThemeFiles(dir string) ([]ThemeFile, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("themes: %w", err)
	}
	var files []ThemeFile
	var first error
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), ".toml")
		if !ok || strings.HasPrefix(name, ".") { // an editor's own files are hidden
			continue
		}
		path := filepath.Join(dir, entry.Name())
		data, err := readTheme(path)
		if err != nil {
			if first == nil {
				first = fmt.Errorf("theme: %w", err)
			}
			continue
		}
		files = append(files, ThemeFile{name, path, data})
	}
	return files, first
}

func readTheme(path string) ([]byte, error) {
	info, err := os.Stat(path) // before it is opened: a pipe would wait for a writer
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxThemeFile))
}
