package config

import (
	"cmp"
	"fmt"
	"slices"

	"quotatop/model"
)

// An Endpoint changes the row with its ID in the profile's table, or adds a row.
// Fields that are not set keep the profile's values.
type Endpoint struct {
	ID     string   `toml:"id"`
	Name   string   `toml:"name"`
	Scope  string   `toml:"scope"` // "user" or "ip"
	Paths  []string `toml:"paths"` // "POST /generate/*"
	Limits []Limit  `toml:"limits"`
}

// A Limit allows Max calls in any window of length Per.
type Limit struct {
	Max int  `toml:"max"`
	Per Span `toml:"per"`
}

// Table returns the profile's table of limits with the changes in the file.
func (s *Settings) Table() (model.Table, error) {
	base, err := model.Profile(s.Profile)
	if err != nil || len(s.Endpoints) == 0 {
		return base, err
	}
	return merge(base, s.Endpoints)
}

func merge(base model.Table, changes []Endpoint) (model.Table, error) {
	rows := slices.Clone(base.Endpoints[:len(base.Endpoints)-1]) // without "other", which every table has
	for _, change := range changes {
		i := slices.IndexFunc(rows, func(e model.Endpoint) bool { return e.ID == change.ID })
		if i < 0 {
			if len(change.Paths) == 0 {
				return model.Table{}, fmt.Errorf("endpoint %q is new: give its paths", change.ID)
			}
			i = len(rows)
			rows = append(rows, model.Endpoint{ID: change.ID, Scope: model.ScopeUser})
		}
		row := &rows[i]
		row.Name = cmp.Or(change.Name, row.Name)
		switch scope := model.Scope(change.Scope); scope {
		case "":
		case model.ScopeUser, model.ScopeIP:
			row.Scope = scope
		default:
			return model.Table{}, fmt.Errorf("endpoint %q: scope %q: use user or ip", change.ID, change.Scope)
		}
		if len(change.Paths) > 0 {
			row.Paths = change.Paths
		}
		if len(change.Limits) > 0 {
			row.Limits = nil
			for _, l := range change.Limits {
				row.Limits = append(row.Limits, model.Limit{Max: l.Max, Per: l.Per.Duration})
			}
		}
	}
	return model.NewTable(base.Profile, rows...)
}
