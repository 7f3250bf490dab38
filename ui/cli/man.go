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
			prepareFlags(root)
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

// prepareFlags prepares the flags of a command tree for mango, which uses their usage as
// a format string, and would write -v as --v.
func prepareFlags(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		flag.Shorthand, flag.Usage = "", strings.ReplaceAll(flag.Usage, "%", "%%")
	})
	for _, sub := range cmd.Commands() {
		prepareFlags(sub)
	}
}

// manualSections returns the titles and texts of the manual's sections that are
// not about commands and flags.
func manualSections() [][2]string {
	var keys strings.Builder
	for _, k := range ui.Keys() {
		fmt.Fprintf(&keys, "%-10s %s\n", k.Keys, k.Does)
	}
	return [][2]string{
		{"Keys", strings.TrimSuffix(keys.String(), "\n")},
		{"Files", `$XDG_CONFIG_HOME/quotatop/config.toml
    The configuration (default ~/.config/quotatop/config.toml). quotatop config init writes one.
$XDG_CONFIG_HOME/quotatop/themes/*.toml
    Your own themes.
$XDG_STATE_HOME/quotatop/
    The journal: what the dashboard observed, in a folder for each account (default ~/.local/state/quotatop/). Below spool/: calls that wait to be published.
$XDG_RUNTIME_DIR/quotatop/
/run/user/UID/quotatop/
$TMPDIR/quotatop-UID/
$XDG_CACHE_HOME/quotatop/
/tmp/quotatop-UID/
    The state of a running dashboard, which quotatop status reads. The dashboard writes it to the first of these places that it can use, and also to the first one that does not depend on XDG_RUNTIME_DIR or TMPDIR; status looks in all of them (XDG_CACHE_HOME is ~/.cache by default; /tmp comes before it where TMPDIR is not set).
~/.tmux.conf or $XDG_CONFIG_HOME/tmux/tmux.conf
    The tmux configuration, to which quotatop tmux install adds its lines.`},
		{"Environment", `PIONEER_API_KEY
    The API key. It takes precedence over the configuration, and --key-file over it.
PIONEER_BASE_URL
    The address of the API. It takes precedence over the configuration, and --base-url over it.
NO_COLOR, TERM, LC_ALL, LC_CTYPE, LANG
    They decide whether the screen has colors and non-ASCII characters.
HTTPS_PROXY, HTTP_PROXY, NO_PROXY
    The proxy for requests to the API.
XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR, XDG_CACHE_HOME, TMPDIR
    Where the files above are.`},
		{"Exit status", `0   success
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
Publish the calls of a load generator, and show all generators as one run:
    quotatop tap --publish nats://broker:4222
    quotatop --fleet nats://broker:4222
A line for the status bar of tmux:
    quotatop status --format tmux`},
	}
}
