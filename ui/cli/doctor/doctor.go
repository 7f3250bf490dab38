package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"quotatop/model"
	"quotatop/poller/billing"
	"quotatop/poller/config"
	"quotatop/poller/fleet"
	"quotatop/poller/pioneer"
	"quotatop/ui/statefile"
)

// Options say where to look.
type Options struct {
	ConfigPath   string // the configuration file
	ConfigNeeded bool   // the user named it, so it must exist
	// Override applies flags and environment to what the file says; may be nil.
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

// Run makes all checks, each after those that it depends on. It sends one request
// to each billing endpoint.
func Run(ctx context.Context, opts Options) []Finding {
	c := &checkup{opts: opts}
	c.configuration()
	key := c.key(ctx)
	c.api(ctx, key)
	c.fleet(ctx)
	c.terminal()
	c.folders()
	for i, f := range c.found { // a server may send the key back
		c.found[i].What, c.found[i].Do = pioneer.Redact(f.What, key), pioneer.Redact(f.Do, key)
	}
	return c.found
}

// A checkup collects the findings of one Run.
type checkup struct {
	opts  Options
	conf  config.Settings
	table model.Table
	// nowhere is set when flags or environment are wrong, so that the host is not
	// known.
	nowhere bool
	from    string // what names the key: --key-file, PIONEER_API_KEY, ...
	found   []Finding
}

func (c *checkup) ok(what string)       { c.found = append(c.found, Finding{OK, what, ""}) }
func (c *checkup) warn(what, do string) { c.found = append(c.found, Finding{Warn, what, do}) }
func (c *checkup) fail(what, do string) { c.found = append(c.found, Finding{Fail, what, do}) }

// env returns an environment variable. Of several with one name, the last counts.
func (c *checkup) env(name string) (value string) {
	for _, pair := range c.opts.Env {
		if v, ok := strings.CutPrefix(pair, name+"="); ok {
			value = v
		}
	}
	return value
}

// configuration reads the file. The other checks use the defaults where it is
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
		c.fail("configuration: "+err.Error(), "fix the file; quotatop won't start until then")
	case missing != nil:
		c.ok("configuration: no file at " + c.opts.ConfigPath + ", using the defaults")
	default:
		c.ok("configuration: " + c.opts.ConfigPath + " is fine")
	}
	if c.opts.Override != nil {
		if err := c.opts.Override(&c.conf); err != nil {
			c.fail("host: "+err.Error(), "fix --base-url, PIONEER_BASE_URL or base_url")
			c.nowhere = true
		}
	}
	c.table, err = c.conf.Table()
	if err != nil {
		c.fail("table of limits: "+err.Error(), "choose another --profile")
		c.table, _ = model.Profile(model.DefaultProfile)
	}
}

// key finds the API key. Its finding says where, never what it is.
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
		c.fail("key: "+err.Error(), "set PIONEER_API_KEY, or key_file or key_command in the configuration")
		return ""
	}
	switch {
	case !strings.HasPrefix(key, "pio_sk_") && !strings.HasPrefix(key, "fast_sk_"):
		c.warn("key: found in "+c.from+", but it does not start with pio_sk_ or fast_sk_", "if the API refuses it, check that it is complete")
	default:
		c.ok("key: found in " + c.from)
	}
	if info, err := os.Stat(file); file != "" && err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		c.warn("key: others can read "+file, "chmod 600 "+file)
	}
	return key
}

// api checks the host, its clock and the billing endpoints.
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
			c.ok("host: " + base.Host + " answers in " + a.Took.Round(time.Millisecond).String())
		}
		if key == "" {
			break // without a key, only that the host answers can be checked
		}
		answers = append(answers, a)
	}
	c.clock(clock.Offset())
	if key == "" {
		c.fail("billing: not checked without a key", "set a key first")
	}
	for _, a := range answers {
		c.answer(a)
	}
}

