//go:build unix

package private

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// variable is the name that the errors give.
const variable = "XDG_STATE_HOME"

// A tree is a folder of tests, below one that nobody else can go through unless
// the test opens it.
type tree struct {
	*testing.T
	base string
}

func newTree(t *testing.T) tree {
	base := t.TempDir()
	for dir := base; dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return tree{t, base}
}

func (t tree) at(name string) string { return filepath.Join(t.base, name) }

func (t tree) dir(name string, mode fs.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(t.at(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(t.at(name), mode); err != nil {
		t.Fatal(err)
	}
	return t.at(name)
}

func (t tree) link(target, name string) {
	t.Helper()
	if err := os.Symlink(target, t.at(name)); err != nil {
		t.Fatal(err)
	}
}

func (t tree) file(name string) string {
	t.Helper()
	if err := os.WriteFile(t.at(name), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	return t.at(name)
}

// A folder is used only if no other user has a hand in any level of its path.
func TestFolder(t *testing.T) {
	tr := newTree(t)
	tr.dir("wide", 0o777)
	tr.dir("wide/inner", 0o755)
	tr.dir("group", 0o775)
	tr.dir("group/inner", 0o755)
	tr.dir("sticky", 0o777|fs.ModeSticky)
	tr.dir("closed", 0o700)
	tr.dir("closed/wide", 0o777)
	tr.dir("closed/wide/inner", 0o755)
	tr.dir("real", 0o700)
	tr.dir("listed", 0o755)
	tr.dir("readable", 0o755)
	tr.link(tr.at("real"), "link")
	tr.link("wide", "relative")
	tr.link("loop", "loop")
	tr.link(tr.at("nowhere"), "dangling")
	tr.file("file")
	for name, want := range map[string]string{
		"new/a/b":              "",
		"sticky/a":             "",
		"readable/a":           "",
		"link/a":               "", // a link of one's own
		"closed/wide/inner/a":  "", // where nobody else gets to
		"real":                 "",
		"group/inner/a":        groupWritable(t, tr.at("group")),
		"wide/a":               "others can write to " + tr.at("wide") + ": chmod go-w",
		"group/a":              "others can write to " + tr.at("group"),
		"wide/inner/a":         "others can write to " + tr.at("wide"),
		"closed/wide/a":        "others can write to " + tr.at("closed/wide"),
		"relative/inner/a":     "others can write to " + tr.at("wide"),
		"relative/../readable": "is open to others",
		"listed":               "is open to others: chmod 700 " + tr.at("listed"),
		"link":                 "link is not a folder",
		"dangling":             "is not a folder",
		"loop/a":               "too many links",
		"file":                 "is not a folder",
		"file/a":               "is not a folder",
	} {
		dir, err := Folder(tr.at(name), variable, true)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		if err == nil {
			if info, err := os.Stat(tr.at(name)); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
			}
			_ = dir.Close()
		}
	}
	if dir, err := Folder(tr.at("missing/a"), variable, false); !os.IsNotExist(Cause(err)) && !strings.Contains(err.Error(), "no such file") {
		t.Errorf("missing: %v, %v", dir, err)
	}
	if _, err := os.Stat(tr.at("missing")); err == nil {
		t.Error("a folder was made")
	}
}

// groupWritable returns the error for a folder above that its group can write to:
// none if that is the group of this user alone.
func groupWritable(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if ownGroup(info) {
		return ""
	}
	return "others can write to " + path
}

// Another user was faster, at any level.
func TestFolderOfAnother(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a folder away: run as root to run this test")
	}
	tr := newTree(t)
	give := func(name string) {
		t.Helper()
		if err := os.Lchown(tr.at(name), 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	tr.dir("own", 0o700)
	give("own")
	tr.dir("parent/quotatop", 0o700)
	give("parent")
	tr.dir("grand/state/quotatop", 0o700)
	give("grand")
	tr.dir("target", 0o700)
	tr.dir("sticky", 0o777|fs.ModeSticky)
	tr.link(tr.at("target"), "sticky/link")
	give("sticky/link")
	for _, name := range []string{"own", "parent/quotatop", "parent/new", "grand/state/quotatop", "grand/new/quotatop", "sticky/link/quotatop"} {
		for _, create := range []bool{true, false} {
			dir, err := Folder(tr.at(name), variable, create)
			if err == nil || !strings.Contains(err.Error(), "belongs to another user: set XDG_STATE_HOME to a folder of your own") {
				t.Errorf("%s is used: %v, %v", name, dir, err)
			}
		}
	}
	if left, _ := os.ReadDir(tr.at("target")); len(left) > 0 {
		t.Errorf("through another user's link: %v", left)
	}
	tr.dir("users", 0o775)
	tr.dir("users/inner", 0o755)
	if err := os.Chown(tr.at("users"), 0, 100); err != nil {
		t.Fatal(err)
	}
	if dir, err := Folder(tr.at("users/inner/a"), variable, true); err == nil || !strings.Contains(err.Error(), "others can write to "+tr.at("users")) {
		t.Errorf("below a folder that a group can write to: %v, %v", dir, err)
	}
	file := tr.file("file")
	give("file")
	if f, err := OpenFile(file); err == nil {
		t.Errorf("another user's file is written: %v", f.Name())
	}
}

// A file is written itself, never what a link leads to.
func TestOpenFile(t *testing.T) {
	tr := newTree(t)
	file := tr.file("file")
	f, err := OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	tr.link(file, "link")
	hard := tr.file("hard")
	if err := os.Link(hard, tr.at("second")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{tr.at("link"), hard, tr.at("second"), tr.dir("folder", 0o700), os.DevNull, tr.at("none")} {
		if f, err := OpenFile(path); err == nil {
			t.Errorf("%s is opened", f.Name())
		}
	}
}
