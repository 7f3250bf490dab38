package ui

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
)

// A KeyError is a key binding that is not valid.
type KeyError struct {
	Action string // as written
	Key    string // as written; empty when the action is at fault
	Why    string // what is wrong, and what to do
}

func (e *KeyError) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("action %q: %s", e.Action, e.Why)
	}
	return fmt.Sprintf("action %q: key %q: %s", e.Action, e.Key, e.Why)
}

// CheckKeys returns the first binding that is not valid, by the order of the
// actions' names, as a *KeyError: an unknown action, a name that is not a key, or
// a key that is bound to another action.
func CheckKeys(keys map[string][]string) error {
	table := keymap()
	owner := map[string]string{}
	for i := range table {
		if _, rebound := keys[table[i].name]; !rebound {
			for _, k := range table[i].Keys() {
				owner[k] = table[i].name
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		if !slices.ContainsFunc(table, func(act action) bool { return act.name == name }) {
			return &KeyError{Action: name, Why: "unknown: " + suggestion(name, table)}
		}
		for i, k := range keys[name] {
			why := unusable(k)
			switch other := owner[k]; {
			case why != "":
			case other != "" && other != name:
				why = fmt.Sprintf("already bound to %s: use another key for one of them", other)
			case name == panesAction && i >= int(numbered):
				why = fmt.Sprintf("too many keys: there are %d panes", numbered)
			}
			if why != "" {
				return &KeyError{Action: name, Key: k, Why: why}
			}
			owner[k] = name
		}
	}
	return nil
}

// bind returns the table of actions with these keys instead of the default ones.
// If CheckKeys rejects any, all keep the default ones.
func bind(keys map[string][]string) []action {
	table := keymap()
	if CheckKeys(keys) != nil {
		return table
	}
	for i := range table {
		act := &table[i]
		if own, ok := keys[act.name]; ok {
			shown := make([]string, len(own))
			for j, k := range own {
				shown[j] = keySign(k)
			}
			act.SetKeys(own...)
			act.SetHelp(strings.Join(shown, " "), act.Help().Desc)
		}
	}
	return table
}

// keySign returns a key as the footer and the help show it.
func keySign(k string) string {
	switch k {
	case "left":
		return "←"
	case "right":
		return "→"
	case "up":
		return "↑"
	case "down":
		return "↓"
	}
	return k
}

// namedKeys are the keys without a character that terminals send.
var namedKeys = []string{
	"enter", "tab", "backspace", "esc", "space", "up", "down", "left", "right", "insert", "delete", "pgup", "pgdown", "home", "end",
	"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
}

// unusable returns why a name is not a key to bind, or nothing if it is one.
func unusable(name string) string {
	if name == "ctrl+c" {
		return "always quits"
	}
	rest, mods := name, ""
	for _, mod := range []string{"ctrl+", "alt+", "shift+"} { // the order in which Bubble Tea names them
		if after, ok := strings.CutPrefix(rest, mod); ok {
			rest, mods = after, mods+mod
		}
	}
	char, size := utf8.DecodeRuneInString(rest)
	one := size > 0 && size == len(rest) && unicode.IsPrint(char) && !unicode.IsMark(char) && width(rest) > 0 && char != ' ' && char != utf8.RuneError
	switch {
	case mods == "shift+" && one:
		return "shift and a character make another character: write that one, e.g. \"A\" or \"?\""
	case mods == "ctrl+" && (rest == "i" || rest == "m" || rest == "["):
		return "terminals send tab, enter and esc for ctrl+i, ctrl+m and ctrl+["
	case one && (mods == "" || !unicode.IsUpper(char)), slices.Contains(namedKeys, rest):
		return ""
	}
	return "not a key: write it like \"x\", \"?\", \"space\", \"pgup\", \"f5\", \"shift+tab\", \"ctrl+x\" or \"alt+x\""
}

// suggestion names the action that an unknown name is most like, or all actions.
func suggestion(name string, table []action) string {
	names := make([]string, len(table))
	nearest, least := "", 3
	for i := range table {
		names[i] = table[i].name
		if d := distance(name, names[i]); d < least {
			nearest, least = names[i], d
		}
	}
	if nearest != "" {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return "use one of " + strings.Join(names, ", ")
}

// distance returns how many letters must be inserted, removed or replaced to turn
// a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// on binds keys, as tea.Key names them, with their texts for the help.
func on(show, help string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(show, help))
}
