package cli

import (
	"fmt"
	"strings"

	mcobra "github.com/muesli/mango-cobra"
	"github.com/muesli/roff"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"quotatop/ui"
)

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man",
		Short:   "print the manual page",
		Example: "  quotatop man | man -l -",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			root := newRoot()
			root.Long = strings.ReplaceAll(root.Long, "\n", " ") // man breaks the lines
			escapePercent(root)
			page, err := mcobra.NewManPage(1, root)
			if err != nil {
				return fmt.Errorf("man: %w", err)
			}
			for _, section := range manualSections() {
				page.WithSection(section[0], strings.ReplaceAll(section[1], "%", "%%")) // mango formats it
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), page.Build(roff.NewDocument()))
			return err
		},
	}
}

// escapePercent prepares the flags of a command tree for mango, which takes their
// usage for a format string.
func escapePercent(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { flag.Usage = strings.ReplaceAll(flag.Usage, "%", "%%") })
	for _, sub := range cmd.Commands() {
		escapePercent(sub)
	}
}

// manualSections are the titles and texts of the manual that no flag or command
// says.
func manualSections() [][2]string {
	var keys strings.Builder
	for _, k := range ui.Keys() {
		fmt.Fprintf(&keys, "%-10s %s\n", k.Keys, k.Does)
	}
	return [][2]string{
		{"Keys", strings.TrimSuffix(keys.String(), "\n")},
		{"Files", `$XDG_CONFIG_HOME/quotatop/config.toml
    The configuration (default ~/.config). quotatop config init writes a commented one.
$XDG_CONFIG_HOME/quotatop/themes/*.toml
    Themes of your own.
$XDG_STATE_HOME/quotatop/
    The journal: what the dashboard observed, in a folder for each account (default ~/.local/state).
$XDG_RUNTIME_DIR/quotatop/
    The state of a running dashboard, which quotatop status reads. Without that variable, a folder of your own among the temporary files.
~/.tmux.conf or $XDG_CONFIG_HOME/tmux/tmux.conf
    What quotatop tmux install adds its lines to.`},
		{"Environment", `PIONEER_API_KEY
    The API key; --key-file beats it, and it beats the configuration.
PIONEER_BASE_URL
    The address of the API; --base-url beats it.
NO_COLOR, TERM, LC_ALL, LC_CTYPE, LANG
    Whether to draw with colors, and with more than ASCII.
HTTPS_PROXY, HTTP_PROXY, NO_PROXY
    The proxy for requests to the API.`},
		{"Exit status", `0   fine
1   failed, or not known
2   a mistake in the command line or the configuration
3   a threshold was crossed (check, wait)`},
		{"Examples", `See it work, without a key:
    quotatop demo
Watch an account, and pass the load run through a tap:
    PIONEER_API_KEY=... quotatop --tap 127.0.0.1:8429
Start a load run only with headroom:
    quotatop wait --until-headroom 50% --timeout 5m && k6 run load.js
Record a run, then report on it:
    quotatop --record run.jsonl.zst
    quotatop report run.jsonl.zst --format html > run.html
A line for the status bar of tmux:
    quotatop status --format tmux`},
	}
}
