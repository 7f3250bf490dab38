package ui

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/status"
	"quotatop/ui/words"
)

// generated is a snapshot with random gauges, forecasts, denials, sources and a
// random cap, as the ledger may make one.
func generated(r *rand.Rand) model.Snapshot {
	s := *calm()
	chance := func(n int) bool { return r.IntN(n) == 0 }
	ago := func(most int) time.Time { return now.Add(-time.Duration(r.IntN(most*1000)) * time.Millisecond) }
	generatedSources(r, &s)
	for i := range s.Endpoints {
		for j := range s.Endpoints[i].Limits {
			l := &s.Endpoints[i].Limits[j]
			used(l, r.IntN(l.Limit*11/10), 0.3)
			l.UpperBound, l.LowerBound, l.Estimated = chance(6), chance(6), chance(6)
			l.AsOf = model.Some(ago(1 + r.IntN(80)))
			switch {
			case chance(8):
				l.Used, l.AsOf = model.Opt[int]{}, model.Opt[time.Time]{}
			case l.Used.Or(0) < l.Limit && chance(2):
				l.TimeToLimit = model.Some([]float64{0, r.Float64() * 30, r.Float64() * 90, r.Float64() * 3000}[r.IntN(4)])
			}
		}
	}
	generatedCap(r, &s, ago)
	for range r.IntN(4) {
		e := &s.Endpoints[r.IntN(len(s.Endpoints))]
		first := ago(120)
		g := model.DenialGroup{
			Kind:     []model.Kind{model.KindRate, model.KindRate, model.KindRate, model.KindBusy, model.KindUnknown, model.KindCredits, model.KindAuth}[r.IntN(7)],
			Endpoint: e.ID, Status: 429, First: first, At: first.Add(now.Sub(first) / 2), Count: 1 + r.IntN(50), Source: "tap",
		}
		if g.Kind.Waits() && !chance(4) {
			g.RetryAt = model.Some(g.At.Add(time.Duration(r.IntN(90)) * time.Second))
			g.ClearsAt = g.RetryAt
		}
		s.Denials = append(s.Denials, g)
		for j := range e.Limits {
			l := &e.Limits[j]
			if l.Rejected = model.Some(g.Count); g.Kind != model.KindRate || j > 0 {
				continue
			}
			if until := g.RetryAt.Or(g.At.Add(5 * time.Second)); until.After(now) {
				l.RefusedUntil = model.Some(until)
				if l.Inferred = l.Used.Or(0) < l.Limit; l.Inferred {
					l.Used, l.AsOf, l.TimeToLimit = model.Some(l.Limit), at(0), model.Some(0.0)
				}
			}
		}
	}
	return walled(s)
}

// generatedSources gives the sources random states.
func generatedSources(r *rand.Rand, s *model.Snapshot) {
	for i := range s.Sources {
		src := &s.Sources[i]
		if r.IntN(4) != 0 {
			continue
		}
		src.State = []model.State{model.StateError, model.StateStale, model.StatePaused}[r.IntN(3)]
		if src.State == model.StateError {
			src.Error, src.RetryAt = "no answer", model.Some(now.Add(time.Duration(r.IntN(60))*time.Second))
		}
	}
}

// generatedCap gives a snapshot a random cap. The ledger lets nothing be left of one
// that denies calls.
func generatedCap(r *rand.Rand, s *model.Snapshot, ago func(int) time.Time) {
	spent := model.Micros(r.IntN(55)) * model.Dollar
	s.Cap.Used, s.Cap.Remaining = model.Some(spent), model.Some(max(s.Cap.Limit.Or(0)-spent, 0))
	s.Cap.AsOf = model.Some(ago(1 + r.IntN(200)))
	if spent < s.Cap.Limit.Or(0) && r.IntN(3) == 0 {
		s.Cap.ExhaustsAt = model.Some(now.Add(time.Duration(r.IntN(40_000)) * time.Second))
	}
	if r.IntN(4) > 0 {
		return
	}
	first := ago(600)
	s.Denials = append(s.Denials, model.DenialGroup{
		Kind: model.KindCap, Endpoint: "chat", Endpoints: []model.EndpointCount{{ID: "inference", Count: 3}, {ID: "chat", Count: 4}},
		Status: 429, First: first, At: ago(60), Count: 7, ClearsAt: model.Some(s.Cap.ResetsAt), Source: "tap",
	})
	if r.IntN(3) > 0 { // else the cap was raised since
		s.Cap.Inferred, s.Cap.Used, s.Cap.Remaining, s.Cap.ExhaustsAt = true, s.Cap.Limit, model.Some(model.Micros(0)), model.Opt[time.Time]{}
	}
}

