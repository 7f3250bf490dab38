package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/ui/words"

	tea "charm.land/bubbletea/v2"
)

// logged is over with a log.
func logged() *model.Snapshot {
	s := over()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	s.Log = model.Log{
		{At: ago(31 * time.Second), Kind: model.LogRefused, Endpoint: "chat", Denial: model.KindRate, Status: 429, Count: 1_043, Early: 21, On: true, Text: "Rate limit exceeded: 200 per 1 minute"},
		{At: ago(42 * time.Second), Kind: model.LogWarning, Endpoint: "chat", Text: "chat: 92% of 200 in 1m, limit in 11s"},
		{At: ago(3 * time.Minute), Kind: model.LogSource, Source: "billing", Until: at(2*time.Minute + 18*time.Second), Text: "connection refused"},
		{At: ago(10 * time.Minute), Kind: model.LogRefused, Endpoint: "generate", Denial: model.KindRate, Status: 429, Count: 44, Until: at(4 * time.Minute), Text: "Rate limit exceeded: 120 per 1 minute"},
		{At: ago(20 * time.Minute), Kind: model.LogReloaded},
		{At: ago(45 * time.Minute), Kind: model.LogService, Source: "journal", On: true, Text: "cannot write: no space left on device"},
		{At: now.Truncate(24 * time.Hour), Kind: model.LogReset, Used: model.Some(50_070_000 * model.Micros(1)), Limit: model.Some(50 * model.Dollar)},
		{At: ago(15 * time.Hour), Kind: model.LogRefused, Denial: model.KindCap, Status: 429, Count: 318, Early: 305, Until: at(13 * time.Hour)},
		{At: ago(15 * time.Hour), Kind: model.LogCap, Used: model.Some(50_070_000 * model.Micros(1)), Limit: model.Some(50 * model.Dollar), Until: model.Some(now.Truncate(24 * time.Hour))},
	}
	return s
}

func TestGoldenLog(t *testing.T) {
	for _, size := range goldenSizes {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			a := press(screen(logged, size[0], size[1]), "l", "up")
			golden(t, fmt.Sprintf("log-%dx%d.golden", size[0], size[1]), plainFrame(a)+"\n")
		})
	}
	r := newReel()
	a := into(t, r, send(travelling(r, 120, 40), snapshotMsg(*logged())), "[", 5*time.Minute)
	golden(t, "log-past-120x40.golden", plainFrame(press(a, "l"))+"\n")
}

// picked returns the line of the log under the cursor.
func pickedLine(t *testing.T, a App) string {
	t.Helper()
	for line := range strings.Lines(plainFrame(a)) {
		if i := strings.Index(line, "▸ "); i >= 0 && !strings.Contains(line, "─") {
			return strings.TrimRight(line[i+len("▸ "):], " │\n")
		}
	}
	t.Fatalf("there is no cursor:\n%s", plainFrame(a))
	return ""
}

func TestLogCursor(t *testing.T) {
	a := press(screen(logged, 120, 40), "l")
	for _, step := range []struct{ keys, want string }{
		{"", "refusing"}, {"up", "92% of 200"}, {"home", "reached at"}, {"down", "318 calls"}, {"down", "reset,"}, {"end", "refusing"},
		{"pgup", "reached at"}, {"pgdown", "refusing"}, {"left", "refusing"}, {"k k", "back, was lost"}, {"g", "reached at"}, {"G", "refusing"},
	} {
		a = press(a, strings.Fields(step.keys)...)
		if got := pickedLine(t, a); !strings.Contains(got, step.want) {
			t.Errorf("after %q the cursor is on %q, want %q", step.keys, got, step.want)
		}
	}
	// At the newest it follows those that come; elsewhere it stays.
	next := logged()
	next.Log = append(model.Log{{At: now.Add(-time.Second), Kind: model.LogReloaded, Text: "theme pink is unknown"}}, next.Log...)
	if got := pickedLine(t, send(a, snapshotMsg(*next))); !strings.Contains(got, "theme pink") {
		t.Errorf("the cursor does not follow: %q", got)
	}
	if got := pickedLine(t, send(press(a, "up"), snapshotMsg(*next))); !strings.Contains(got, "92% of 200") {
		t.Errorf("the cursor does not stay: %q", got)
	}
	if b := press(a, "esc"); b.log.open || press(b, "l", "l").log.open || press(b, "l", "2").log.open {
		t.Error("the log does not close")
	}
}