// fleet checks the brokers in the settings.
func (c *checkup) fleet(ctx context.Context) {
	const fix = "see [fleet] in the configuration"
	if f := &c.conf.Fleet; f.Publish != "" {
		b := f.Broker(f.Publish)
		if err := fleet.Reach(ctx, b); err != nil {
			c.fail("publish: "+err.Error(), fix+"; until then calls are kept in the spool")
		} else {
			c.ok("publish: " + b.String() + " answers")
		}
	}
	if f := &c.conf.Fleet; f.URL != "" {
		s, err := fleet.ReadStatus(ctx, f.Broker(f.URL))
		if err != nil {
			c.fail("fleet: "+err.Error(), fix)
			return
		}
		c.ok(fmt.Sprintf("fleet: %s has the stream %s, with %d generators", s.Broker, fleet.StreamName, len(s.Generators)))
	}
}

func (c *checkup) unreachable(err error) {
	do := "check the network and the base URL"
	text := "no answer"
	if err != nil {
		text = err.Error()
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		do = "check this machine's clock and its CA certificates; a proxy may be intercepting"
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		if c.env(name) != "" { // its value may hold a password
			do += "; " + name + " is set: check that proxy"
			break
		}
	}
	c.fail("host: "+text, do)
}

// The clock offsets from which it is a warning, and a failure.
const (
	clockOff    = 2 * time.Second
	clockBroken = time.Minute
)

// clock compares this machine's clock with the server's.
func (c *checkup) clock(offset time.Duration) {
	way := " behind the server's clock"
	if offset < 0 {
		way = " ahead of the server's clock"
	}
	off := offset.Abs().Round(time.Second).String()
	const do = "set the clock (NTP); quotatop itself uses the server's time"
	switch {
	case offset.Abs() >= clockBroken:
		c.fail("clock: this machine is "+off+way, do)
	case offset.Abs() >= clockOff:
		c.warn("clock: this machine is "+off+way, do)
	default:
		c.ok("clock: within 2 s of the server's clock")
	}
}

// answer checks what one billing endpoint answered.
func (c *checkup) answer(a billing.Answer) {
	name, wrong := "billing: "+a.Path, ""
	if a.Err != nil {
		wrong = strings.TrimPrefix(a.Err.Error(), a.Path+": ")
	}
	switch {
	case a.Err == nil && a.Missing && strings.HasSuffix(a.Path, "/plan-info"):
		c.warn(name+": "+a.Summary+", spend is summed from the log instead", "set [cap] usd_per_day in the configuration to see what is left")
	case a.Err == nil && a.Missing && strings.HasSuffix(a.Path, "/overage-settings"):
		c.ok(name + ": " + a.Summary + ", assuming a reset at 00:00 UTC")
	case a.Err == nil && a.Missing:
		c.ok(name + ": " + a.Summary + ", which is only needed for the team's name")
	case a.Err == nil:
		c.ok(name + ": " + a.Summary)
	case a.Denial != nil:
		c.fail(name+": "+wrong, c.remedy(*a.Denial))
	case a.Status == 0:
		c.fail(name+": "+wrong, "try again; quotatop itself keeps trying")
	case a.Status >= 500:
		c.fail(name+": "+wrong, "the API has a problem: try again in a minute")
	default:
		c.fail(name+": "+wrong, "check the base URL: this may be another API or API version")
	}
}

// remedy says what to do about a denial.
func (c *checkup) remedy(d model.Denial) string {
	see := ""
	if d.URL != "" {
		see = ", at " + d.URL
	}
	switch d.Kind {
	case model.KindAuth:
		return "check the key in " + c.from + "; if its allowance is used up, it works again after the reset"
	case model.KindCap:
		return "wait for the reset: the API refuses every call until then"
	case model.KindRate:
		return "wait a minute: something else at this IP address uses up the limit; quotatop's own polls stay below 5% of it"
	case model.KindBusy:
		return "try again in a minute: the API is at capacity"
	case model.KindUnknown:
		return "check for a proxy in between: the response is not the API's"
	case model.KindCeiling:
		return "raise the monthly ceiling" + see
	}
	return "add credits or a payment method" + see
}
