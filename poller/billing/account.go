package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	_ "time/tzdata" // a reset's time zone is known on every machine

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// How often the account endpoints are polled: the plan, the plan near the cap,
// and what hardly ever changes.
const (
	planEvery    = time.Minute
	planEveryHot = 20 * time.Second
	termsEvery   = time.Hour
)

// The account endpoints. Each may be missing.
const (
	planPath   = "/billing/plan-info"
	statusPath = "/billing/billing-status"
)

func overagePath(team string) string {
	return "/billing/team/" + url.PathEscape(team) + "/overage-settings"
}

// An account reads the plan, its cap, what is used of it, and the reset.
type account struct {
	client            *client
	every             time.Duration // from one poll of the plan to the next
	planDue, termsDue time.Time     // local
	planSent          time.Time     // local: the last poll of the plan
	asked             time.Time     // server: the last poll of the plan that was answered
	confirms          int           // polls of the plan in a row that denials asked for
	known             model.Account
	missing           map[string]string // what the API did not give, by path
	noPlan            bool
	used              model.Micros // as last reported
}

func newAccount(c *client) *account { return &account{client: c, missing: map[string]string{}} }

// roomLeft reports whether less than the cap is known to be used.
func (a *account) roomLeft() bool {
	limit, known := a.known.Limit.Get()
	return known && a.used < limit
}

// confirmAt returns when to poll the plan because a denial may mean that the cap
// is used up: at once, but ever less often while denials keep coming, and no more
// often than near the cap once the plan has confirmed it.
func (a *account) confirmAt() time.Time {
	gap := min(time.Second<<min(a.confirms, 10), planEveryHot)
	if a.used > 0 && !a.roomLeft() {
		gap = planEveryHot
	}
	return a.planSent.Add(gap)
}

// An endpointError is about one endpoint that the API has answered for; others
// may be well.
type endpointError struct{ error }

func (e *endpointError) Unwrap() error { return e.error }

// wireAccount is the JSON of plan-info and billing-status; amounts are credits.
type wireAccount struct {
	Plan  text         `json:"payment_plan"`
	Team  text         `json:"team_id"`
	Limit number       `json:"credit_limit"`
	Used  number       `json:"total_usage"`
	Data  *wireAccount `json:"data"` // a wrapper that one client has met
}

// wireOverage is the part of overage-settings about the reset.
type wireOverage struct {
	Hour       number `json:"usage_reset_hour"`
	Zone       text   `json:"usage_reset_timezone"`
	MonthStart text   `json:"current_month_start"`
}

// planSlack is how much sooner than it is due the plan is polled along with the
// log, as a share of the time between polls of it.
const planSlack = 0.1

// plan polls the plan if it is due, or always with force set.
func (a *account) plan(ctx context.Context, force bool) error {
	now := time.Now()
	if slack := time.Duration(planSlack * float64(a.every)); !force && now.Add(slack).Before(a.planDue) {
		return nil
	}
	a.planSent = now
	found, err := a.read(ctx, planPath)
	_, broken := errors.AsType[*endpointError](err)
	_, denied := errors.AsType[*refusal](err)
	switch {
	case err != nil && !broken && !denied && !errors.Is(err, errBudget):
		a.planDue = now.Add(planEvery) // without a response: let the log try next
	case err != nil:
		a.planDue = time.Time{}
	default:
		a.noPlan = !found
		if a.planDue = now.Add(a.every); !found {
			a.planDue = now.Add(termsEvery)
		}
	}
	return err
}

// terms polls what hardly ever changes, if it is due: the team and the reset.
func (a *account) terms(ctx context.Context) error {
	now := time.Now()
	if now.Before(a.termsDue) {
		return nil
	}
	if _, err := a.read(ctx, statusPath); err != nil {
		return err
	}
	server := a.client.clock.Now()
	if a.known.Team != "" {
		if err := a.reset(ctx, a.known.Team, server); err != nil {
			return err
		}
	}
	a.termsDue = now.Add(termsEvery)
	if in := a.known.ResetsAt.Sub(server); in > 0 && in < termsEvery {
		a.termsDue = now.Add(in + resetGrace) // to learn the reset after this one
	}
	return nil
}

// get decodes an optional endpoint into v. found is false when the endpoint is
// missing, which is noted; asked is the server's time of the request.
func (a *account) get(ctx context.Context, path string, v any) (asked time.Time, found bool, err error) {
	body, asked, err := a.client.get(ctx, path, nil, true)
	if status, ok := errors.AsType[*statusError](err); ok {
		if status.status != 403 && status.status != 404 {
			return asked, false, &endpointError{err}
		}
		name := path[strings.LastIndexByte(path, '/')+1:]
		a.missing[path] = fmt.Sprintf("no %s (%d)", name, status.status)
		return asked, false, nil
	}
	if err != nil {
		return asked, false, err
	}
	delete(a.missing, path)
	if err := json.Unmarshal(body, v); err != nil {
		return asked, false, &endpointError{fmt.Errorf("%s: %w", path, notJSON(body, err))}
	}
	return asked, true, nil
}

