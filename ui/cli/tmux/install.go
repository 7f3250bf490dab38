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

// The comments that the snippet stands between.
const (
	beginMark = "# >>> quotatop >>>"
	endMark   = "# <<< quotatop <<<"
)

// ConfigPath is the user's tmux configuration: $XDG_CONFIG_HOME/tmux/tmux.conf
// if that is there, else ~/.tmux.conf, which every tmux reads.
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

// A Change is what Install did.
type Change struct {
	Path    string // the file, behind all symbolic links
	Changed bool   // false when the snippet was there already
	Backup  string // the file as it was before; empty when there was none
}

// Install puts a snippet into a tmux configuration, between two comments,
// where it replaces the one of an earlier time. The rest of the file, its mode
// and the links to it stay as they are. The running server has to read the
// file again.
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

// target follows symbolic links to the file, which need not be there yet.
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
	return "", fmt.Errorf("%s is a circle of links", path)
}

// merge puts the snippet in the place of the one that is there, or at the end.
// The error begins with a line number.
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
				return "", fmt.Errorf("%d: %q has no beginning: remove it", i+1, endMark)
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
		if old != "" { // also ends a last line that goes on with a backslash
			old += "\n"
		}
		return old + block, nil
	case end < 0:
		line := 1 + strings.Count(old[:begin], "\n")
		return "", fmt.Errorf("%d: %q has no end: remove the block, or put %q after it", line, beginMark, endMark)
	}
	return old[:begin] + block + old[end:], nil
}
