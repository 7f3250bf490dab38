package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
)

// maxThemeFile is how much of a theme file is read, in bytes. It is more than
// theme.Parse accepts, so that it rejects longer files.
const maxThemeFile = 65 << 10

// A ThemeFile is a theme file of the user's, not yet parsed.
type ThemeFile struct {
	Name string // of the theme: the file name without .toml
	Path string
	Data []byte
}

// ThemesDir returns the folder of theme files: quotatop/themes in
// $XDG_CONFIG_HOME.
func ThemesDir() string { return filepath.Join(xdg.ConfigHome, "quotatop", "themes") }

// ThemeFiles reads the .toml files of a folder, sorted by name. A missing folder
// is not an error. If files cannot be read, the error is about the first of them
// and the others are still returned.
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
		if !ok || strings.HasPrefix(name, ".") { // hidden files are an editor's
			continue
		}
		path := filepath.Join(dir, entry.Name())
		data, err := readFile(path, maxThemeFile)
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