// read polls an endpoint that gives plan, cap and usage, and reports them.
func (a *account) read(ctx context.Context, path string) (found bool, err error) {
	var wire wireAccount
	asked, found, err := a.get(ctx, path, &wire)
	if path == planPath && err == nil {
		a.asked = asked
	}
	if !found || err != nil {
		return found, err
	}
	if wire.Data != nil {
		wire = *wire.Data
	}
	if wire.Plan != "" {
		a.known.Plan = string(wire.Plan)
	}
	if id := string(wire.Team); isTeam(id) && !a.client.gate.Holds(id) {
		a.known.Team = id
	}
	if wire.Used.known {
		a.known.Used = model.Some(max(model.MicrosFromCredits(wire.Used.value), 0))
	}
	if wire.Limit.known && wire.Limit.value > 0 {
		a.known.Limit = model.Some(model.MicrosFromCredits(wire.Limit.value))
	}
	a.report(asked)
	a.used = a.known.Used.Or(a.used)
	a.known.Used = model.Opt[model.Micros]{} // reported; it must not be repeated with a later time
	return true, nil
}

// isTeam reports whether a text can be the ID of a team, such as a UUID, which
// becomes part of a URL.
func isTeam(id string) bool {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
	return id != "" && len(id) <= pioneer.MaxWord && strings.Trim(id, letters) == ""
}

// reset polls when the usage returns to zero.
func (a *account) reset(ctx context.Context, team string, now time.Time) error {
	var wire wireOverage
	_, found, err := a.get(ctx, overagePath(team), &wire)
	if !found || err != nil {
		return err
	}
	at, period, err := wire.next(now)
	if err != nil {
		a.missing[overagePath(team)] = err.Error()
		return nil
	}
	if !at.IsZero() {
		a.known.ResetsAt, a.known.Period, a.known.ResetSource = at, period, model.ResetFromAPI
		a.report(now)
	}
	return nil
}

func (a *account) report(at time.Time) {
	known := a.known
	known.Interval = a.every
	a.client.emit(model.Event{At: at, Source: model.SourceBilling, Account: &known})
}

// next returns the first reset after now and its period; zero when the API does
// not say. An hour and a zone mean a daily reset; otherwise the month that began
// on a given day ends a calendar month later.
func (w *wireOverage) next(now time.Time) (time.Time, string, error) {
	if w.Hour.known {
		zone, err := time.LoadLocation(string(w.Zone))
		hour := int(w.Hour.value)
		if err != nil || zone == time.Local || hour < 0 || hour > 23 {
			return time.Time{}, "", fmt.Errorf("unknown reset: hour %v in zone %q", w.Hour.value, w.Zone)
		}
		year, month, day := now.In(zone).Date()
		at := hourOf(year, month, day, hour, zone)
		if !at.After(now) {
			at = hourOf(year, month, day+1, hour, zone)
		}
		return at, model.PeriodDay, nil
	}
	if w.MonthStart == "" {
		return time.Time{}, "", nil
	}
	start, err := parseTime(string(w.MonthStart))
	if err != nil {
		return time.Time{}, "", fmt.Errorf("current_month_start: %w", err)
	}
	for months := 1; months < 1200; months++ {
		if at := monthsAfter(start, months); at.After(now) {
			return at, model.PeriodMonth, nil
		}
	}
	return time.Time{}, "", nil
}

// hourOf returns the time at which a day's hour begins in a zone, in UTC. Where
// the clocks change, an hour that comes twice is the first one, and one that is
// skipped is by the clock before the change, as RFC 5545 section 3.3.5 has it;
// time.Date promises neither.
func hourOf(year int, month time.Month, day, hour int, zone *time.Location) time.Time {
	utc := time.Date(year, month, day, hour, 0, 0, 0, time.UTC)
	_, before := utc.Add(-36 * time.Hour).In(zone).Zone()
	_, after := utc.Add(36 * time.Hour).In(zone).Zone()
	first := utc.Add(-time.Duration(before) * time.Second)
	second := utc.Add(-time.Duration(after) * time.Second)
	if first.In(zone).Hour() != hour && second.In(zone).Hour() == hour {
		return second
	}
	return first
}

// monthsAfter returns the same day n months later, or the last day of a month
// that is too short for it.
func monthsAfter(t time.Time, n int) time.Time {
	year, month, day := t.Date()
	last := time.Date(year, month+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return time.Date(year, month+time.Month(n), min(day, last), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}
