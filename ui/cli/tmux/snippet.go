// Package tmux installs quotatop's status line in the user's tmux configuration,
// and finds out why it does not show.
package tmux

import "strings"

// What the snippet sets, and Diagnose checks.
const (
	slowestInterval = 5   // seconds between two status lines
	roomyLength     = 100 // cells of status-right; tmux's own 40 cut it
	lineLength      = 34  // cells of a typical status line
)

// Snippet returns the lines for a tmux configuration (tmux 3.0 and later) that put
// the status line at the end of status-right. bin is the path or name of quotatop.
// Reading them again changes nothing.
func Snippet(bin string) string {
	sh := shellWord(bin)
	line := strings.NewReplacer("#", "##", "%", "%%").Replace(sh) // a status line is a format that strftime(3) expands
	return `# The fullest API limit with the time until it is reached, what is left of the cap, the time to its reset.
if -F "#{?#{m/r:^[1-5]$,#{status-interval}},,1}" { set -g status-interval 5 }
if -F "#{m/r:^[0-9]?[0-9]$,#{status-right-length}}" { set -g status-right-length 100 }
if -F "#{?#{m:*status --format tmux*,#{status-right}},,1}" { set -ag status-right ` + quoted(" #("+line+" status --format tmux)") + ` }
# prefix Q: the dashboard in a pane below. It takes the key from the environment of the tmux server, or the configuration file.
bind-key Q split-window -v -l 16 ` + quoted(sh) + `
`
}

// shellWord quotes a text as one word for a shell.
func shellWord(text string) string {
	plain := strings.IndexFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune("/._+-@,", r)
	}) < 0
	if plain && text != "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// quoted quotes a text as one word for a tmux configuration.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(text) + `"`
}
