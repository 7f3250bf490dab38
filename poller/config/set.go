package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Change gives a setting a new value, both as a user types them. The settings are
//
//	interval          10s
//	cap               50usd; none
//	bell              on, off
//	theme             dark
//	limit chat 1m     200: the calls that an endpoint allows in a window
type Change struct{ Setting, Value string }

// Set applies a change. Its errors are those of the configuration file. It accepts
// any theme, which belongs to the Look and is checked by the screen.
func (s *Settings) Set(c Change) error {
	next := *s
	var err error
	switch name, _, _ := strings.Cut(c.Setting, " "); name {
	case "interval":
		err = next.Interval.UnmarshalText([]byte(c.Value))
	case "cap":
		err = next.setCap(c.Value)
	case "bell":
		next.Alerts.Bell, err = parseSwitch("bell", c.Value)
	case "theme":
	case "limit":
		err = next.setLimit(c)
	default:
		err = fmt.Errorf("unknown setting %q: use interval, cap, bell, theme or limit", c.Setting)
	}
	if err == nil {
		_, err = next.check()
	}
	if err != nil {
		return err
	}
	*s = next
	return nil
}

func (s *Settings) setCap(value string) error {
	if value == "none" {
		value = "0"
	}
	var usd USD
	if err := usd.UnmarshalText([]byte(value)); err != nil {
		return err
	}
	s.Cap.USDPerDay = usd.Micros.USD()
	return nil
}

func parseSwitch(name, value string) (on bool, err error) {
	switch strings.ToLower(value) {
	case "on", "true":
		return true, nil
	case "off", "false":
		return false, nil
	}
	return false, fmt.Errorf("%s %q: use on or off", name, value)
}

// setLimit sets the limit of an endpoint in a window that the table has. All windows
// of the endpoint are then in the settings, as they replace those of the profile.
func (s *Settings) setLimit(c Change) error {
	bad := fmt.Errorf("setting %q: write it like \"limit chat 1m\"", c.Setting)
	parts := strings.Fields(c.Setting)
	if len(parts) != 3 {
		return bad
	}
	id := parts[1]
	var per Span
	if per.UnmarshalText([]byte(parts[2])) != nil {
		return bad
	}
	limits, err := s.limitsOf(id)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(limits, func(l Limit) bool { return l.Per == per })
	if at < 0 {
		return fmt.Errorf("endpoint %q has no limit per %s", id, per)
	}
	limits[at].Max, err = strconv.Atoi(strings.ReplaceAll(c.Value, ",", ""))
	if err != nil {
		return fmt.Errorf("limit %q: use a whole number", c.Value)
	}
	s.Endpoints = slices.Clone(s.Endpoints)
	if i := s.endpoint(id); i >= 0 {
		s.Endpoints[i].Limits = limits
	} else {
		s.Endpoints = append(s.Endpoints, Endpoint{ID: id, Limits: limits})
	}
	return nil
}

// endpoint returns the index of the last change of an endpoint of the profile, or -1.
func (s *Settings) endpoint(id string) int {
	for i, e := range slices.Backward(s.Endpoints) {
		if e.ID == id {
			return i
		}
	}
	return -1
}

// limitsOf returns the limits of an endpoint in the table.
func (s *Settings) limitsOf(id string) ([]Limit, error) {
	table, err := s.Table()
	if err != nil {
		return nil, err
	}
	at := table.Index(id)
	if at < 0 || len(table.Endpoints[at].Limits) == 0 {
		var ids []string
		for _, e := range table.Endpoints {
			if len(e.Limits) > 0 {
				ids = append(ids, e.ID)
			}
		}
		return nil, fmt.Errorf("endpoint %q has no limit: use one of %s", id, strings.Join(ids, ", "))
	}
	var limits []Limit
	for _, l := range table.Endpoints[at].Limits {
		limits = append(limits, Limit{Max: l.Max, Per: Span{l.Per}})
	}
	return limits, nil
}

// LimitSetting is the setting of a limit: "limit chat 1m".
func LimitSetting(endpoint string, per time.Duration) string {
	return "limit " + endpoint + " " + Span{per}.String()
}
