package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"quotatop/model"
)

// compared is how the figures of a dashboard's Snapshots compare with the truth.
type compared struct {
	exact, lower, wrong int
	examples            []string // of what is wrong
	lags                []time.Duration
}

// add compares the minutes that begin and end in a pause.
func (c *compared) add(r *run, s *model.Snapshot) {
	if s.Fleet == nil {
		return
	}
	to, ok := s.Fleet.To.Get()
	if ok {
		c.lags = append(c.lags, s.At.Sub(to))
	}
	for _, g := range r.generators {
		for _, e := range s.Endpoints {
			for _, l := range e.Limits {
				if asOf, ok := l.AsOf.Get(); ok && e.ID == g.endpoint && l.Per() == time.Minute && inPause(asOf) && !l.Estimated && !l.Inferred {
					accepted, _ := g.truth.count(asOf.Add(-time.Minute), asOf)
					c.judge(l.Used.Or(0), accepted, l.LowerBound, "%s as of %s, lower bound %t", e.ID, asOf.Format(time.TimeOnly), l.LowerBound)
				}
			}
		}
		for _, shown := range s.Fleet.Generators {
			if shown.Name == g.name && ok && inPause(to) {
				accepted, denied := g.truth.count(to.Add(-time.Minute), to)
				lower := shown.State != model.GeneratorLive && shown.State != model.GeneratorEnded || shown.Missing > 0 || shown.Dropped > 0 || shown.Boots > 1
				c.judge(shown.Calls+shown.Rejected, accepted+denied, lower, "%s at %s, %s, %d boots", g.name, to.Format(time.TimeOnly), shown.State, shown.Boots)
			}
		}
	}
}

// inPause reports whether a time is well inside of a pause.
func inPause(at time.Time) bool {
	into := intoRound(at)
	return unsure < into && into < pause-unsure/2
}

func (c *compared) judge(got, want int, lower bool, format string, args ...any) {
	switch {
	case got == want:
		c.exact++
	case lower && got < want:
		c.lower++
	default:
		c.wrong++
		if len(c.examples) < 8 {
			c.examples = append(c.examples, fmt.Sprintf(format, args...)+fmt.Sprintf(": %d, but the API had %d", got, want))
		}
	}
}

func (c *compared) err() error {
	fmt.Printf("minutes compared: %d equal, %d lower bounds, %d wrong\n", c.exact, c.lower, c.wrong)
	if c.wrong > 0 {
		return fmt.Errorf("wrong minutes: %q", c.examples)
	}
	if c.exact == 0 {
		return errors.New("no minute could be compared")
	}
	return nil
}

// check compares what the dashboards had at the end with the truth.
func (r *run) check() error {
	return errors.Join(r.watch.compared.err(), r.keep.compared.err(), r.checkFleet("shown", r.watch.last.Fleet), r.checkReport("recorded", r.record()), r.checkReport("stream", r.dump()), r.checkKey())
}

// checkKey checks that the key was in no message, and in no file that is not compressed.
func (r *run) checkKey() error {
	if r.again.leak != "" {
		return fmt.Errorf("a message on %s has the key", r.again.leak)
	}
	return filepath.WalkDir(r.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(key)) {
			err = fmt.Errorf("%s has the key", path)
		}
		return err
	})
}

// once compares what a dashboard shows that begins when all is over.
func (r *run) once() error {
	out, err := r.command(r.program, "once", "--json", "--fleet", r.broker.url, "--run", fleetName).Output()
	if err != nil {
		return fmt.Errorf("once: %w", err)
	}
	var s model.Snapshot
	if err := json.Unmarshal(out, &s); err != nil {
		return fmt.Errorf("once: %w", err)
	}
	return r.checkFleet("once", s.Fleet)
}

// checkFleet compares what a dashboard shows of the generators.
func (r *run) checkFleet(by string, fleet *model.Fleet) error {
	if fleet == nil || len(fleet.Generators) != len(r.generators) {
		return fmt.Errorf("%s: the fleet is %+v", by, fleet)
	}
	var wrong error
	for _, g := range fleet.Generators {
		truth := r.generator(g.Name).truth
		fmt.Printf("%-8s %-8s %s, %d early, %d batches missing, %d calls dropped, %d boots, clock %+d ± %d ms\n",
			by, g.Name, g.State, g.Early, g.Missing, g.Dropped, g.Boots, g.ClockOffsetMS, g.ClockErrorMS)
		if g.Early != truth.early {
			wrong = errors.Join(wrong, fmt.Errorf("%s: %d calls of %s were early, want %d", by, g.Early, g.Name, truth.early))
		}
	}
	return wrong
}

