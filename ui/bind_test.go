package ui

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestCheckKeys(t *testing.T) {
	for _, c := range []struct {
		name string
		keys map[string][]string
		want KeyError // with a part of Why; zero for none
	}{
		{"none", nil, KeyError{}},
		{"free keys", map[string][]string{"zoom": {"Z", "f5", "alt+z"}, "quit": {"ctrl+q"}, "pause": {"space"}}, KeyError{}},
		{"two that swap", map[string][]string{"zoom": {"p"}, "pause": {"z"}}, KeyError{}},
		{"the same anew", map[string][]string{"zoom": {"z", "z"}}, KeyError{}},
		{"no keys", map[string][]string{"zoom": {}, "up": {"z"}}, KeyError{}},
		{"unknown, near", map[string][]string{"zooom": {"z"}}, KeyError{"zooom", "", `did you mean "zoom"?`}},
		{"unknown, far", map[string][]string{"refresh-all": {"z"}}, KeyError{"refresh-all", "", "use one of next-pane, previous-pane, pane"}},
		{"a default key", map[string][]string{"zoom": {"q"}}, KeyError{"zoom", "q", "already bound to quit"}},
		{"each other's", map[string][]string{"zoom": {"x"}, "pause": {"x"}}, KeyError{"zoom", "x", "already bound to pause"}},
		{"six panes", map[string][]string{"pane": {"1", "2", "3", "4", "5", "6"}}, KeyError{"pane", "6", "there are 5 panes"}},
		{"empty", map[string][]string{"zoom": {""}}, KeyError{"zoom", "", "not a key"}},
		{"a word", map[string][]string{"zoom": {"escape"}}, KeyError{"zoom", "escape", "not a key"}},
		{"capitals", map[string][]string{"zoom": {"Ctrl+X"}}, KeyError{"zoom", "Ctrl+X", "not a key"}},
		{"a control character", map[string][]string{"zoom": {"\x1b"}}, KeyError{"zoom", "\x1b", "not a key"}},
		{"wrong order", map[string][]string{"zoom": {"alt+ctrl+x"}}, KeyError{"zoom", "alt+ctrl+x", "not a key"}},
		{"shift", map[string][]string{"zoom": {"shift+x"}}, KeyError{"zoom", "shift+x", "shift and a character"}},
		{"ctrl+i", map[string][]string{"zoom": {"ctrl+i"}}, KeyError{"zoom", "ctrl+i", "tab"}},
		{"ctrl+c", map[string][]string{"quit": {"ctrl+c"}}, KeyError{"quit", "ctrl+c", "always quits"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := CheckKeys(c.keys)
			if c.want.Why == "" {
				if err != nil {
					t.Errorf("got %v, want none", err)
				}
				return
			}
			got, ok := errors.AsType[*KeyError](err)
			if !ok || got.Action != c.want.Action || got.Key != c.want.Key || !strings.Contains(got.Why, c.want.Why) {
				t.Errorf("got %#v, want %#v", err, c.want)
			}
			if ok && strings.ContainsAny(got.Error(), "\n\x1b") {
				t.Errorf("the error is not one clean line: %q", got.Error())
			}
		})
	}
}

// The default keys pass CheckKeys.
func TestDefaultKeysPassTheCheck(t *testing.T) {
	keys := map[string][]string{}
	for _, act := range keymap() {
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(act.name) || keys[act.name] != nil {
			t.Errorf("the name %q is taken or not in kebab case", act.name)
		}
		keys[act.name] = act.Keys()
	}
	if err := CheckKeys(keys); err != nil {
		t.Error(err)
	}
}

func TestReboundKeys(t *testing.T) {
	a := New(nil, Options{Keys: map[string][]string{"zoom": {"f2", "x"}, "pane": {"a", "b"}, "up": {"e", "up"}, "quit": {}}}).sized(120, 40)
	a = send(a, snapshotMsg(*over()))
	if press(a, "z").zoom || !press(a, "x").zoom {
		t.Error("zoom has not moved from z to x")
	}
	if got := press(a, "b").focus; got != capPane {
		t.Errorf("the second key of pane goes to pane %d", got+1)
	}
	if frame := plainFrame(a); !strings.Contains(frame, "f2 x zoom") || strings.Contains(frame, "q quit") {
		t.Errorf("the footer has other keys:\n%s", frame)
	}
	if frame := plainFrame(press(a, "?")); !strings.Contains(frame, "e ↑ ") || !strings.Contains(frame, "f2 x") || strings.Contains(frame, "1-5") {
		t.Errorf("the help has other keys:\n%s", frame)
	}
	if _, cmd := a.Update(pressed("ctrl+c")); cmd == nil {
		t.Error("ctrl+c does not quit")
	}
	if a = New(nil, Options{Keys: map[string][]string{"zoom": {"x"}, "none": nil}}).sized(80, 24); press(a, "x").zoom || !press(a, "z").zoom {
		t.Error("keys that fail the check are obeyed")
	}
}

// For any keys in a config, either CheckKeys returns an error of one line, or the
// keys work.
func FuzzCheckKeys(f *testing.F) {
	for _, seed := range [][2]string{{"zoom", "x"}, {"zoom", "ctrl+alt+x"}, {"none", "q"}, {"pane", "f5"}, {"zoom", "ctrl+"}, {"zoom", "\xff"}, {"zo\nom", "\u202e"}, {"pane", "\u0730"}, {"fleet", "F"}, {"zoom", "f"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, key string) {
		keys := map[string][]string{name: {key}}
		if err := CheckKeys(keys); err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("the error is not one clean line: %q", err.Error())
			}
			return
		}
		for _, act := range bind(keys) {
			if act.name == name && (len(act.Keys()) != 1 || act.Keys()[0] != key || width(act.Help().Key) == 0) {
				t.Errorf("%s has the keys %q, shown as %q, want %q", name, act.Keys(), act.Help().Key, key)
			}
		}
	})
}
