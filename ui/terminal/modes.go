package terminal

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// saveTitle makes the terminal save its window's title, and restoreTitle restore it
// (XTWINOPS). Terminals that cannot do this ignore them, and are left with an
// empty title.
const (
	saveTitle    = "\x1b[22;2t"
	restoreTitle = "\x1b[23;2t"
)

// keyboard asks for keys that cannot be told apart otherwise, such as ctrl+i and
// tab: with xterm's modifyOtherKeys and kitty's keyboard protocol, which has a
// stack for each screen. Terminals ignore what they do not know.
func keyboard() string {
	return ansi.SetModifyOtherKeys2 + ansi.PushKittyKeyboard(ansi.KittyDisambiguateEscapeCodes)
}

// enter sets the modes that the screen needs.
func enter() string {
	return saveTitle + ansi.SetModeAltScreenSaveCursor + ansi.ResetModeTextCursorEnable +
		ansi.SetModeBracketedPaste + ansi.SetModeFocusEvent +
		ansi.SetModeMouseButtonEvent + ansi.SetModeMouseExtSgr + keyboard()
}

// leave puts back what enter set, in the opposite order. It also ends a frame that
// was not written to its end.
func leave() string {
	return ansi.ResetModeSynchronizedOutput + ansi.ResetStyle +
		ansi.ResetModifyOtherKeys + ansi.PopKittyKeyboard(1) +
		ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseExtSgr +
		ansi.ResetModeFocusEvent + ansi.ResetModeBracketedPaste +
		ansi.ResetModeAltScreenSaveCursor + ansi.SetModeTextCursorEnable +
		ansi.SetWindowTitle("") + restoreTitle
}

// asks reports whether to ask the terminal if it has synchronized output (mode
// 2026). Over SSH, and in Apple's Terminal, an unknown request may leave its text on
// the screen, unless TERM names a terminal that knows it.
func asks(getenv func(string) string) bool {
	for _, name := range []string{"ghostty", "wezterm", "alacritty", "kitty", "rio"} {
		if strings.Contains(getenv("TERM"), name) {
			return true
		}
	}
	if getenv("WT_SESSION") != "" {
		return true
	}
	return getenv("SSH_TTY") == "" && !strings.Contains(getenv("TERM_PROGRAM"), "Apple")
}
