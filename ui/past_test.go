package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"quotatop/model"

	tea "charm.land/bubbletea/v2"
)

// A reel is a past for tests: what its player was told, and its snapshots.
type reel struct {
	*deck
	feed   chan model.Snapshot
	closed int
}

func newReel() *reel {
	return &reel{&deck{denied: true, now: Replay{At: now.Add(-time.Minute), From: now.Add(-time.Hour), To: now, Speed: 1, Paused: true}}, make(chan model.Snapshot, 1), 0}
}

// travelling is a running screen with a past.
func travelling(r *reel, w, h int) App {
	a := New(nil, Options{Label: "DEMO", Past: func() (Past, error) {
		return Past{Player: r, Feed: r.feed, Close: func() { r.closed++ }}, nil
	}})
	return send(send(a, tea.WindowSizeMsg{Width: w, Height: h}), snapshotMsg(*over()))
}

// happen runs a command that the screen asked for, and what follows from it.
func happen(t *testing.T, a App, cmd tea.Cmd) App {
	t.Helper()
	if cmd == nil {
		t.Fatal("nothing is asked for")
	}
	m, _ := a.Update(cmd())
	return m.(App)
}

// into goes to the past with a key, and shows calm, a while ago.
func into(t *testing.T, r *reel, a App, key string, ago time.Duration) App {
	t.Helper()
	m, open := a.Update(pressed(key))
	a = happen(t, m.(App), open)
	s := walled(*calm())
	s.At, s.Log = now.Add(-ago), nil
	r.now.At = s.At
	m, next := a.Update(pastMsg{a.past.nth, s, true})
	if next == nil {
		t.Fatal("the past is not waited for")
	}
	return m.(App)
}

func TestGoingBack(t *testing.T) {
	r := newReel()
	a := travelling(r, 120, 40)
	m, open := a.Update(pressed("["))
	a = m.(App)
	if frame := plainFrame(a); !a.inPast() || !strings.Contains(frame, "PAST") || !strings.Contains(frame, "reading…") || !strings.HasPrefix(a.title, "quotatop PAST, now chat ") {
		t.Errorf("before the past is open, the title is %q and the screen\n%s", a.title, frame)
	}
	for range 2 * maxMoves {
		a = press(a, "left") // bounded, and made in this order
	}
	if r.told != "" {
		t.Errorf("before it is open, the player was told %q", r.told)
	}
	a = happen(t, a, open)
	if want := "previous " + strings.Repeat("-10s ", maxMoves-1); r.told != want {
		t.Errorf("the player was told %q, want %q", r.told, want)
	}
	r.told = ""

	s := walled(*calm())
	s.At = now.Add(-2*time.Minute - 5*time.Second)
	a = send(a, pastMsg{a.past.nth, s, true})
	a = send(a, snapshotMsg(*busy())) // now goes on
	if !a.snap.At.Equal(s.At) || !a.newest.At.Equal(now) {
		t.Errorf("it shows %s, and the newest is %s", a.snap.At, a.newest.At)
	}
	for _, key := range []string{"space", "right", "shift+left", "shift+right", "]", "[", "+", "-", "home"} {
		a = press(a, key)
	}
	if want := "toggle 10s -1m0s 1m0s next previous speed speed " + now.Add(-time.Hour).Format("15:04:05 "); r.told != want {
		t.Errorf("the player was told %q, want %q", r.told, want)
	}
	for _, size := range goldenSizes {
		frame := plainFrame(a.sized(size[0], size[1]))
		if want := "PAST 2m5s ago"; !strings.Contains(frame, want) {
			t.Errorf("%v does not say %q:\n%s", size, want, frame)
		}
	}
	if a = press(a, "end"); a.inPast() || r.closed != 1 || !a.snap.At.Equal(now) || strings.Contains(plainFrame(a), "PAST") || strings.Contains(a.title, "PAST") {
		t.Errorf("end does not return to now: closed %d times, title %q\n%s", r.closed, a.title, plainFrame(a))
	}
	if a = send(a, pastMsg{1, s, true}); !a.snap.At.Equal(now) {
		t.Error("a late snapshot of the past is shown as live")
	}
}

