// Package tmux puts quotatop into the user's tmux: the lines for its
// configuration, and the reasons why a status line does not show.
package tmux

import "strings"

// What the snippet asks of tmux, and Diagnose of a status bar.
const (
	slowestInterval = 5   // seconds between two status lines
	roomyLength     = 100 // cells of status-right; tmux's own 40 cut it
	lineLength      = 34  // cells of a usual status line
)

// Snippet is the lines for a tmux configuration (tmux 3.0 and later), by which
// bin, the path or name of quotatop, writes at the end of status-right. They may be
// read any number of times: what is there is kept.
func Snippet(bin string) string {
	sh := shellWord(bin)
	line := strings.NewReplacer("#", "##", "%", "%%").Replace(sh) // a status line is a format, and holds times
	return `# The worst API limit with its time to the wall, what is left of the cap, the time to its reset.
if -F "#{?#{m/r:^[1-5]$,#{status-interval}},,1}" { set -g status-interval 5 }
if -F "#{m/r:^[0-9]?[0-9]$,#{status-right-length}}" { set -g status-right-length 100 }
if -F "#{?#{m:*status --format tmux*,#{status-right}},,1}" { set -ag status-right ` + quoted(" #("+line+" status --format tmux)") + ` }
# prefix Q: the dashboard in a pane below. It finds the key in the environment of the tmux server, or by the configuration file.
bind-key Q split-window -v -l 16 ` + quoted(sh) + `
`
}

// shellWord makes one word of a shell's of a text.
func shellWord(text string) string {
	plain := strings.IndexFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune("/._+-@,", r)
	}) < 0
	if plain && text != "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// quoted makes one word of tmux's configuration of a text.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(text) + `"`
}
