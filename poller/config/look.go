package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A Look is what the file says about screens. Only screens ask for it, so that a
// mistake in it stops nothing else.
type Look struct {
	Theme string // a theme's name; empty to choose by the terminal's background
	// Keys are the keys of actions, by the action's name. Which actions and keys
	// there are is for the screen to check.
	Keys map[string][]string
}

// Look reads what the file says about screens. The error is one line and says
// where in the file the mistake is.
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

// belongsAbove is the error for a top-level key that was put below a table.
func belongsAbove(key string) error {
	return fmt.Errorf("%s belongs above the first [table]", key)
}

// parseKeys reads the keys of an action: one, or an array of them.
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