// The past ends at now, by playing or by a seek.
func TestThePastReachesNow(t *testing.T) {
	r := newReel()
	a := into(t, r, travelling(r, 120, 40), "shift+left", 10*time.Second)
	r.now.At, r.now.Ended = now, true
	if a := press(a, "shift+right"); a.inPast() || r.closed != 1 {
		t.Error("a seek to now stays in the past")
	}
	if a := send(a, pastMsg{a.past.nth, *calm(), true}); a.inPast() || !a.snap.At.Equal(now) {
		t.Error("playing up to now stays in the past")
	}
	if a := send(a, pastMsg{a.past.nth, model.Snapshot{}, false}); a.inPast() {
		t.Error("a past that has ended is still shown")
	}
}

func TestNoPast(t *testing.T) {
	a := send(New(nil, Options{NoPast: "no past without a journal"}).sized(120, 40), snapshotMsg(*over()))
	for _, key := range []string{"[", "shift+left"} {
		if a := press(a, key); a.inPast() || !strings.Contains(plainFrame(a), "no past without a journal") {
			t.Errorf("%s:\n%s", key, plainFrame(a))
		}
	}
	for _, key := range []string{"]", "shift+right"} {
		if a := press(a, key); a.inPast() || !strings.Contains(plainFrame(a), "this is now") {
			t.Errorf("%s:\n%s", key, plainFrame(a))
		}
	}
	a.opts.Past = func() (Past, error) { return Past{}, errors.New("journal: disk on\x1b fire") }
	m, open := a.Update(pressed("["))
	if a := happen(t, m.(App), open); a.inPast() || !strings.Contains(plainFrame(a), "no past: journal: disk on fire") {
		t.Errorf("a past that cannot be opened:\n%s", plainFrame(a))
	}
	// Before the first snapshot there is nothing to go back from.
	if a := press(New(nil, Options{Past: a.opts.Past}).sized(80, 24), "["); a.inPast() {
		t.Error("a screen that shows nothing goes to the past")
	}
}

// What is left before it is open is closed when it opens.
func TestPastLeftBeforeItIsOpen(t *testing.T) {
	r := newReel()
	m, open := travelling(r, 80, 24).Update(pressed("["))
	a := press(m.(App), "end")
	if a.inPast() || !a.snap.At.Equal(now) {
		t.Error("end does not return to now")
	}
	if a = happen(t, a, open); a.inPast() || r.closed != 1 {
		t.Errorf("it was closed %d times", r.closed)
	}
}

func TestGoToTypedTime(t *testing.T) {
	r := newReel()
	a := travelling(r, 120, 40)
	a = press(a, ":", "1", "2", ":", "0", "1")
	if frame := plainFrame(a); !strings.Contains(frame, "go to 12:01:00 UTC") {
		t.Errorf("the palette does not offer the time:\n%s", frame)
	}
	m, open := a.Update(pressed("enter"))
	happen(t, m.(App), open)
	if r.told != "12:01:00 " {
		t.Errorf("the player was told %q", r.told)
	}
	r = newReel()
	m, open = press(travelling(r, 120, 40), ":", "0", "3").Update(pressed("enter"))
	if a := m.(App); open != nil || a.inPast() || !strings.Contains(plainFrame(a), "write a time like") {
		t.Errorf("half a time:\n%s", plainFrame(a))
	}
}