var (
	saysRefused = regexp.MustCompile(`\brefused\b|\bretry in\b|calls refused`)
	saysReached = regexp.MustCompile(`cap +reached`)
)

// No two places of the screen, the title and the status line contradict each other.
func TestPlacesAgree(t *testing.T) {
	for seed := range uint64(600) {
		s := generated(rand.New(rand.NewPCG(seed, 11)))
		a := screen(func() *model.Snapshot { return &s }, 120, 40)
		next, said := words.NextOf(&s)
		line, err := status.Format(s, status.Plain)
		if err != nil {
			t.Fatal(err)
		}
		frame := plainFrame(a)
		header, _, _ := strings.Cut(frame, "\n")
		small := plainFrame(screen(func() *model.Snapshot { return &s }, 20, 3))
		places := map[string]string{"header": header, "title": a.title, "status line": line, "small screen": small}
		wrong := func(format string, args ...any) {
			t.Helper()
			t.Errorf("seed %d: %s\nwalls: %+v\ntitle: %s\nstatus: %s\n%s\n%s", seed, fmt.Sprintf(format, args...), s.Walls, a.title, line, small, frame)
		}
		for place, text := range places {
			if lasts := place == "status line" && next.Kind == model.WallCap && next.Pressure <= model.Calm; !lasts && !strings.Contains(text, said.String()) {
				wrong("the %s does not name the next wall, %s", place, said)
			}
		}
		if said.Then != "" && !strings.Contains(header, said.Then) {
			wrong("the header does not say %q", said.Then)
		}
		checkRefusals(&s, a, places, wrong)
		checkRows(&s, a, wrong)
		if t.Failed() {
			return
		}
	}
}

// checkRefusals checks that all places say alike whether calls are refused, and that
// nothing is left of a cap that is reached.
func checkRefusals(s *model.Snapshot, a App, places map[string]string, wrong func(string, ...any)) {
	refused := false
	for _, w := range s.Walls {
		refused = refused || w.Kind == model.WallRefused
	}
	lost := s.Walls[0].Kind == model.WallSource // the header says when it is tried again
	for place, text := range places {
		if !refused && !lost && saysRefused.MatchString(text) {
			wrong("the %s says that calls are refused", place)
		}
	}
	_, reached := s.CapWall()
	capPane, alerts := paneText(a, capPane), paneText(a, ratePane)+paneText(a, billingPane)
	if !reached == (saysReached.MatchString(capPane) || saysReached.MatchString(places["header"])) {
		wrong("the cap is reached: %v; its pane says\n%s", reached, capPane)
	}
	if reached && (!strings.Contains(capPane, "$0.00") || strings.Contains(capPane, "runs out") || !strings.Contains(places["status line"], "$0.00")) {
		wrong("the cap is reached, and its pane says\n%s", capPane)
	}
	if s.At.Sub(s.Cap.AsOf.Or(s.At)) <= 2*time.Minute && s.Sources[0].State == model.StateOK && strings.Contains(capPane+a.capNote(), "stale") {
		wrong("the cap pane says that it is stale, and the plan was polled in time")
	}
	for i := range s.Denials {
		g := &s.Denials[i]
		_, texts := a.clears(g)
		waits := strings.HasPrefix(texts[0], "retry in") || strings.HasPrefix(texts[0], "clears in")
		if waits && g.Kind != model.KindBusy && a.ended(g) {
			wrong("the alert of %s %s says %q, and refuses nothing", g.Kind, g.Endpoint, texts[0])
		}
	}
	if strings.Count(alerts, "daily cap ") > 1 {
		wrong("the cap has several alerts:\n%s", alerts)
	}
}

