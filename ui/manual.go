package ui

// A KeyHelp is the keys of an action and what it does, for a manual.
type KeyHelp struct{ Keys, Does string }

// Keys returns the default keys of the screen, in the order of its help.
func Keys() []KeyHelp {
	var all []KeyHelp
	for _, act := range keymap() {
		all = append(all, KeyHelp{act.Help().Key, act.Help().Desc})
	}
	return all
}
