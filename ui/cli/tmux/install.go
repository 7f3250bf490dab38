package tmux

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"quotatop/poller/events/atomicfile"
)

// The comments around the snippet.
const (
	beginMark = "# >>> quotatop >>>"
	endMark   = "# <<< quotatop <<<"
)

// ConfigPath returns the path of the user's tmux configuration:
// $XDG_CONFIG_HOME/tmux/tmux.conf if that exists, else ~/.tmux.conf, which every
// tmux reads.
func ConfigPath() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("tmux configuration: %w", err)
	}
	base := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(base) {
		base = filepath.Join(home, ".config")
	}
	if path := filepath.Join(base, "tmux", "tmux.conf"); exists(path) {
		return path, nil
	}
	return filepath.Join(home, ".tmux.conf"), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// A Change says what Install did.
type Change struct {
	Path    string // the file, with all symbolic links resolved
	Changed bool   // false when the snippet was already there
	Backup  string // a copy of the old file; empty when there was none
}

// Install puts a snippet into a tmux configuration, between two comments; it
// replaces an older snippet there. The rest of the file, its mode and the links
// to it stay as they are. A running server has to reload the file.
func Install(path, snippet string) (Change, error) {
	real, err := target(path)
	if err != nil {
		return Change{}, fmt.Errorf("tmux configuration: %w", err)
	}
	c := Change{Path: real}
	old, err := os.ReadFile(real)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return c, fmt.Errorf("tmux configuration: %w", err)
	}
	text, err := merge(string(old), snippet)
	if err != nil {
		return c, fmt.Errorf("%s:%w", real, err)
	}
	if text == string(old) {
		return c, nil
	}
	mode := fs.FileMode(0o644)
	if missing {
		err = os.MkdirAll(filepath.Dir(real), 0o755)
	} else if info, failed := os.Stat(real); failed != nil {
		err = failed
	} else {
		mode = info.Mode().Perm()
		c.Backup = real + ".before-quotatop"
		err = atomicfile.Write(c.Backup, old, mode)
	}
	if err == nil {
		err = atomicfile.Write(real, []byte(text), mode)
	}
	if err != nil {
		return c, fmt.Errorf("tmux configuration: %w", err)
	}
	c.Changed = true
	return c, nil
}

// target follows symbolic links to the file, which need not exist yet.
func target(path string) (string, error) {
	for range 40 {
		to, err := os.Readlink(path)
		if err != nil {
			if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
				return "", fmt.Errorf("%s is not a file", path)
			}
			return path, nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", fmt.Errorf("%s is a loop of symbolic links", path)
}

// merge replaces the snippet in a configuration, or adds it at the end. The error
// starts with a line number.
func merge(old, snippet string) (string, error) {
	block := beginMark + "\n" + strings.TrimRight(snippet, "\n") + "\n" + endMark + "\n"
	begin, end, at := -1, -1, 0
	lines := strings.SplitAfter(old, "\n")
	for i, line := range lines {
		switch strings.TrimSpace(line) {
		case beginMark:
			if begin >= 0 {
				return "", fmt.Errorf("%d: a second %q: remove one of the two blocks", i+1, beginMark)
			}
			begin = at
		case endMark:
			if begin < 0 || end >= 0 {
				return "", fmt.Errorf("%d: %q has no start: remove it", i+1, endMark)
			}
			end = at + len(line)
		}
		at += len(line)
	}
	switch {
	case begin < 0:
		if old != "" && !strings.HasSuffix(old, "\n") {
			old += "\n"
		}
		if old != "" { // also ends a last line that continues with a backslash
			old += "\n"
		}
		return old + block, nil
	case end < 0:
		line := 1 + strings.Count(old[:begin], "\n")
		return "", fmt.Errorf("%d: %q has no end: remove the block, or put %q after it", line, beginMark, endMark)
	}
	return old[:begin] + block + old[end:], nil
}
