package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"quotatop/model"
)

// The charts' own units: their height, and the height of the strip of rejected
// calls below. They are stretched to the width of the page.
const (
	chartHeight = 100.0
	stripHeight = 16.0
)

// A chart is one limit's window over a run, as figures for an SVG.
type chart struct {
	ID          string // unique on the page
	Title, Desc string
	Of          string // the run, where there are several
	Caption     string
	Width       int // steps
	Area, Line  string
	LimitY      float64 // of the limit line, in percent from above
	LimitLabel  string
	Strip       bool   // some of the charts beside it have rejected calls
	Rejected    string // a path of bars, in the strip
	Note        string // on the strip
	Start, End  string
}

// charts are those of all limits whose windows held calls in some run, each
// window at one scale.
func (g group) charts(names []string, runs []Named) (out []chart) {
	for _, per := range g.spans() {
		top, rejected, held := 0, 0, false
		for _, e := range g.of {
			if l, ok := limitOver(e, per); ok {
				top = max(top, l.Limit, l.Peak.Or(0))
				for _, n := range e.RejectedSteps {
					rejected = max(rejected, n)
				}
				held = held || l.Peak.Or(0) > 0
			}
		}
		if !held && rejected == 0 {
			continue
		}
		for i, e := range g.of {
			l, ok := limitOver(e, per)
			if !ok || len(l.UsedSteps) == 0 {
				continue
			}
			c := newChart(e, l, &runs[i].Report, float64(top)*1.16, rejected)
			c.ID = fmt.Sprintf("chart-%d-%d-%d", i, g.place(runs), int(per/time.Second))
			if len(runs) > 1 {
				c.Of = names[i]
				c.Title = names[i] + ", " + c.Title
			}
			out = append(out, c)
		}
	}
	return out
}

// place is a number for the endpoint.
func (g group) place(runs []Named) int {
	n := 0
	for i := range runs {
		for _, e := range runs[i].Report.Endpoints {
			if plain(e.ID) == g.id {
				return n
			}
			n++
		}
	}
	return n
}

func newChart(e *model.EndpointReport, l model.LimitReport, r *model.Report, top float64, rejected int) chart {
	each := duration(seconds(r.Steps.EachS))
	c := chart{
		Title:      fmt.Sprintf("%s: calls in the last %s", plain(e.ID), longSpan(l.Per())),
		Caption:    fmt.Sprintf("Accepted calls in the last %s, the most in each %s", longSpan(l.Per()), each),
		Width:      len(l.UsedSteps),
		LimitY:     100 * (1 - float64(l.Limit)/top),
		LimitLabel: "limit " + limitWords(l),
	}
	c.Desc = fmt.Sprintf("Peak %s, %s rejected.", peakWords(e, l), countOr(e.Rejected))
	c.Area, c.Line = outline(l.UsedSteps, top)
	if rejected > 0 {
		var most int
		c.Strip = true
		c.Rejected, most = bars(e.RejectedSteps, rejected)
		switch {
		case most > 0:
			c.Note = fmt.Sprintf("Rejected: up to %s in %s", count(most), each)
		case e.Rejected.Known():
			c.Note = "Rejected: none"
		default:
			c.Note = "Rejected: unknown"
		}
	}
	if from, ok := r.Steps.From.Get(); ok {
		end := from.Add(time.Duration(c.Width) * seconds(r.Steps.EachS))
		c.Start, c.End = stamp(from)+" UTC", stampBeside(end, from)
	}
	return c
}

func longSpan(per time.Duration) string {
	switch per {
	case time.Second:
		return "second"
	case time.Minute:
		return "minute"
	case time.Hour:
		return "hour"
	case 24 * time.Hour:
		return "day"
	}
	return duration(per)
}

// outline draws steps as an area and its upper edge; what repeats is one line.
func outline(steps []int, top float64) (area, line string) {
	var b strings.Builder
	y := func(n int) string {
		return strconv.FormatFloat(chartHeight*(1-float64(n)/top), 'f', 1, 64)
	}
	for i, n := range steps {
		switch {
		case i == 0:
			fmt.Fprintf(&b, "M0 %s", y(n))
		case n != steps[i-1]:
			fmt.Fprintf(&b, "H%dV%s", i, y(n))
		}
	}
	fmt.Fprintf(&b, "H%d", len(steps))
	line = b.String()
	return fmt.Sprintf("%sV%gH0Z", line, chartHeight), line
}

// bars draws the rejected calls of each step, and says what the most are;
// highest is those that fill the strip.
func bars(steps []int, highest int) (path string, most int) {
	var b strings.Builder
	for i, n := range steps {
		most = max(most, n)
		if n > 0 { // never too low to be seen
			height := max(stripHeight*float64(n)/float64(highest), 3)
			fmt.Fprintf(&b, "M%d.5 %gV%s", i, stripHeight, strconv.FormatFloat(stripHeight-height, 'f', 1, 64))
		}
	}
	return b.String(), most
}
