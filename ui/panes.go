package ui

import (
	"quotatop/theme"
)

// A paneID names a pane. The first six can have the focus. The key of the first five is
// their number plus one.
type paneID int

const (
	endpointsPane paneID = iota
	capPane
	ratePane
	billingPane
	detailPane
	fleetPane // only with a fleet
	focusable // the number of panes that can have the focus

	numbered = fleetPane // the number of panes with a number

	alertsPane    paneID = iota - 2 // both lists of alerts on one line
	stripPane                       // what matters most, on one to three lines
	wallPane                        // the next wall, in big figures
	historyPane                     // the charts of all endpoints, small
	fleetLinePane                   // the fleet on one line
)

// A pane draws one part of the screen into an area.
type pane struct {
	// title returns the title of its frame, the longest text first; nil for panes
	// that never have a frame.
	title func(*App) []string
	note  func(*App) string                     // at the right of the title; may be nil
	roles func(*App) (border, title theme.Role) // of its frame, if not nil
	// draw draws it and returns o with its own outcome added.
	draw func(a *App, at area, o outcome) outcome
}

// An outcome is what drawing yields besides the cells.
type outcome struct {
	targets []target // what the mouse can hit, the uppermost last
	below   int      // lines of the text that scrolls which are below its area
	chart   grid     // of the detail pane's chart
}

// hit returns o with another target over the others.
func (o outcome) hit(t target) outcome {
	o.targets = append(o.targets, t)
	return o
}

// still is the draw of a pane without an outcome of its own.
func still(draw func(*App, area)) func(*App, area, outcome) outcome {
	return func(a *App, at area, o outcome) outcome { draw(a, at); return o }
}

var panes = [...]pane{
	endpointsPane: {title: (*App).endpointsTitle, note: (*App).endpointsNote, draw: (*App).drawEndpoints},
	capPane:       {title: (*App).capTitle, note: (*App).capNote, draw: still((*App).drawCap)},
	ratePane:      {title: (*App).rateTitle, note: (*App).rateNote, draw: (*App).drawRate},
	billingPane:   {title: (*App).billingTitle, note: (*App).billingNote, draw: (*App).drawBilling},
	detailPane:    {title: (*App).detailTitle, draw: (*App).drawDetail},
	alertsPane:    {draw: still((*App).drawAlertsLine)},
	stripPane:     {draw: still((*App).drawStrip)},
	wallPane:      {title: (*App).wallTitle, roles: (*App).wallRoles, draw: still((*App).drawWall)},
	historyPane:   {title: (*App).historyTitle, draw: (*App).drawHistory},
	fleetPane:     {title: (*App).fleetTitle, note: (*App).fleetNote, draw: (*App).drawFleet},
	fleetLinePane: {draw: still((*App).drawFleetLine)},
}

// A frame is the screen at one moment.
type frame struct {
	*canvas
	outcome
	ascii bool
}

// text returns the lines of the frame in these styles, or without any if nil.
func (f *frame) text(styles *theme.Styles) string {
	if f.ascii {
		return f.asciiText(styles)
	}
	return f.canvas.text(styles)
}

// frame draws the whole screen.
func (a *App) frame() *frame { return a.frameOn(newCanvas(a.w, a.h)) }

// frameOn draws the whole screen on an empty canvas of its size.
func (a *App) frameOn(c *canvas) *frame {
	o := outcome{targets: make([]target, 0, 40)}
	all := c.all()
	l := layoutFor(a.w, a.h)
	body := all
	if l.header {
		a.drawHeader(all.sub(0, 0, all.w, 1))
		body = body.sub(0, 1, body.w, body.h-1)
	}
	if a.typing || a.said != "" || l.footer || (a.help || a.panel || a.log.open || a.filtering() != nil) && a.h >= framedH {
		o = a.drawFooter(all.sub(0, all.h-1, all.w, 1), o)
		body = body.sub(0, 0, body.w, body.h-1)
	}
	if a.scrubs() {
		a.drawScrubber(body.sub(0, body.h-1, body.w, 1))
		body = body.sub(0, 0, body.w, body.h-1)
	}
	if body.h >= 4 {
		if lines := a.drawBanner(body); lines > 0 {
			body = body.sub(0, lines, body.w, body.h-lines)
		}
	}
	switch {
	case a.help:
		o.below = a.drawHelp(body)
	case a.panel:
		o = a.drawPanel(body, o)
	case a.log.open:
		o = a.drawLog(body, o)
	case a.zoom:
		o = a.place(body, slot{pane: a.focus, bare: body.w < framedW || body.h < framedH}, o)
	default:
		o = a.drawBands(body, l, o)
	}
	if a.asking {
		o = a.drawPalette(all, o)
	}
	return &frame{canvas: c, outcome: o, ascii: a.opts.ASCII}
}

