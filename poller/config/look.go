package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A Look is the configuration of the screen. Only commands with a screen read
// it, so that a mistake in it does not stop the others.
type Look struct {
	Theme string // the theme's name; empty to choose by the terminal's background
	// Keys maps the name of an action to its keys. The screen checks that both
	// exist.
	Keys map[string][]string
}

// Look returns the configuration of the screen. The error is one line and gives
// the position of the mistake.
func (f *File) Look() (Look, error) {
	var l Look
	var ok bool
	if l.Theme, ok = f.theme.(string); !ok && f.theme != nil {
		return Look{}, f.Mistake(errors.New(`theme: use a name in quotes, like "dark"`), "theme")
	}
	table, ok := f.keys.(map[string]any)
	if !ok && f.keys != nil {
		return Look{}, f.Mistake(errors.New("keys in the wrong place: use a table, [keys]"), "keys")
	}
	for _, action := range slices.Sorted(maps.Keys(table)) {
		if isTopLevel(action) {
			return Look{}, f.Mistake(belongsAbove(action), "keys", action)
		}
		keys, err := parseKeys(table[action])
		if err != nil {
			return Look{}, f.Mistake(err, "keys", action)
		}
		if l.Keys == nil {
			l.Keys = map[string][]string{}
		}
		l.Keys[action] = keys
	}
	return l, nil
}

// belongsAbove returns the error for a top-level key below a table.
func belongsAbove(key string) error {
	return fmt.Errorf("%s belongs above the first [table]", key)
}

// parseKeys reads the keys of an action: one string or an array of strings.
func parseKeys(value any) ([]string, error) {
	bad := errors.New("use a key like \"q\", or an array like [\"p\", \"space\"]")
	switch value := value.(type) {
	case string:
		if value == "" {
			return nil, bad
		}
		return []string{value}, nil
	case []any:
		keys := make([]string, 0, len(value))
		for _, v := range value {
			key, ok := v.(string)
			if !ok || key == "" {
				return nil, bad
			}
			keys = append(keys, key)
		}
		return keys, nil
	}
	return nil, bad
}
