package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/poller/billing"
	"quotatop/poller/config"
	"quotatop/poller/pioneer"
	"quotatop/ui/statefile"
)

// Options say where to look.
type Options struct {
	ConfigPath   string // the configuration file
	ConfigNeeded bool   // it was named, so it has to be there
	// Override puts what flags and environment say over the file; nil for nothing.
	Override func(*config.Settings) error
	KeyFile  string   // of --key-file; empty for none
	Env      []string // the environment, as os.Environ has it
	// Terminal says whether standard output is one.
	Terminal bool
	Places   []statefile.Place // for the state file; nil for none
	StateDir string            // for the journal; empty for none
	// Transport sends the requests; if nil, one like http.DefaultTransport.
	Transport http.RoundTripper
}

// Run makes all checks, in the order in which one depends on the other. It
// sends a request to each billing endpoint.
func Run(ctx context.Context, opts Options) []Finding {
	c := &checkup{opts: opts}
	c.configuration()
	key := c.key(ctx)
	c.api(ctx, key)
	c.terminal()
	c.folders()
	if key != "" { // a server may send it back
		for i, f := range c.found {
			c.found[i].What, c.found[i].Do = strings.ReplaceAll(f.What, key, "[key]"), strings.ReplaceAll(f.Do, key, "[key]")
		}
	}
	return c.found
}

// A checkup is one in the making.
type checkup struct {
	opts  Options
	conf  config.Settings
	table model.Table
	// nowhere is set when what is set cannot be used, so that there is no host
	// to ask.
	nowhere bool
	from    string // where the key comes from
	found   []Finding
}

func (c *checkup) good(what string)       { c.found = append(c.found, Finding{OK: true, What: what}) }
func (c *checkup) better(what, do string) { c.found = append(c.found, Finding{true, what, do}) }
func (c *checkup) bad(what, do string)    { c.found = append(c.found, Finding{false, what, do}) }

// env is a variable of the environment; the last one of a name counts.
func (c *checkup) env(name string) (value string) {
	for _, pair := range c.opts.Env {
		if v, ok := strings.CutPrefix(pair, name+"="); ok {
			value = v
		}
	}
	return value
}

// configuration reads the file, and goes on with the defaults where it is
// broken.
func (c *checkup) configuration() {
	file, err := config.Load(c.opts.ConfigPath, c.opts.ConfigNeeded)
	c.conf = config.Default()
	if err == nil {
		c.conf = file.Settings
		_, err = file.Look()
	}
	_, missing := os.Stat(c.opts.ConfigPath)
	switch {
	case err != nil:
		c.bad("configuration: "+err.Error(), "mend it there; until then quotatop does not start")
	case missing != nil:
		c.good("configuration: no file at " + c.opts.ConfigPath + ", so the defaults hold")
	default:
		c.good("configuration: " + c.opts.ConfigPath + " is fine")
	}
	if c.opts.Override != nil {
		if err := c.opts.Override(&c.conf); err != nil {
			c.bad("host: "+err.Error(), "fix --base-url, PIONEER_BASE_URL or base_url")
			c.nowhere = true
		}
	}
	c.table, err = c.conf.Table()
	if err != nil {
		c.bad("table of limits: "+err.Error(), "choose another --profile")
		c.table, _ = model.Profile(model.DefaultProfile)
	}
}

// key finds the API key and says where, and never what it is.
func (c *checkup) key(ctx context.Context) string {
	file := c.opts.KeyFile
	switch {
	case file != "":
		c.from = "--key-file " + file
	case strings.TrimSpace(c.env("PIONEER_API_KEY")) != "":
		c.from = "PIONEER_API_KEY"
	case c.conf.KeyFile != "":
		file = c.conf.KeyFile
		c.from = "key_file " + file
	default:
		c.from = "key_command"
	}
	key, err := c.conf.Key(ctx, c.opts.KeyFile, c.env("PIONEER_API_KEY"))
	if err != nil {
		c.bad("key: "+err.Error(), "set PIONEER_API_KEY, or key_file or key_command in the configuration")
		return ""
	}
	switch {
	case !strings.HasPrefix(key, "pio_sk_") && !strings.HasPrefix(key, "fast_sk_"):
		c.better("key: found in "+c.from+"; it does not begin like one (pio_sk_ or fast_sk_)", "if the API refuses it, look whether it is whole")
	default:
		c.good("key: found in " + c.from)
	}
	if info, err := os.Stat(file); file != "" && err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		c.better("key: others can read "+file, "chmod 600 "+file)
	}
	return key
}