func TestParseWhen(t *testing.T) {
	for text, want := range map[string]string{
		"12:04":                "2026-06-17T12:04:00Z",
		"12:04:31":             "2026-06-17T12:04:31Z",
		"12:04:32":             "2026-06-16T12:04:32Z", // not yet today
		"9:30":                 "2026-06-17T09:30:00Z",
		"23:59":                "2026-06-16T23:59:00Z",
		"-5m":                  "2026-06-17T11:59:31Z",
		"-1h30m":               "2026-06-17T10:34:31Z",
		"2026-06-15 08:00":     "2026-06-15T08:00:00Z",
		"2026-06-15T08:00:05":  "2026-06-15T08:00:05Z",
		"2026-06-17T14:00:00Z": "2026-06-17T14:00:00Z",
		"12":                   "", "12:": "", "25:00": "", "12:60": "", "-": "", "-5": "", "--5m": "", "5m": "", "-9999999h": "",
	} {
		got, err := parseWhen(text, now)
		if want == "" {
			if err == nil {
				t.Errorf("%q is %s", text, got)
			}
		} else if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
}

// What is typed is no time, or one that is not after now unless it has a date.
func FuzzParseWhen(f *testing.F) {
	for _, text := range []string{"12:04", "-5m", "2026-06-17 12:04", "2026-06-17T12:04:00+02:00", "-0s", "99:99"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseWhen(text, now)
		if err == nil && !strings.Contains(text, "20") && len(text) < 9 && (got.After(now) || now.Sub(got) > 200*365*24*time.Hour) {
			t.Errorf("%q is %s", text, got)
		}
	})
}

// The scrubber shows the denials and the time at their places.
func TestScrubber(t *testing.T) {
	from := now.Add(-time.Hour)
	r := Replay{From: from, To: now, At: from.Add(30 * time.Minute), Speed: 10, Paused: true, Denials: []time.Time{from, from.Add(15 * time.Minute), now.Add(-time.Second)}}
	a := send(New(nil, Options{Player: &deck{now: r}}).sized(100, 30), snapshotMsg(*over()))
	lines := strings.Split(plainFrame(a), "\n")
	line := []rune(lines[len(lines)-2])
	if text := string(line); !strings.HasPrefix(text, " 11:04:31 ╳") || !strings.HasSuffix(text, "╳ 12:04:31  10x paused") || strings.Count(text, "╳") != 3 {
		t.Fatalf("the scrubber is %q", text)
	}
	begin, end := slices.Index(line, '╳'), len(line)-1
	for line[end] != '╳' {
		end--
	}
	if at := slices.Index(line, '●'); at < begin+(end-begin)*49/100 || at > begin+(end-begin)*52/100 {
		t.Errorf("the time is at %d of %d to %d", at, begin, end)
	}
	// In the past it goes on to now, and reaches back as far as needed.
	reel := newReel()
	p := into(t, reel, travelling(reel, 100, 30), "shift+left", 20*time.Minute)
	lines = strings.Split(plainFrame(p), "\n")
	if text := lines[len(lines)-2]; !strings.HasPrefix(text, " 11:04:31 ━") || !strings.HasSuffix(text, " now  1x paused") {
		t.Errorf("the scrubber of the past is %q", text)
	}
}

func TestGoldenPast(t *testing.T) {
	for _, size := range goldenSizes {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			r := newReel()
			r.now.Denials = []time.Time{now.Add(-12 * time.Minute), now.Add(-11 * time.Minute), now.Add(-2 * time.Minute)}
			a := into(t, r, travelling(r, size[0], size[1]), "[", 5*time.Minute)
			golden(t, fmt.Sprintf("past-%dx%d.golden", size[0], size[1]), plainFrame(a)+"\n")
			from := now.Add(-time.Hour)
			d := &deck{now: Replay{From: from, To: now, At: now.Add(-17 * time.Minute), Speed: 10, Denials: r.now.Denials}}
			replay := send(New(nil, Options{Player: d}).sized(size[0], size[1]), snapshotMsg(*over()))
			golden(t, fmt.Sprintf("replay-%dx%d.golden", size[0], size[1]), plainFrame(replay)+"\n")
		})
	}
}