func (r *run) generator(name string) *generator {
	return r.generators[slices.IndexFunc(r.generators, func(g *generator) bool { return g.name == name })]
}

// checkReport compares the report of a file.
func (r *run) checkReport(name, path string) error {
	out, err := r.command(r.program, "report", "--format", "json", path).Output()
	if err != nil {
		return fmt.Errorf("report of %s: %w", path, err)
	}
	var runs []struct{ Report model.Report }
	if err := json.Unmarshal(out, &runs); err != nil || len(runs) != 1 {
		return fmt.Errorf("report of %s: %d runs: %w", path, len(runs), err)
	}
	report := &runs[0].Report
	fmt.Printf("%-8s %-10s %18s %18s %14s %8s\n", name, "", "accepted (API)", "refused (API)", "early (API)", "lost")
	var wrong error
	for _, g := range r.generators {
		wrong = errors.Join(wrong, r.checkGenerator(g, report))
	}
	return wrong
}

// checkGenerator compares the calls of a generator in a report, and those of the
// endpoint that it alone calls.
func (r *run) checkGenerator(g *generator, report *model.Report) error {
	accepted, denied := g.truth.count(time.Time{}, time.Now().Add(time.Hour))
	var e model.EndpointReport
	for _, other := range report.Endpoints {
		if other.ID == g.endpoint {
			e = other
		}
	}
	var own model.GeneratorReport
	for _, other := range report.Generators {
		if other.Name == g.name {
			own = other
		}
	}
	lost := accepted + denied - own.Sent
	row := func(name string, a, d, early int) {
		fmt.Printf("%-8s %-10s %8d (%7d) %8d (%7d) %5d (%6d) %8d\n", g.name, name, a, accepted, d, denied, early, g.truth.early, accepted+denied-a-d)
	}
	row("generator", own.Accepted, own.Rejected, own.Early)
	row(e.ID, e.Local.Or(0), e.Rejected.Or(0), e.SentEarly.Or(0))
	most := 0
	if own.Boots > 1 {
		most = r.lost
	}
	if own.Accepted > accepted || own.Rejected > denied || lost > most {
		return fmt.Errorf("%s: %d calls are lost, want at most %d", g.name, lost, most)
	}
	if e.Local.Or(0) != own.Accepted || e.Rejected.Or(0) != own.Rejected {
		return fmt.Errorf("%s: the endpoint has %d accepted and %d refused calls, its only generator %d and %d", g.name, e.Local.Or(0), e.Rejected.Or(0), own.Accepted, own.Rejected)
	}
	if own.Early != g.truth.early || e.SentEarly.Or(0) != g.truth.early {
		return fmt.Errorf("%s: %d calls were early (endpoint %d), want %d", g.name, own.Early, e.SentEarly.Or(0), g.truth.early)
	}
	return nil
}

// costs prints what it took.
func (r *run) costs() {
	took := time.Since(r.begun)
	share := func(cpu time.Duration) float64 { return 100 * cpu.Seconds() / took.Seconds() }
	r.broker.process.kill()
	fmt.Printf("CPU, %% of a core: broker %.2f, dashboards %.2f and %.2f, taps", share(r.broker.cpu+r.broker.process.cpu()), share(r.watch.process.cpu()), share(r.keep.process.cpu()))
	for _, g := range r.generators {
		fmt.Printf(" %.2f", share(g.process.cpu()))
	}
	r.again.mu.Lock()
	defer r.again.mu.Unlock()
	fmt.Printf("\n%d batches, %.0f bytes a second and generator, %d sent again\n", r.again.count, float64(r.again.bytes)/took.Seconds()/float64(len(r.generators)), r.again.sent)
	lags := slices.Sorted(slices.Values(r.watch.compared.lags))
	if n := len(lags); n > 0 {
		fmt.Printf("the windows ended %.1f s ago at the median, %.1f s at the 99th percentile, %.1f s at most\n", lags[n/2].Seconds(), lags[n*99/100].Seconds(), lags[n-1].Seconds())
	}
}
