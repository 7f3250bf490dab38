package config

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fixture is a folder in which a test saves files, and the states that changed saw.
type fixture struct {
	t     *testing.T
	root  string
	paths Paths
	saw   chan string
}

// newFixture returns a fixture for home/quotatop/config.toml and home/quotatop/themes,
// which do not exist yet.
func newFixture(t *testing.T) *fixture {
	root := t.TempDir()
	return &fixture{t: t, root: root, saw: make(chan string, 100), paths: Paths{
		Config:    filepath.Join(root, "home/quotatop/config.toml"),
		ThemesDir: filepath.Join(root, "home/quotatop/themes"),
	}}
}

func (d *fixture) watch() {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	d.t.Cleanup(cancel)
	if err := Watch(ctx, d.paths, func() { d.saw <- d.state() }); err != nil {
		d.t.Fatal(err)
	}
}

// state returns the contents of the files.
func (d *fixture) state() string {
	var parts []string
	if text, err := readFile(d.paths.Config, maxFile); err == nil {
		parts = append(parts, string(text))
	}
	entries, _ := os.ReadDir(d.paths.ThemesDir)
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), ".toml"); ok {
			text, _ := os.ReadFile(filepath.Join(d.paths.ThemesDir, entry.Name()))
			parts = append(parts, name+"="+string(text))
		}
	}
	return strings.Join(parts, " ")
}

// want waits until changed has been called with the files in this state.
func (d *fixture) want(state string) {
	d.t.Helper()
	late := time.After(10 * time.Second)
	last := "nothing"
	for {
		select {
		case last = <-d.saw:
			if last == state {
				return
			}
		case <-late:
			d.t.Fatalf("saw %q, want %q", last, state)
		}
	}
}

func (d *fixture) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *fixture) at(name string) string { return filepath.Join(d.root, name) }
func (d *fixture) mkdir(name string)     { d.t.Helper(); d.must(os.MkdirAll(d.at(name), 0o700)) }
func (d *fixture) remove(name string)    { d.t.Helper(); d.must(os.RemoveAll(d.at(name))) }
func (d *fixture) move(from, to string)  { d.t.Helper(); d.must(os.Rename(d.at(from), d.at(to))) }
func (d *fixture) link(to, name string)  { d.t.Helper(); d.must(os.Symlink(to, d.at(name))) }

// save writes a file, and creates its folder.
func (d *fixture) save(name, text string) {
	d.t.Helper()
	d.mkdir(filepath.Dir(name))
	d.must(os.WriteFile(d.at(name), []byte(text), 0o600))
}

const (
	config = "home/quotatop/config.toml"
	themes = "home/quotatop/themes/"
)

