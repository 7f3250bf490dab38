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

// A KeyError says which rebinding cannot be obeyed.
type KeyError struct {
	Action string // as it was written
	Key    string // as it was written; empty when the action is at fault
	Why    string // what is wrong with it, and what to do
}

func (e *KeyError) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("action %q: %s", e.Action, e.Why)
	}
	return fmt.Sprintf("action %q: key %q: %s", e.Action, e.Key, e.Why)
}

// CheckKeys reports the first rebinding, in the order of the actions' names,
// that cannot be obeyed, as a *KeyError: an unknown action, a name that is no
// key, or a key that another action has.
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
				why = fmt.Sprintf("%s has it too: give one of them another key", other)
			case name == panesAction && i >= int(focusable):
				why = fmt.Sprintf("one too many: there are %d panes", focusable)
			}
			if why != "" {
				return &KeyError{Action: name, Key: k, Why: why}
			}
			owner[k] = name
		}
	}
	return nil
}

// bind is the table of actions with these keys in place of the default ones, or
// with the default ones when CheckKeys rejects any of these.
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

// keySign is what the footer and the help call a key.
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

// namedKeys are the keys that terminals send and that have no character.
var namedKeys = []string{
	"enter", "tab", "backspace", "esc", "space", "up", "down", "left", "right", "insert", "delete", "pgup", "pgdown", "home", "end",
	"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
}

// unusable says why a name can be no key, or nothing when it can.
func unusable(name string) string {
	if name == "ctrl+c" {
		return "it always quits"
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
		return "shift and a character make another one: write that, as \"A\" or \"?\""
	case mods == "ctrl+" && (rest == "i" || rest == "m" || rest == "["):
		return "terminals send tab, enter and esc for ctrl+i, ctrl+m and ctrl+["
	case one && (mods == "" || !unicode.IsUpper(char)), slices.Contains(namedKeys, rest):
		return ""
	}
	return "no key: write it as \"x\", \"?\", \"space\", \"pgup\", \"f5\", \"shift+tab\", \"ctrl+x\" or \"alt+x\""
}

// suggestion names the action that is spelt most like an unknown one, or all.
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

// distance is how many letters must be put in, left out or replaced to make b
// of a.
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

// on binds keys, as tea.Key names them, with the words for people.
func on(show, help string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(show, help))
}
