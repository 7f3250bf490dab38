package config

import (
	"reflect"
	"slices"
	"strconv"

	"quotatop/model"
)

// NeedsRestart reports whether settings that are read only at startup differ from
// those in use. The others are those that Set changes.
func (s Settings) NeedsRestart(inUse Settings) bool {
	s.Interval, s.Cap, s.Alerts.Bell = inUse.Interval, inUse.Cap, inUse.Alerts.Bell
	if reflect.DeepEqual(s.rows(), inUse.rows()) {
		s.Endpoints = inUse.Endpoints
	}
	return !reflect.DeepEqual(s, inUse)
}

// rows returns the rows of the table of limits without what the limits allow.
func (s *Settings) rows() []model.Endpoint {
	table, err := s.Table()
	if err != nil {
		return nil
	}
	rows := slices.Clone(table.Endpoints)
	for i := range rows {
		rows[i].Limits = slices.Clone(rows[i].Limits)
		for j := range rows[i].Limits {
			rows[i].Limits[j].Max = 0
		}
	}
	return rows
}

// WithChanges returns the settings with what Set can change where it differs between
// two states of the file.
func (s Settings) WithChanges(before, after Settings) Settings {
	if before.Interval != after.Interval {
		s.Interval = after.Interval
	}
	if before.Cap != after.Cap {
		s.Cap = after.Cap
	}
	if before.Alerts.Bell != after.Alerts.Bell {
		s.Alerts.Bell = after.Alerts.Bell
	}
	table, err := after.Table()
	if err != nil || before.Profile != after.Profile {
		return s
	}
	for _, e := range table.Endpoints {
		old, _ := before.limitsOf(e.ID)
		for _, l := range e.Limits {
			if !slices.Contains(old, Limit{l.Max, Span{l.Per}}) {
				_ = s.Set(Change{LimitSetting(e.ID, l.Per), strconv.Itoa(l.Max)}) // a limit that s lacks needs a restart
			}
		}
	}
	return s
}
