package config

import (
	"strconv"
	"testing"
)

func TestWithChanges(t *testing.T) {
	parse := func(text string) Settings {
		t.Helper()
		f := &File{Settings: Default(), path: "f", source: []byte(text)}
		if err := f.parse(); err != nil {
			t.Fatal(err)
		}
		return f.Settings
	}
	const chat = "[[endpoint]]\nid = \"chat\"\nlimits = [{max = 150, per = \"1m\"}]\n"
	started := parse("interval = \"20s\"")
	inUse := started
	for _, c := range []Change{{"cap", "7"}, {"limit gliner 1m", "99"}} { // set on the screen
		if err := inUse.Set(c); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		file    string
		restart bool
		want    string // how many calls chat and gliner may make, the interval, the cap
	}{
		"nothing":      {"interval = \"20s\"\ntheme = \"x\"", false, "200 99 20s 7"},
		"interval":     {"interval = \"5s\"", false, "200 99 5s 7"},
		"limit":        {"interval = \"20s\"\n" + chat, false, "150 99 20s 7"},
		"cap, bell":    {"interval = \"20s\"\n[cap]\nusd_per_day = 3\n[alerts]\nbell = false", false, "200 99 20s 3"},
		"tap":          {"interval = \"5s\"\ntap = \"127.0.0.1:1\"", true, "200 99 5s 7"},
		"fleet":        {"interval = \"20s\"\n[fleet]\nurl = \"nats://broker\"", true, "200 99 20s 7"},
		"profile":      {"interval = \"20s\"\nprofile = \"2026-07\"", true, "200 99 20s 7"},
		"window":       {"interval = \"20s\"\n[[endpoint]]\nid = \"chat\"\nlimits = [{max = 150, per = \"1h\"}]", true, "200 99 20s 7"},
		"new endpoint": {"interval = \"20s\"\n[[endpoint]]\nid = \"x\"\npaths = [\"/x\"]\nlimits = [{max = 150, per = \"1h\"}]", true, "200 99 20s 7"},
	} {
		file := parse(tt.file)
		got := inUse.WithChanges(started, file)
		text := ""
		for _, id := range []string{"chat", "gliner"} {
			limits, err := got.limitsOf(id)
			if err != nil {
				t.Fatal(err)
			}
			text += strconv.Itoa(limits[0].Max) + " "
		}
		text += got.Interval.String() + " " + strconv.Itoa(int(got.Cap.USDPerDay))
		if text != tt.want || file.NeedsRestart(started) != tt.restart || got.Alerts.Bell != file.Alerts.Bell {
			t.Errorf("%s: %s, restart %t; want %s, %t", name, text, file.NeedsRestart(started), tt.want, tt.restart)
		}
	}
}