// api asks the host, by way of the billing endpoints.
func (c *checkup) api(ctx context.Context, key string) {
	if c.nowhere {
		return
	}
	base := c.conf.BaseURL.URL
	clock := &pioneer.Clock{}
	source := billing.New(billing.Options{Base: base, Key: key, Clock: clock, Table: c.table, Transport: c.opts.Transport})
	first := true
	var answers []billing.Answer
	for a := range source.Probe(ctx) {
		if first {
			first = false
			if a.Status == 0 {
				c.unreachable(a.Err)
				return
			}
			c.good("host: " + base.Host + " answers in " + a.Took.Round(time.Millisecond).String())
		}
		if key == "" {
			break // that the host is there is all that can be found out
		}
		answers = append(answers, a)
	}
	c.clock(clock.Offset())
	if key == "" {
		c.bad("billing: not asked, since there is no key", "find a key first")
	}
	for _, a := range answers {
		c.answer(a)
	}
}

func (c *checkup) unreachable(err error) {
	do := "check the network and the base URL"
	text := "no answer"
	if err != nil {
		text = err.Error()
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		do = "check this machine's clock and its certificates; a proxy may stand in between"
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		if c.env(name) != "" { // its value may hold a password
			do += "; " + name + " is set: look whether that proxy works"
			break
		}
	}
	c.bad("host: "+text, do)
}

// Clocks that are this far apart are worth a word, and worth mending.
const (
	clockOff    = 2 * time.Second
	clockBroken = time.Minute
)

// clock compares this machine's clock with the server's.
func (c *checkup) clock(offset time.Duration) {
	way := " behind the server's"
	if offset < 0 {
		way = " ahead of the server's"
	}
	off := offset.Abs().Round(time.Second).String()
	const do = "set the clock (NTP); quotatop itself runs on the server's time"
	switch {
	case offset.Abs() >= clockBroken:
		c.bad("clock: this machine's is "+off+way, do)
	case offset.Abs() >= clockOff:
		c.better("clock: this machine's is "+off+way, do)
	default:
		c.good("clock: within 2 s of the server's")
	}
}

// answer judges what one billing endpoint said.
func (c *checkup) answer(a billing.Answer) {
	name, wrong := "billing: "+a.Path, ""
	if a.Err != nil {
		wrong = strings.TrimPrefix(a.Err.Error(), a.Path+": ")
	}
	switch {
	case a.Err == nil && a.Missing && strings.HasSuffix(a.Path, "/plan-info"):
		c.better(name+": "+a.Said+", so spending is added up from the log", "set [cap] usd_per_day in the configuration, to see what is left")
	case a.Err == nil && a.Missing && strings.HasSuffix(a.Path, "/overage-settings"):
		c.better(name+": "+a.Said+", so the reset is taken to be at 00:00 UTC", "")
	case a.Err == nil && a.Missing:
		c.better(name+": "+a.Said+", which only names the team", "")
	case a.Err == nil:
		c.good(name + ": " + a.Said)
	case a.Denial != nil:
		c.bad(name+": "+wrong, c.remedy(*a.Denial))
	case a.Status == 0:
		c.bad(name+": "+wrong, "try again; quotatop does so by itself")
	case a.Status >= 500:
		c.bad(name+": "+wrong, "the API has trouble: try again in a minute")
	default:
		c.bad(name+": "+wrong, "check the base URL: this may be another API, or another version of it")
	}
}

// remedy is what to do about a denial.
func (c *checkup) remedy(d model.Denial) string {
	see := ""
	if d.URL != "" {
		see = ", at " + d.URL
	}
	switch d.Kind {
	case model.KindAuth:
		return "check the key in " + c.from + "; where its allowance is used up, it works again after the reset"
	case model.KindCap:
		return "wait for the reset: until then the API refuses every call"
	case model.KindRate:
		return "wait a minute: something else on this address uses up the limit; quotatop's own polls keep to 5 % of it"
	case model.KindBusy:
		return "wait a minute: the API has no capacity for the call"
	case model.KindUnknown:
		return "look whether a proxy stands in between: the response cannot be read"
	case model.KindCeiling:
		return "raise the monthly ceiling" + see
	}
	return "add credits or a payment method" + see
}