func TestLogFilter(t *testing.T) {
	a := press(screen(logged, 120, 40), "l", "/", "l", "o", "s", "t", "enter")
	if frame := plainFrame(a); !strings.Contains(frame, "1 entry with /lost") || strings.Contains(frame, "refusing") || !strings.Contains(frame, "/lost") {
		t.Errorf("filtered:\n%s", frame)
	}
	if frame := plainFrame(press(a, "/", "x")); !strings.Contains(frame, "nothing matches /lostx") {
		t.Errorf("filtered by what is nowhere:\n%s", frame)
	}
	if a = press(a, "esc"); !a.log.open || a.log.filter != "" {
		t.Error("esc does not clear the filter first")
	}
	if frame := plainFrame(press(screen(calm, 80, 24), "l")); !strings.Contains(frame, "nothing has happened yet") {
		t.Errorf("empty:\n%s", frame)
	}
}

// Enter goes to the time of an entry, and shows its endpoint; a copy has it as JSON.
func TestLogEnterAndCopy(t *testing.T) {
	r := newReel()
	a := press(send(travelling(r, 120, 40), snapshotMsg(*logged())), "l", "up", "up", "up")
	m, open := a.Update(pressed("enter"))
	if a := happen(t, m.(App), open); a.log.open || !a.inPast() || a.picked[endpointsPane].endpoint != "generate" || r.told != "11:54:31 " {
		t.Errorf("the player was told %q, and %+v is picked", r.told, a.picked[endpointsPane])
	}
	m, cmd := a.Update(pressed("y"))
	if text := fmt.Sprint(cmd()); !strings.Contains(plainFrame(m.(App)), "copied entry of the log") || !strings.Contains(text, "52;c;") {
		t.Errorf("copied %q:\n%s", text, plainFrame(m.(App)))
	}
	// In a replay too; without a past it is only a list.
	d := &deck{now: Replay{Speed: 1}}
	replay := send(New(nil, Options{Player: d}).sized(120, 40), snapshotMsg(*logged()))
	if press(replay, "l", "up", "enter"); d.told != "12:03:49 " {
		t.Errorf("the player was told %q", d.told)
	}
	if b := press(screen(logged, 120, 40), "l", "enter"); !b.log.open {
		t.Error("enter leaves a log that leads nowhere")
	}
}

func TestLogByMouse(t *testing.T) {
	r := newReel()
	a := press(send(travelling(r, 120, 40), snapshotMsg(*logged())), "l")
	a = send(a, tea.MouseClickMsg{X: 30, Y: 4, Button: tea.MouseLeft})
	if got := pickedLine(t, a); !strings.Contains(got, "reset,") {
		t.Errorf("a click picks %q", got)
	}
	if b := send(a, tea.MouseClickMsg{X: 30, Y: 4, Button: tea.MouseLeft}); !b.inPast() {
		t.Error("a second click does not go there")
	}
	if got := pickedLine(t, send(a, tea.MouseWheelMsg{X: 30, Y: 20, Button: tea.MouseWheelDown})); strings.Contains(got, "reset,") {
		t.Error("the wheel does not scroll")
	}
}

// A new entry is shown in the footer for a while, and again when it has changed.
func TestNewEntryInTheFooter(t *testing.T) {
	footer := func(a App) string { return plainFrame(a)[strings.LastIndex(plainFrame(a), "\n")+1:] }
	a := screen(logged, 120, 40)
	if got := footer(a); strings.Contains(got, "refusing") {
		t.Errorf("an entry of 31 s ago is in the footer: %q", got)
	}
	s := logged()
	s.Log[0].At = now.Add(-3 * time.Second)
	if got := footer(send(a, snapshotMsg(*s))); !strings.Contains(got, "12:04:28 ■ chat refusing, 1,043 calls in 3s so far") || !strings.HasSuffix(got, "l log") {
		t.Errorf("the footer is %q", got)
	}
	for _, size := range goldenSizes {
		if f := footer(send(a.sized(size[0], size[1]), snapshotMsg(*s))); size[1] >= 11 && !strings.Contains(f, "chat") {
			t.Errorf("%v: the footer is %q", size, f)
		}
	}
}

// No entry reads like another, and each says what it is about.
func TestLogWords(t *testing.T) {
	var lines []string
	for _, e := range logged().Log {
		line := words.LogName(&e) + " " + words.LogText(&e, now)
		if slices.Contains(lines, line) || strings.Contains(line, "  ") || strings.Contains(line, "%!") {
			t.Errorf("%q", line)
		}
		lines = append(lines, line)
	}
	want := []string{
		"chat refusing, 1,043 calls in 31s so far; 21 calls ignored Retry-After: Rate limit exceeded: 200 per 1 minute",
		"chat 92% of 200 in 1m, limit in 11s",
		"billing back, was lost for 42s: connection refused",
		"generate 44 calls refused in 6m: Rate limit exceeded: 120 per 1 minute",
		"config configuration reloaded",
		"journal failing for 45m: cannot write: no space left on device",
		"cap reset, $50.07 spent before",
		"cap 318 calls refused in 2h; 305 calls sent after the cap was reached",
		"cap reached at $50.07 of $50.00, over after 2h55m",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("the log reads\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}
