package words

import (
	"strings"
	"testing"
	"time"

	"quotatop/model"
)

func TestFleet(t *testing.T) {
	live := model.Generator{State: model.GeneratorLive}
	silent := model.Generator{State: model.GeneratorSilent, Missing: 1}
	refused := model.Generator{State: model.GeneratorLive, Rejected: 3}
	behind := model.Generator{State: model.GeneratorLive, Behind: true}
	gone := model.Generator{State: model.GeneratorGone, Dropped: 1_204}
	ended := model.Generator{State: model.GeneratorEnded}
	for want, f := range map[string]model.Fleet{
		"0 generators | ":                {},
		"1 generator | ":                 {Generators: []model.Generator{live}},
		"3 generators, 1 ended | ":       {Generators: []model.Generator{live, live, ended}},
		"1,002 generators, 1 refused | ": {Generators: []model.Generator{live, refused}, Unlisted: 1_000},
		"2 generators, 1 silent | 1 of 2 generators is silent, 1 batch is missing":                          {Generators: []model.Generator{silent, live}},
		"2 generators, 2 silent | 2 of 2 generators are silent, 2 batches are missing":                      {Generators: []model.Generator{silent, silent}},
		"3 generators, 1 behind, 1 refused, 1 gone | 1 of 3 generators is catching up, 1,204 calls dropped": {Generators: []model.Generator{behind, refused, gone}},
	} {
		n := FleetOf(&f)
		got := n.Texts()[0] + " | " + strings.Join(n.Unheard()[:min(len(n.Unheard()), 1)], "")
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEarly(t *testing.T) {
	group := func(kind model.Kind, early int, all ...model.GeneratorDenials) *model.DenialGroup {
		return &model.DenialGroup{Kind: kind, Early: early, Generators: all}
	}
	one, other, good := model.GeneratorDenials{Name: "gen-17", Early: 42}, model.GeneratorDenials{Name: "gen-2", Early: 1}, model.GeneratorDenials{Name: "gen-3", Count: 9}
	for want, g := range map[string]*model.DenialGroup{
		"":                                     group(model.KindRate, 0, good),
		"gen-17 ignores Retry-After: 42 early": group(model.KindRate, 42, one, good),
		"gen-17 and 1 more ignore Retry-After: 43 early": group(model.KindRate, 43, one, other, good),
		"gen-17 sends after the cap: 42 calls":           group(model.KindCap, 42, one),
		"gen-2 sends after the cap: 1 call":              group(model.KindCap, 1, other),
	} {
		if got := Early(g); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := Denied(group(model.KindRate, 0, good, one)); got != "gen-3 and 1 more" {
		t.Error(got)
	}
}

func TestClockOff(t *testing.T) {
	for offset, want := range map[time.Duration]string{
		0: "0s", 49 * time.Millisecond: "0s", -60 * time.Millisecond: "0.1s ahead", 132 * time.Millisecond: "0.1s behind", 2400 * time.Millisecond: "2.4s behind",
		-12 * time.Second: "12s ahead", 10 * time.Minute: "10m behind", -50 * time.Hour: "2d ahead",
	} {
		if got := ClockOff(offset); got != want {
			t.Errorf("%s: %q, want %q", offset, got, want)
		}
	}
}
