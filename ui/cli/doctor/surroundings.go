package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/charmbracelet/colorprofile"

	"quotatop/poller/events/private"
	"quotatop/ui/statefile"
)

// terminal checks what the screen can be drawn with.
func (c *checkup) terminal() {
	term := c.env("TERM")
	switch {
	case !c.opts.Terminal:
		c.warn("terminal: standard output is not a terminal", "the dashboard needs one; quotatop once and quotatop stream do not")
	case term == "" || term == "dumb":
		c.fail("terminal: TERM is "+orNotSet(term)+", so the dashboard cannot be drawn", "set TERM to match the terminal, e.g. xterm-256color; or use quotatop once")
	default:
		c.ok("terminal: " + term + ", " + c.colours())
	}
	name, locale := c.locale()
	if strings.Contains(strings.ReplaceAll(strings.ToLower(locale), "-", ""), "utf8") {
		c.ok("locale: " + locale)
	} else {
		c.warn("locale: "+name+" is "+orNotSet(locale)+", not UTF-8: the screen is drawn in ASCII", "set it to a UTF-8 locale, e.g. C.UTF-8")
	}
	if c.env("TMUX") == "" {
		return
	}
	if strings.HasPrefix(term, "tmux") || strings.HasPrefix(term, "screen") {
		c.ok("tmux: running in a pane; quotatop tmux doctor checks the status line")
		return
	}
	c.warn("tmux: TERM is "+orNotSet(term)+" inside tmux: colours and keys may be wrong", `put into tmux.conf: set -g default-terminal "tmux-256color"`)
}

// colours says how many colours the environment asks for.
func (c *checkup) colours() string {
	if c.env("NO_COLOR") != "" {
		return "no colours (NO_COLOR is set)"
	}
	switch colorprofile.Env(c.opts.Env) {
	case colorprofile.TrueColor:
		return "true colour"
	case colorprofile.ANSI256:
		return "256 colours"
	case colorprofile.ANSI:
		return "16 colours"
	}
	return "no colours"
}

// locale returns the variable that sets the character encoding, and its value.
func (c *checkup) locale() (name, value string) {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := c.env(name); v != "" {
			return name, v
		}
	}
	return "LANG", ""
}

func orNotSet(text string) string {
	if text == "" {
		return "not set"
	}
	return text
}

// folders checks that what has to be written can be.
func (c *checkup) folders() {
	if len(c.opts.Places) > 0 {
		c.stateFile()
	}
	if c.opts.StateDir != "" {
		c.journal(c.opts.StateDir)
	}
}

// journal checks the folder of the journals, if it exists yet.
func (c *checkup) journal(dir string) {
	const name, variable = "journal folder", "XDG_STATE_HOME"
	switch folder, err := private.Parent(dir, variable, false); {
	case err == nil:
		_ = folder.Close()
	case !errors.Is(err, fs.ErrNotExist):
		c.fail(name+": "+err.Error(), "until then nothing is kept; or set "+variable+" to a folder of your own")
		return
	}
	c.folder(name, dir)
}

// stateFile checks the place of the state file, which it makes.
func (c *checkup) stateFile() {
	const name = "state file folder"
	path, wrong := statefile.Use(c.opts.Places)
	var words []string
	for _, err := range wrong {
		words = append(words, err.Error())
	}
	if dir := c.env("XDG_RUNTIME_DIR"); dir != "" && !filepath.IsAbs(dir) {
		words = append(words, "XDG_RUNTIME_DIR is a relative path, "+dir)
	}
	why := strings.Join(words, "; ")
	if path == "" {
		c.fail(name+": "+why, "set XDG_RUNTIME_DIR to a folder of your own; until then quotatop status cannot see a dashboard")
		return
	}
	if why != "" {
		c.warn(name+": "+why+"; using "+path, "fix that, or unset the variable that names it")
	}
	c.folder(name, path)
}

// folder tries to write to a folder, or where it does not exist, to the one that
// it will be made in.
func (c *checkup) folder(name, dir string) {
	existing := dir
	for {
		info, err := os.Stat(existing)
		if err == nil && !info.IsDir() {
			c.fail(name+": "+existing+" is not a folder", "move that file away")
			return
		}
		if err == nil || !errors.Is(err, fs.ErrNotExist) || existing == filepath.Dir(existing) {
			break
		}
		existing = filepath.Dir(existing)
	}
	probe, err := os.CreateTemp(existing, ".quotatop-doctor-*")
	if err != nil {
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			err = failed.Err
		}
		c.fail(name+": cannot write to "+dir+": "+err.Error(), "make it yours and writable (chmod 700), or free some space")
		return
	}
	_, err = probe.Write(make([]byte, 4096)) // a full disk still makes files
	err = errors.Join(err, probe.Close(), os.Remove(probe.Name()))
	if err != nil {
		c.fail(name+": cannot write to "+dir+": "+err.Error(), "free some space")
		return
	}
	c.ok(name + ": " + dir + " is writable")
}