func TestSaves(t *testing.T) {
	for name, steps := range map[string]func(d *fixture){
		"in place": func(d *fixture) {
			d.save(config, "1")
			d.watch()
			d.save(config, "2")
			d.want("2")
			d.save(config, "3")
			d.want("3")
		},
		"by rename": func(d *fixture) {
			d.save(config, "1")
			d.watch()
			for _, text := range []string{"2", "3"} {
				d.save(config+".new", text)
				d.move(config+".new", config)
				d.want(text)
			}
		},
		"with a backup": func(d *fixture) {
			d.save(config, "1")
			d.watch()
			for _, text := range []string{"2", "3"} {
				d.move(config, config+"~")
				d.save(config, text)
				d.want(text)
			}
		},
		"a pipe in its place": func(d *fixture) {
			d.save(config, "1")
			d.watch()
			d.must(syscall.Mkfifo(d.at(config+".pipe"), 0o600))
			d.move(config+".pipe", config)
			d.want("")
			d.save(config+".new", "2")
			d.move(config+".new", config)
			d.want("2")
		},
		"removed": func(d *fixture) {
			d.save(config, "1")
			d.watch()
			d.remove(config)
			d.want("")
			d.save(config, "2")
			d.want("2")
		},
		"folders created later": func(d *fixture) {
			d.watch()
			d.save(config, "1")
			d.want("1")
			d.save(themes+"mine.toml", "a")
			d.want("1 mine=a")
			d.save(config, "2")
			d.want("2 mine=a")
		},
		"folder removed and created again": func(d *fixture) {
			d.save(config, "1")
			d.save(themes+"mine.toml", "a")
			d.watch()
			for range 3 {
				d.remove("home")
				d.want("")
				d.save(config, "2")
				d.want("2")
				d.save(themes+"mine.toml", "b")
				d.want("2 mine=b")
			}
		},
		"folder replaced by another": func(d *fixture) {
			d.save(config, "1")
			d.save("home/other/config.toml", "2")
			d.watch()
			d.move("home/quotatop", "home/old")
			d.move("home/other", "home/quotatop")
			d.want("2")
			d.save(config, "3")
			d.want("3")
		},
		"link to a file": func(d *fixture) {
			d.save("dots/config.toml", "1")
			d.mkdir("home/quotatop")
			d.link("../../dots/config.toml", config)
			d.watch()
			d.save("dots/config.toml", "2")
			d.want("2")
			d.save("dots/new", "3")
			d.move("dots/new", "dots/config.toml")
			d.want("3")
			d.save("more/config.toml", "4")
			d.remove(config)
			d.link(d.at("more/config.toml"), config)
			d.want("4")
			d.save("more/config.toml", "5")
			d.want("5")
		},
		"link to a folder": func(d *fixture) {
			d.save("dots/config.toml", "1")
			d.mkdir("home")
			d.link(d.at("dots"), "home/quotatop")
			d.watch()
			d.save("dots/config.toml", "2")
			d.want("2")
			d.save("more/config.toml", "3")
			d.link("../more", "home/next")
			d.move("home/next", "home/quotatop")
			d.want("3")
			d.save("more/config.toml", "4")
			d.want("4")
			d.save("more/themes/mine.toml", "a")
			d.want("4 mine=a")
		},
		"dangling link, and a loop of links": func(d *fixture) {
			d.mkdir("home/quotatop")
			d.link("../../dots/config.toml", config)
			d.mkdir(themes)
			d.link("b.toml", themes+"a.toml")
			d.link("a.toml", themes+"b.toml")
			d.watch()
			d.save("dots/config.toml", "1")
			d.want("1 a= b=")
		},
		"themes": func(d *fixture) {
			d.save(config, "1")
			d.mkdir(themes)
			d.watch()
			d.save(themes+"mine.toml", "a")
			d.want("1 mine=a")
			d.save(themes+"new", "b")
			d.move(themes+"new", themes+"mine.toml")
			d.want("1 mine=b")
			d.move(themes+"mine.toml", themes+"yours.toml")
			d.want("1 yours=b")
			d.remove(themes + "yours.toml")
			d.want("1")
			d.remove(themes)
			d.save(themes+"mine.toml", "")
			d.want("1 mine=")
		},
		"unreadable at first": func(d *fixture) {
			d.save(config, "1")
			d.remove(config)
			d.mkdir(config)
			d.watch()
			d.remove(config)
			d.save(config, "2")
			d.want("2")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps(newFixture(t))
		})
	}
}

// A save of another file, or of the same contents, is not a change.
func TestNoChange(t *testing.T) {
	d := newFixture(t)
	d.save(config, "1")
	d.mkdir(themes)
	d.watch()
	d.save(config+".new", "1")
	d.move(config+".new", config)
	d.save("home/quotatop/key", "secret")
	d.save(themes+"notes.txt", "a")
	d.save(themes+"mine.toml", "")
	select {
	case got := <-d.saw:
		if got != "1 mine=" {
			t.Errorf("saw %q, want the one file that changed", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("saw nothing, want the one file that changed")
	}
}

func TestRelativePath(t *testing.T) {
	d := newFixture(t)
	t.Chdir(d.root)
	d.paths = Paths{Config: "quotatop.toml"}
	d.watch()
	d.save("quotatop.toml", "1")
	d.want("1")
}

func TestNothingIsCalledAfterTheEnd(t *testing.T) {
	d := newFixture(t)
	ctx, cancel := context.WithCancel(context.Background())
	before := goleak.IgnoreCurrent()
	if err := Watch(ctx, d.paths, func() { t.Error("a call after the end") }); err != nil {
		t.Fatal(err)
	}
	cancel()
	goleak.VerifyNone(t, before)
	d.save(config, "1")
}
