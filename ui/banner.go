package ui

import (
	"quotatop/model"
	"quotatop/theme"
	"quotatop/ui/words"
)

// roomy is the least height of a screen whose banner may have two lines of errors,
// or a line of notes.
const roomy = 26

// drawBanner draws what a person should read first: the health of the sources and
// what is wrong with the settings. It returns how many lines it used.
func (a *App) drawBanner(at area) int {
	y := a.drawHealth(at)
	if a.problem != "" {
		at.set(1, y, theme.Alarm, '✗')
		at.cut(3, y, at.w-4, theme.Alarm, a.problem)
		y++
	}
	return y
}

// drawHealth draws the errors of sources and services and what is not known of a fleet,
// else what they wait for, else notes.
// It returns how many lines it used.
func (a *App) drawHealth(at area) int {
	most, y := 1, 0
	if a.h >= roomy {
		most = 2
	}
	for _, p := range a.problems() {
		if p.Error != "" && y < most {
			a.drawError(at, y, &p)
			y++
		}
	}
	if !a.live {
		return y
	}
	if y < most {
		y += a.drawFleetBound(at.sub(0, y, at.w, 1))
	}
	if y > 0 {
		return y
	}
	if name := a.waiting(); name != "" {
		at.cut(1, 0, at.w-1, theme.Dim, "waiting for the first data from "+name)
		return 1
	}
	if a.h < roomy {
		return 0
	}
	x := 1
	for _, note := range a.notes() {
		if x > 1 {
			x = at.put(x, 0, theme.Dim, " · ")
		}
		x = at.cut(x, 0, at.w-x, theme.Dim, note)
		y = 1
	}
	return y
}

// problems returns the sources and services that have an error or are not OK,
// sources first, in the form of services.
func (a *App) problems() []model.Service {
	var found []model.Service
	for i := range a.snap.Sources {
		if s := &a.snap.Sources[i]; s.State != model.StateOK || s.Error != "" {
			found = append(found, model.Service{Name: s.Name, State: s.State, Error: s.Error, RetryAt: s.RetryAt})
		}
	}
	for _, s := range a.snap.Services {
		if s.State != model.StateOK {
			found = append(found, s)
		}
	}
	return found
}

// drawError draws an error with the time until the next try.
func (a *App) drawError(at area, y int, s *model.Service) {
	role, mark := theme.Alarm, '✗'
	if s.State == model.StatePaused || s.State == model.StateStale {
		role, mark = sourceMark(s.State)
	}
	retry := ""
	if t, ok := s.RetryAt.Get(); ok {
		retry = "retrying"
		if left := t.Sub(a.snap.At); left > 0 {
			retry = words.Countdown(left)
			room := at.w - 3 - width(s.Name) - 2 - width(s.Error) - 3
			retry = fit(max(room, width(retry)), "retry in "+retry, "in "+retry, retry)
		}
	}
	right := at.w - 1 - width(retry)
	at.set(1, y, role, mark)
	x := at.cut(3, y, right-4, role, s.Name+": ")
	at.cut(x, y, right-1-x, role, s.Error)
	at.put(right, y, theme.Text, retry)
}

// notes returns what is missing or odd without being an error.
func (a *App) notes() []string {
	var out []string
	for i := range a.snap.Sources {
		if s := &a.snap.Sources[i]; s.Note != "" {
			out = append(out, s.Name+": "+s.Note)
		}
	}
	if off := a.snap.ClockOffsetMS; off >= 2000 || off <= -2000 {
		way := "behind"
		if off < 0 {
			way, off = "ahead", -off
		}
		out = append(out, "this machine's clock is "+words.Coarse(words.Seconds(float64(off)/1000))+" "+way)
	}
	return out
}
