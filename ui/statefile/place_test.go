package statefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Where the files are is said once, and does not depend on one variable.
func TestPlaces(t *testing.T) {
	t.Setenv("HOME", "/home/me")
	t.Setenv("XDG_CACHE_HOME", "/c")
	uid := strconv.Itoa(os.Getuid())
	known := "/run/user/" + uid + "/quotatop*"
	for _, tt := range []struct{ runtime, tmp, want string }{
		{"/r", "/t", "/r/quotatop " + known + " /t/quotatop-" + uid + " /c/quotatop* /tmp/quotatop-" + uid + "*"},
		{"", "", known + " /tmp/quotatop-" + uid + "* /c/quotatop*"},
		{"relative", "relative", known + " /c/quotatop* /tmp/quotatop-" + uid + "*"},
		{"/run/user/" + uid + "/", "/tmp/", known + " /tmp/quotatop-" + uid + "* /c/quotatop*"},
	} {
		t.Setenv("XDG_RUNTIME_DIR", tt.runtime)
		t.Setenv("TMPDIR", tt.tmp)
		var got []string
		for _, p := range Places() {
			if p.WellKnown {
				p.Path += "*"
			}
			got = append(got, p.Path)
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("XDG_RUNTIME_DIR=%s TMPDIR=%s: got %s, want %s", tt.runtime, tt.tmp, got, tt.want)
		}
	}
}

// mkdir makes a folder with a mode.
func mkdir(t *testing.T, path string, mode os.FileMode) string {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func touch(t *testing.T, path string) string {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func symlink(t *testing.T, to, path string) string {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// A folder in which another user may have a hand is neither written nor read,
// at whichever level it is.
func TestUnsafeFolder(t *testing.T) {
	base, now := t.TempDir(), time.Now()
	real := known(filepath.Join(base, "real"))
	put(t, real.folder(), "1.status", state{PID: os.Getpid(), StartedAt: now, WrittenAt: now, Snapshot: snapshot(now, 1)})
	at := func(parts ...string) string { return filepath.Join(append([]string{base}, parts...)...) }
	mkdir(t, at("open"), 0o777)
	mkdir(t, at("sticky"), 0o777|os.ModeSticky)
	mkdir(t, at("group"), 0o770)
	mkdir(t, at("readable"), 0o755)
	mkdir(t, at("account"), 0o700)
	for path, want := range map[string]string{
		touch(t, at("file")):                           "is not a folder: remove it",
		symlink(t, real.Path, at("link")):              "is not a folder: remove it",
		symlink(t, at("nowhere"), at("dangling")):      "is not a folder: remove it",
		mkdir(t, at("wide"), 0o777):                    "is open to others: chmod 700 ",
		mkdir(t, at("listed"), 0o755):                  "is open to others: chmod 700 ",
		at("open", "quotatop"):                         "others can write to " + at("open") + ": chmod go-w ",
		at("group", "quotatop"):                        "others can write to " + at("group") + ": chmod go-w ",
		at("file", "quotatop"):                         "is not a folder: remove it",
		at("no", "quotatop"):                           "no such file",
		at("sticky", "quotatop"):                       "",
		at("readable", "quotatop"):                     "",
		filepath.Dir(touch(t, at("account", account))): "is not a folder: remove it",
	} {
		p := known(path)
		s, ok, err := read(now, p)
		if missing := want == "" || want == "no such file"; ok || missing != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: read %v, %v, %v, want %q", path, s, ok, err, want)
		}
		dir, err := p.account(account, true)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: made: %v, want %q", path, err, want)
		}
		if err == nil {
			_ = dir.Close()
		}
	}
	mine := known(at("mine"))
	if got, wrong := Use([]Place{known(at("wide")), known(at("no", "q")), {Path: at("no", "q")}, mine, real}); got != mine.Path || len(wrong) != 2 ||
		!strings.Contains(wrong[0].Error(), "chmod 700") || !errors.Is(wrong[1], fs.ErrNotExist) {
		t.Errorf("the fourth choice: got %q, %v", got, wrong)
	}
	if got, wrong := Use([]Place{known(at("wide"))}); got != "" || len(wrong) != 1 {
		t.Errorf("no choice: got %q, %v", got, wrong)
	}
}

// Another user was faster and has made our folder, or its parent is not ours.
func TestForeignFolder(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a folder away: run as root to run this test")
	}
	base, now := t.TempDir(), time.Now()
	foreign := func(path string) string {
		t.Helper()
		mkdir(t, path, 0o700)
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		return path
	}
	inner := known(filepath.Join(base, "mine"))
	mkdir(t, inner.Path, 0o700)
	foreign(inner.folder())
	parent := foreign(filepath.Join(base, "parent"))
	for _, p := range []Place{known(foreign(filepath.Join(base, "foreign"))), known(filepath.Join(parent, "quotatop")), inner} {
		if dir, err := p.account(account, true); err == nil || !strings.Contains(err.Error(), "belongs to another user") {
			t.Errorf("%s is used: %v, %v", p.Path, dir, err)
		}
		if _, ok, err := read(now, p); ok || err == nil {
			t.Errorf("%s is read: %v, %v", p.Path, ok, err)
		}
	}
	if left, _ := os.ReadDir(parent); len(left) > 0 {
		t.Errorf("in another user's folder there is now %v", left)
	}
}

