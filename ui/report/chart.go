package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/ui/words"
)

// The height of a chart, and of the strip of rejected calls below it, in the
// chart's own units. The page stretches both to its width.
const (
	chartHeight = 100.0
	stripHeight = 16.0
)

// A chart is the calls in one limit's window over a run, as the figures of an
// SVG.
type chart struct {
	ID          string // unique on the page
	Title, Desc string
	Of          string // the run, where there are several
	Caption     string
	Width       int // steps
	Area, Line  string
	LimitY      float64 // of the limit line, in percent from the top
	LimitLabel  string
	Strip       bool   // it has a strip, because a chart of the same window has rejected calls
	Rejected    string // the path of the strip's bars
	Note        string // beside the strip
	Start, End  string
}

// charts returns those of all limits whose windows held calls in some run. Charts
// of the same window have the same scale.
func (g group) charts(names []string, runs []Named) (out []chart) {
	for _, per := range g.spans() {
		top, rejected, busy := 0, 0, false
		for _, e := range g.of {
			if l, ok := limitOver(e, per); ok {
				top = max(top, l.Limit, l.Peak.Or(0))
				for _, n := range e.RejectedSteps {
					rejected = max(rejected, n)
				}
				busy = busy || l.Peak.Or(0) > 0
			}
		}
		if !busy && rejected == 0 {
			continue
		}
		for i, e := range g.of {
			l, ok := limitOver(e, per)
			if !ok || len(l.UsedSteps) == 0 {
				continue
			}
			c := newChart(e, l, &runs[i].Report, float64(top)*1.16, rejected)
			c.ID = fmt.Sprintf("chart-%d-%d-%d", i, g.number(runs), int(per/time.Second))
			if len(runs) > 1 {
				c.Of = names[i]
				c.Title = names[i] + ", " + c.Title
			}
			out = append(out, c)
		}
	}
	return out
}

// number returns a number for the endpoint that no other one has.
func (g group) number(runs []Named) int {
	n := 0
	for i := range runs {
		for _, e := range runs[i].Report.Endpoints {
			if model.OneLine(e.ID) == g.id {
				return n
			}
			n++
		}
	}
	return n
}

func newChart(e *model.EndpointReport, l model.LimitReport, r *model.Report, top float64, rejected int) chart {
	each := words.Duration(words.Seconds(r.Steps.EachS))
	c := chart{
		Title:      fmt.Sprintf("%s: calls in the last %s", model.OneLine(e.ID), spanName(l.Per())),
		Caption:    fmt.Sprintf("Accepted calls in the last %s, the highest in each %s", spanName(l.Per()), each),
		Width:      len(l.UsedSteps),
		LimitY:     100 * (1 - float64(l.Limit)/top),
		LimitLabel: "limit " + limitText(l),
	}
	c.Desc = fmt.Sprintf("Peak %s, %s rejected.", peakText(e, l), words.Opt(e.Rejected, words.Count))
	c.Area, c.Line = outline(l.UsedSteps, top)
	if rejected > 0 {
		var most int
		c.Strip = true
		c.Rejected, most = bars(e.RejectedSteps, rejected)
		switch {
		case most > 0:
			c.Note = fmt.Sprintf("Rejected: up to %s in %s", words.Count(most), each)
		case e.Rejected.Known():
			c.Note = "Rejected: none"
		default:
			c.Note = "Rejected: unknown"
		}
	}
	if from, ok := r.Steps.From.Get(); ok {
		end := from.Add(time.Duration(c.Width) * words.Seconds(r.Steps.EachS))
		c.Start, c.End = stamp(from)+" UTC", stampBeside(end, from)
	}
	return c
}

// outline returns the paths of steps as an area and as its upper edge. Equal
// neighbours share one line.
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

// bars returns the path of the rejected calls of each step, and the most of them
// in a step. highest is how many calls fill the strip.
func bars(steps []int, highest int) (path string, most int) {
	var b strings.Builder
	for i, n := range steps {
		most = max(most, n)
		if n > 0 { // never too low to see
			height := max(stripHeight*float64(n)/float64(highest), 3)
			fmt.Fprintf(&b, "M%d.5 %gV%s", i, stripHeight, strconv.FormatFloat(stripHeight-height, 'f', 1, 64))
		}
	}
	return b.String(), most
}