// checkRows checks each row against its wall: what it says, its sign and its colours.
func checkRows(s *model.Snapshot, a App, wrong func(string, ...any)) {
	for _, r := range a.rows(true, false) {
		texts := strings.Join(a.stateTexts(&r), " ")
		if says := saysRefused.MatchString(texts); says != (r.wall.Kind == model.WallRefused) && !a.capRefuses(r.endpoint) {
			wrong("the row of %s says %q, its wall is %+v", r.endpoint, texts, r.wall)
		}
		if r.limit == nil {
			continue
		}
		if r.wall.Kind == model.WallRefused && r.wall.Pressure != model.Full {
			wrong("the calls of %s are refused, and its pressure is %s", r.endpoint, r.wall.Pressure)
		}
		c := newCanvas(120, 1)
		columns := columnsFor([]row{r}, formatFor(120), 120)
		a.drawRow(c.all(), columns, &r, a.commonTime(), false)
		role := wallRole(r.wall)
		if r.wall.Pressure == model.PressureUnknown {
			continue
		}
		if got := c.cells[columns.percent.x+columns.percent.w-1].role; got != role && !(r.wall.Pressure == model.Calm && got == theme.Text) {
			wrong("the percentage of %s has the role %v, want %v of %+v", r.endpoint, got, role, r.wall)
		}
		if k := c.cells[columns.gauge.x]; k.char == fullGlyph && k.role != role {
			wrong("the gauge of %s has the role %v, want %v of %+v", r.endpoint, k.role, role, r.wall)
		}
		if sign, want := c.cells[columns.state.x].char, pressureGlyph(r.wall.Pressure); want != ' ' && sign != want && !a.capRefuses(r.endpoint) {
			wrong("the sign of %s is %q, want %q of %+v", r.endpoint, sign, want, r.wall)
		}
	}
}

// paneText returns what a pane shows with room for all of it.
func paneText(a App, p paneID) string {
	c := newCanvas(60, 20)
	panes[p].draw(&a, c.all(), outcome{})
	return c.text(nil)
}

// What is said of a fleet is the same wherever it is: how many generators there are, how
// many are silent, and that figures are lower bounds.
func TestFleetReadsTheSame(t *testing.T) {
	behind := func() *model.Snapshot {
		s := fleetOf12()
		g := &s.Fleet.Generators[0]
		g.State, g.HeardAt, g.Behind, g.Missing, g.Dropped = model.GeneratorLive, now, true, 0, 0
		return s
	}
	for name, tt := range map[string]struct {
		snap   func() *model.Snapshot
		counts string // of the generators
		heard  string
		status string
		why    string // figures are lower bounds; empty if they are not
	}{
		"all well": {fleetOf3, "3 generators", "● fleet 3", "fleet 3", ""},
		"silent": {fleetOf12, "12 generators, 1 silent, 1 refused", "◌ fleet 11 of 12", "fleet 11/12",
			"1 of 12 generators is silent, 2 batches are missing, 1,204 calls dropped"},
		"behind":    {behind, "12 generators, 1 behind, 1 refused", "◌ fleet 11 of 12", "fleet 11/12", "1 of 12 generators is catching up"},
		"very many": {fleetOf1000, "1,024 generators", "● fleet 1,024", "fleet 1,024", ""},
	} {
		s := tt.snap()
		texts := outlets(t, s)
		texts["pane"] = plainFrame(press(screen(tt.snap, 200, 60), "f", "f"))
		texts["line"] = plainFrame(screen(tt.snap, 70, 15))
		for place, want := range map[string]string{
			"screen": tt.counts, "pane": tt.counts, "line": tt.counts, "summary": "fleet load-7: " + tt.counts, "header": tt.heard, "status": "  " + tt.status,
		} {
			if !strings.Contains(texts[place], want) {
				t.Errorf("%s: no %q in the %s:\n%s", name, want, place, texts[place])
			}
		}
		for _, place := range []string{"screen", "summary", "pane"} {
			if got := strings.Contains(texts[place], "figures are lower bounds"); got != (tt.why != "") || !strings.Contains(texts[place], tt.why) {
				t.Errorf("%s: the %s says %v that figures are lower bounds, want it because %q:\n%s", name, place, got, tt.why, texts[place])
			}
		}
		signs := strings.Contains(texts["screen"], "≥")
		if signs != (tt.why != "") {
			t.Errorf("%s: signs of lower bounds: %v", name, signs)
		}
		if detail := plainFrame(press(screen(tt.snap, 120, 40), "3", "1", "g", "enter")); strings.Contains(detail, "lower bound ") != signs || signs && !strings.Contains(detail, tt.why[:12]) {
			t.Errorf("%s: the detail says otherwise:\n%s", name, detail)
		}
	}
}

// The generators in the pane add up to what its details and the alerts say of them.
func TestGeneratorsReadTheSame(t *testing.T) {
	a := press(screen(fleetOf12, 200, 60), "f", "j")
	g, frame := a.generator(), plainFrame(a)
	for _, want := range []string{
		"■ gen-7 ", "148       26       11  chat", "148 calls accepted, 26 refused", "108  chat, 26 refused", "gen-7 ignores Retry-After: 11 early", "11 calls sent during its own Retry-After",
	} {
		if !strings.Contains(frame, want) {
			t.Errorf("of %s there is no %q:\n%s", g.Name, want, frame)
		}
	}
}