func (a *App) drawBands(body area, l *layout, o outcome) outcome {
	var needs [mostParts]need
	for i, b := range l.bands {
		needs[i] = a.need(b)
	}
	lines, y := lay(body.h, needs[:len(l.bands)]), 0
	for i, b := range l.bands {
		widths, x := b.widths(body.w), 0
		for j, s := range b {
			o = a.drawStack(body.sub(x, y, widths[j], lines[i]), s.slots, o)
			x += widths[j]
		}
		y += lines[i]
	}
	return o
}

func (a *App) drawStack(at area, slots []slot, o outcome) outcome {
	needs, y := a.needs(slots), 0
	lines := lay(at.h, needs[:len(slots)])
	for i := range slots {
		if !slots[i].shown(a) {
			continue
		}
		o = a.place(at.sub(0, y, at.w, lines[i]), slots[i], o)
		y += lines[i]
	}
	return o
}

// place draws a pane, in a frame unless its slot is bare.
func (a *App) place(at area, s slot, o outcome) outcome {
	p := &panes[s.pane]
	switch s.pane {
	case alertsPane:
		o = o.hit(target{at: at, kind: onPane, pane: ratePane})
	case fleetLinePane:
		o = o.hit(target{at: at, kind: onPane, pane: fleetPane})
	case stripPane, wallPane:
	default:
		o = o.hit(target{at: at, kind: onPane, pane: s.pane})
	}
	if s.bare {
		at = at.sub(s.indent, 0, at.w-s.indent, at.h)
	} else {
		note := ""
		if p.note != nil {
			note = p.note(a)
		}
		switch {
		case p.roles != nil:
			border, title := p.roles(a)
			at = at.frameIn(border, title, s.pane, p.title(a), note)
		default:
			at = at.frame(s.pane, p.title(a), note, a.focus == s.pane)
		}
	}
	if at.w > 0 && at.h > 0 {
		return p.draw(a, at, o)
	}
	return o
}

// frame draws a frame with the pane's number, title and note, and returns the area
// inside. The frame of the pane with the focus has its own colour and a mark.
func (a area) frame(p paneID, titles []string, note string, focused bool) area {
	if focused {
		return a.frameIn(theme.Focus, theme.FocusTitle, p, titles, note)
	}
	return a.frameIn(theme.Border, theme.Title, p, titles, note)
}

// frameIn is frame in other roles.
func (a area) frameIn(border, text theme.Role, p paneID, titles []string, note string) area {
	if a.w < 4 || a.h < 2 {
		return a.sub(0, 0, 0, 0)
	}
	number := theme.Dim
	a.box(border)
	right := a.w - 1
	x := 2
	if border == theme.Focus {
		number = text
		a.set(1, 0, text, '▸')
	} else {
		a.set(1, 0, border, ' ')
	}
	if p < focusable {
		key := '1' + rune(p)
		if p == fleetPane {
			key = 'f'
		}
		a.set(x, 0, number, key)
		a.set(x+1, 0, border, ' ')
		x += 2
	}
	room := right - 1 - x
	title := ""
	if note != "" {
		title = fit(room-width(note)-4, titles...)
	}
	if title == "" {
		if title = fit(room, titles...); title == "" {
			title = titles[len(titles)-1]
		}
		note = ""
	}
	x = a.cut(x, 0, room, text, title)
	a.set(min(x, right-1), 0, border, ' ')
	if note != "" {
		from := right - width(note) - 3
		a.set(from, 0, border, ' ')
		a.set(a.put(from+1, 0, theme.Dim, note), 0, border, ' ')
	}
	return a.sub(2, 1, a.w-4, a.h-2)
}

// box draws the border of an area.
func (a area) box(border theme.Role) {
	right, bottom := a.w-1, a.h-1
	a.fill(1, 0, a.w-2, border, '─')
	a.fill(1, bottom, a.w-2, border, '─')
	for y := 1; y < bottom; y++ {
		a.set(0, y, border, '│')
		a.set(right, y, border, '│')
	}
	a.set(0, 0, border, '╭')
	a.set(right, 0, border, '╮')
	a.set(0, bottom, border, '╰')
	a.set(right, bottom, border, '╯')
}
