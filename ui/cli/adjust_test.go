package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"quotatop/poller"
	"quotatop/ui"
)

// newTestAdjuster returns the adjuster of a session with this configuration file.
func newTestAdjuster(t *testing.T, text string) (a *adjuster, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f := &flags{config: path}
	settings, err := f.settings()
	if err != nil {
		t.Fatal(err)
	}
	s, err := poller.New(settings, "pio_sk_0123456789abcdef9f3c")
	if err != nil {
		t.Fatal(err)
	}
	return f.newAdjuster(s, settings), path
}

// setting returns a setting of the list.
func setting(t *testing.T, a *adjuster, name string) ui.Setting {
	t.Helper()
	list := a.List()
	i := slices.IndexFunc(list, func(s ui.Setting) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("there is no setting %q", name)
	}
	return list[i]
}

// What is set counts for the session; only Save writes, and only what was set.
func TestAdjusterSavesWhenAsked(t *testing.T) {
	const text = "# mine\ninterval = \"20s\" # slow\n"
	a, path := newTestAdjuster(t, text)
	for _, c := range [][2]string{{"interval", "5s"}, {"limit chat 1m", "150"}, {"limit chat 1m", "140"}, {"theme", "mono"}, {"bell", "off"}} {
		if err := a.Set(c[0], c[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Set("interval", "1h"); err == nil || !strings.Contains(err.Error(), "use 1s to 10m") {
		t.Errorf("an interval of 1h: %v", err)
	}
	for name, want := range map[string]string{"interval": "5s", "limit chat 1m": "140", "bell": ui.BellOff} {
		if s := setting(t, a, name); s.Value != want || !s.Changed {
			t.Errorf("%s is %+v, want %s, not saved", name, s, want)
		}
	}
	if got, _ := os.ReadFile(path); string(got) != text {
		t.Errorf("written without being asked: %q", got)
	}
	a.demo = true
	if _, err := a.Save(); err == nil {
		t.Error("the demo saves")
	}
	a.demo = false
	said, err := a.Save()
	if err != nil || said != "saved 4 settings to "+underHome(path) {
		t.Errorf("said %q, %v", said, err)
	}
	const want = "# mine\ninterval = \"5s\" # slow\ntheme = \"mono\"\n\n[[endpoint]]\nid = \"chat\"\nlimits = [{ max = 140, per = \"1m\" }]\n\n[alerts]\nbell = false\n"
	if got, _ := os.ReadFile(path); string(got) != want {
		t.Errorf("the file is\n%s\nwant\n%s", got, want)
	}
	if said, err := a.Save(); err != nil || said != "nothing to save" || setting(t, a, "interval").Changed {
		t.Errorf("saved again: %q, %v", said, err)
	}
	// The watch then reads what was saved: nothing changes, and nothing needs a restart.
	file, err := a.flags.load()
	if err != nil {
		t.Fatal(err)
	}
	if restart, bell := a.reread(file.Settings); restart || bell || setting(t, a, "limit chat 1m").Value != "140" {
		t.Errorf("read again: restart %t, bell %t, %+v", restart, bell, setting(t, a, "limit chat 1m"))
	}
}

// A change of the file does not undo what the user set, unless it is about that.
func TestAdjusterAndTheFile(t *testing.T) {
	a, path := newTestAdjuster(t, "interval = \"20s\"\n")
	if err := a.Set("interval", "5s"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text, interval, cap string
		restart             bool
	}{
		{"interval = \"20s\"\n[cap]\nusd_per_day = 7\n", "5s", "7usd", false},
		{"interval = \"20s\"\ntap = \"127.0.0.1:1\"\n", "5s", "none", true},
		{"interval = \"30s\"\n", "30s", "none", false},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := a.flags.load()
		if err != nil {
			t.Fatal(err)
		}
		restart, _ := a.reread(file.Settings)
		if got := setting(t, a, "interval").Value; restart != c.restart || got != c.interval || setting(t, a, "cap").Value != c.cap {
			t.Errorf("%q: interval %s, cap %s, restart %t", c.text, got, setting(t, a, "cap").Value, restart)
		}
	}
}

// What is in use is shown, of the key its end only.
func TestAdjusterShowsWhatIsInUse(t *testing.T) {
	a, path := newTestAdjuster(t, "")
	for name, want := range map[string]string{
		"base URL": "https://api.pioneer.ai", "key": "…9f3c", "profile": "2026-06", "config": path, "tap": "none", "journal": "none",
	} {
		if s := setting(t, a, name); s.Value != want || !s.Fixed {
			t.Errorf("%s is %+v, want %s", name, s, want)
		}
	}
	for _, s := range a.List() {
		if strings.Contains(s.Value+s.Note, "0123456789") {
			t.Errorf("%s shows the key: %+v", s.Name, s)
		}
	}
}

// The screen, a save and the watch may use it at the same time.
func TestAdjusterIsSafe(t *testing.T) {
	a, path := newTestAdjuster(t, "")
	file, err := a.flags.load()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, f := range []func(){
		func() { _ = a.Set("interval", "5s") }, func() { _ = a.Set("cap", "3usd") }, func() { a.List() },
		func() { _, _ = a.Save() }, func() { a.reread(file.Settings) },
	} {
		all.Go(func() {
			for range 20 {
				f()
			}
		})
	}
	all.Wait()
	if _, err := a.Save(); err != nil {
		t.Error(err)
	}
	if _, err := (&flags{config: path}).load(); err != nil {
		t.Errorf("the file is not valid any more: %v", err)
	}
}
