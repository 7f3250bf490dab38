package tail

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A tally counts lines and calls.
type tally struct {
	lines   int  // all but empty ones
	backlog int  // of these, those that were there when the file was opened
	known   int  // of a known kind
	unknown int  // of none
	prose   bool // lines of no known kind are normal: the log is not only about calls
	long    int  // longer than maxLine
	binary  int  // with zero bytes

	calls    int // to our hosts
	made     int // of these, logged by the client
	served   int // requests to the program that made calls
	reported int
	old      int // in the backlog, from before the window
	undated  int // in the backlog, without a time
	outside  int // new, with a time outside the window

	newest      time.Time // of all calls, by the local clock
	newestZoned bool
	off         time.Duration // by which the times look wrong, as another time zone would

	ignored         map[string]int // calls to other hosts
	unknownFailures int            // failures without a status
	onlyFailures    bool           // this is Locust's file of failures

	sample []byte // the start of what is not understood
}

const (
	// maxSample is how much is kept of what is not understood.
	maxSample = 4 << 10
	// maxIgnored bounds the hosts that are told apart.
	maxIgnored = 64
)

// add counts a line.
func (t *tally) add(k *kind, v verdict, line []byte) {
	if v != notMine && t.known == 0 && t.unknown > 0 && !k.prose {
		*t = tally{long: t.long} // earlier lines were a preamble
	}
	t.lines++
	if v == notMine {
		t.unknown++
		if bytes.IndexByte(line, 0) >= 0 {
			t.binary++
		}
		if t.known == 0 && len(t.sample) < maxSample {
			t.sample = append(append(t.sample, line[:min(len(line), maxSample)]...), '\n')
		}
		return
	}
	t.known++
	t.prose = t.prose || k.prose
}

// ignore counts calls to another host.
func (t *tally) ignore(host []byte, n int) {
	name := printable(host[:min(len(host), 100)])
	if _, ok := t.ignored[name]; !ok && len(t.ignored) >= maxIgnored {
		name = "others"
	}
	if t.ignored == nil {
		t.ignored = map[string]int{}
	}
	t.ignored[name] += n
}

// offBy notes the difference of a time to what it should be, if a wrong time
// zone explains it but for a small error.
func (t *tally) offBy(d, slack time.Duration) {
	const step = 30 * time.Minute
	zone := d.Round(step)
	if zone != 0 && (d-zone).Abs() < slack && zone.Abs() <= 14*time.Hour {
		t.off = zone
	}
}

// checkZone compares the newest time of the backlog with when the file was
// written last. Times in the future must be wrong.
func (t *tally) checkZone(modified, now time.Time) {
	if t.newest.IsZero() || t.newestZoned {
		return
	}
	if t.newest.Sub(now) < maxAhead {
		if now.Sub(modified) < 10*time.Minute && t.newest.Before(modified) {
			t.offBy(t.newest.Sub(modified), 15*time.Second) // it may be a copy
		}
		return
	}
	if t.offBy(t.newest.Sub(modified), 2*time.Minute); t.off == 0 {
		t.offBy(t.newest.Sub(now).Truncate(30*time.Minute)+30*time.Minute, 2*time.Minute)
	}
}

// notes says what is not well with what was read.
func (t *tally) notes(window time.Duration, now time.Time) (notes []string) {
	say := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	switch {
	case t.lines == 0:
	case t.known == 0 && !t.prose:
		say("none of %s understood: %s", counted(t.lines, "line"), advice(t.sample))
	case t.calls == 0 && t.onlyFailures:
		say("Locust's failures have no times: give NAME_stats_history.csv of locust --csv-full-history")
	case t.calls == 0 && len(t.ignored) == 0 && (t.lines >= enough || t.backlog > 0):
		say("no call in %s", counted(t.lines, "line"))
	case !t.prose && t.unknown > 0:
		say("%s of %s not understood", grouped(t.unknown), counted(t.lines, "line"))
	case t.binary > 0:
		say("%s of %s not text", grouped(t.binary), counted(t.lines, "line"))
	}
	switch {
	case t.off > 0:
		say("times look %s ahead: set TZ or --tail-zone", span(t.off))
	case t.off < 0:
		say("times look %s behind: set TZ or --tail-zone", span(-t.off))
	}
	if t.old > 0 && t.reported == 0 && t.outside == 0 && now.Sub(t.newest) > window {
		say("no call from the last %s: the newest is from %s ago", lastWindow(window), roughly(now.Sub(t.newest)))
	}
	if t.undated > 0 && window == 0 {
		say("%s without a time: taken to be as old as the file", counted(t.undated, "call"))
	} else if t.undated > 0 {
		say("%s without a time: only new lines count", counted(t.undated, "call"))
	}
	if t.long > 0 {
		say("%s over 1 MiB skipped", counted(t.long, "line"))
	}
	if t.outside > 0 {
		say("%s skipped: not from the last %s", counted(t.outside, "call"), lastWindow(window))
	}
	if t.unknownFailures > 0 {
		say("%s without a status: keep Locust's _failures.csv beside the file", counted(t.unknownFailures, "failure"))
	}
	if t.served > 0 {
		say("%s that the program served not counted", counted(t.served, "request"))
	}
	if len(t.ignored) > 0 {
		notes = append(notes, t.elsewhere())
	}
	return notes
}

// elsewhere names the hosts whose calls are not counted, the busiest first.
func (t *tally) elsewhere() string {
	names := slices.SortedFunc(maps.Keys(t.ignored), func(a, b string) int {
		return cmp.Or(cmp.Compare(t.ignored[b], t.ignored[a]), cmp.Compare(a, b))
	})
	total := 0
	var each []string
	for i, name := range names {
		total += t.ignored[name]
		if i < 4 {
			each = append(each, name+" "+grouped(t.ignored[name]))
		}
	}
	if more := len(names) - len(each); more > 0 {
		each = append(each, fmt.Sprintf("+%d more", more))
	}
	text := fmt.Sprintf("%s to other hosts ignored: %s", counted(total, "call"), strings.Join(each, ", "))
	if t.calls == 0 {
		text += "; to count them, use --tail-host " + names[0]
	}
	return text
}

// enough is how many lines without a call suggest the wrong format.
const enough = 20

// counted is n things, e.g. "1 line", "5,230 lines".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(n) + " " + thing + "s"
}

// grouped is a number with a comma between thousands.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// lastWindow is a window as it follows "the last".
func lastWindow(d time.Duration) string {
	if d == time.Hour {
		return "hour"
	}
	if d%time.Hour == 0 {
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return d.String()
}

// span is a duration in hours and minutes.
func span(d time.Duration) string {
	hours, minutes := int(d/time.Hour), int(d/time.Minute)%60
	switch {
	case hours == 0:
		return fmt.Sprintf("%d min", minutes)
	case minutes == 0:
		return fmt.Sprintf("%d h", hours)
	}
	return fmt.Sprintf("%d h %d min", hours, minutes)
}

// roughly is a duration in its largest unit.
func roughly(d time.Duration) string {
	if d >= 48*time.Hour {
		return fmt.Sprintf("%s days", grouped(int(d/(24*time.Hour))))
	}
	if d >= 2*time.Hour {
		return fmt.Sprintf("%d h", int(d/time.Hour))
	}
	return fmt.Sprintf("%d min", int(d/time.Minute))
}