// A new user may have no cache folder yet; nobody else's folder is made.
func TestMakesTheCacheFolder(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(t.TempDir(), "none"))
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	places := Places()
	cache := places[slices.IndexFunc(places, func(p Place) bool { return p.home })]
	dir, err := cache.account(account, true)
	if err != nil {
		t.Fatal(err)
	}
	_ = dir.Close()
	if info, err := os.Stat(filepath.Dir(cache.Path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v, want 0700", info.Mode(), err)
	}
	for _, p := range places {
		if p.WellKnown {
			continue
		}
		if dir, err := p.account(account, true); err == nil {
			t.Errorf("%s was made", dir.Name())
		}
	}
}

// A state is written where each process of this user finds it, and nowhere else.
func TestWritesWhereAllLook(t *testing.T) {
	for name, tt := range map[string]struct {
		places string // as many as there are words: "known" or "own", with "!" for one that cannot be made
		want   string // numbers of those that are written
	}{
		"well known":      {"known known own", "0"},
		"own, then known": {"own own known known", "0 2"},
		"moves on":        {"!own !known own known", "2 3"},
		"the last":        {"!own !known known", "2"},
		"own alone":       {"own !known", "0"},
		"none":            {"!own !known", ""},
	} {
		t.Run(name, func(t *testing.T) {
			base := t.TempDir()
			var places []Place
			for i, word := range strings.Fields(tt.places) {
				path := filepath.Join(base, strconv.Itoa(i))
				if word[0] == '!' {
					touch(t, path)
				}
				places = append(places, Place{Path: path, WellKnown: strings.HasSuffix(word, "known")})
			}
			synctest.Test(t, func(t *testing.T) {
				w := Open(places, account, Options{})
				w.Seen(snapshot(time.Now(), 7))
				synctest.Wait()
				var got []string
				for i, p := range places {
					if _, ok, _ := read(time.Now(), p); ok {
						got = append(got, strconv.Itoa(i))
					}
				}
				if got := strings.Join(got, " "); got != tt.want {
					t.Errorf("written in %q, want %q", got, tt.want)
				}
				if s, ok, _ := read(time.Now(), places...); ok && used(t, s) != 7 {
					t.Errorf("read %d", used(t, s))
				}
				if err := w.Close(); (err == nil) != (tt.want != "") {
					t.Errorf("Close returns %v", err)
				}
				if _, ok, _ := read(time.Now(), places...); ok {
					t.Error("after Close it is still there")
				}
			})
		})
	}
}

// A real dashboard is shown before a demo, and both are told apart.
func TestDemo(t *testing.T) {
	now, p := time.Now(), fresh(t)
	older := now.Add(-time.Hour)
	put(t, filepath.Join(p.Path, "aaaa"), "1.status", state{os.Getpid(), true, now, now, snapshot(now, 1)})
	d, ok, err := Read(now, []Place{p})
	if err != nil || !ok || !d.Demo || used(t, d.Snapshot) != 1 {
		t.Errorf("a demo alone: got %+v, %v, %v", d, ok, err)
	}
	put(t, filepath.Join(p.Path, "bbbb"), "1.status", state{os.Getpid(), false, older, now, snapshot(now, 2)})
	put(t, filepath.Join(p.Path, "cccc"), "1.status", state{os.Getpid(), true, now.Add(time.Second), now, snapshot(now, 3)})
	d, ok, err = Read(now, []Place{p})
	if err != nil || !ok || d.Demo || used(t, d.Snapshot) != 2 {
		t.Errorf("beside a dashboard: got %+v, %v, %v", d, ok, err)
	}
	if _, ok, err := Read(now, []Place{p}, "dddd"); ok || err != nil {
		t.Errorf("an account without dashboard: %v, %v", ok, err)
	}
}
