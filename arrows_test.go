package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the path that our own imports begin with.
const module = "quotatop"

// arrows say which packages of ours a folder may import; the first entry that
// holds the importing folder counts. A pattern ending in "/..." is a folder and
// all below.
var arrows = []struct {
	from string
	to   []string
}{
	{"poller/...", []string{"model", "poller/..."}},
	{"ui/cli/...", []string{"model", "theme", "poller/...", "ui/..."}},
	{"ui/...", []string{"model", "theme", "ui/...", "poller/pioneer"}},
	{"theme/...", []string{"theme/..."}},
	{"model/...", nil},
	{".", []string{"ui/cli", "model", "poller/...", "theme", "ui/..."}}, // main
}

// inside reports whether a folder is one that the pattern means.
func inside(folder, pattern string) bool {
	root, below := strings.CutSuffix(pattern, "/...")
	return folder == root || below && strings.HasPrefix(folder, root+"/")
}

// mayImport reports whether files of one folder may import another of ours.
func mayImport(from, to string) bool {
	for _, a := range arrows {
		if inside(from, a.from) {
			return slices.ContainsFunc(a.to, func(pattern string) bool { return inside(to, pattern) })
		}
	}
	return false
}

func TestArrows(t *testing.T) {
	rooms := map[string]bool{}
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			if name != "." && (strings.HasPrefix(base, ".") || base == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		relative, err := filepath.Rel(".", name)
		if err != nil {
			return err
		}
		folder := path.Dir(filepath.ToSlash(relative))
		rooms[strings.SplitN(folder, "/", 2)[0]] = true
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if imported == module {
				t.Errorf("%s imports main", relative)
			}
			if ours, ok := strings.CutPrefix(imported, module+"/"); ok && !mayImport(folder, ours) {
				t.Errorf("%s imports %s: there is no such arrow", relative, ours)
			}
			if strings.Contains(imported, "/bubbletea") && !inside(folder, "ui/...") {
				t.Errorf("%s imports %s: only ui draws", relative, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range []string{".", "model", "poller", "theme", "ui"} {
		if !rooms[room] {
			t.Errorf("no file of %s was read", room)
		}
	}
}
