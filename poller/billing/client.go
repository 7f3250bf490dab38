package billing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

const (
	requestTimeout = 15 * time.Second
	maxBody        = 4 << 20 // of a 200: ten times a page of the rows asked for
	maxRefusal     = 64 << 10
	maxRedirects   = 3
)

// client sends quotatop's own requests to the API. It keeps to the budget, learns
// the server's clock, and reports each request as an event.
type client struct {
	base   *url.URL
	key    string
	gate   pioneer.Gate // knows the key
	http   *http.Client
	clock  *pioneer.Clock
	budget *budget
	emit   func(model.Event)

	answered time.Time // local: when the last request was sent that was answered as it should be

	calls []ownCall     // not reported yet: the server's time is not known
	once  sync.Once     // closes heard
	heard chan struct{} // closed once the first request has ended, in whatever way
}

// An ownCall is one of our own requests.
type ownCall struct {
	sent   time.Time // local
	path   string
	status int // 0 if there was no response
	denial *model.Denial
}

// maxHeld bounds the calls that wait for the server's time to be known.
const maxHeld = 100

// errBudget is returned for a request that was not sent because the budget is
// used up.
var errBudget = errors.New("the polling budget is used up for now")

// A refusal is the error of a response with a denial.
type refusal struct{ model.Denial }

func (r *refusal) Error() string {
	switch {
	case r.Kind == model.KindAuth:
		return fmt.Sprintf("key refused (%d): invalid, or its allowance is used up", r.Status)
	case r.Kind == model.KindCap:
		return fmt.Sprintf("daily cap reached (%d): polling is refused too", r.Status)
	case r.Kind == model.KindRate:
		return fmt.Sprintf("our own polls are rate-limited (%d)", r.Status)
	case r.Kind == model.KindBusy:
		return fmt.Sprintf("the API has no capacity for our polls (%d)", r.Status)
	case r.Kind == model.KindUnknown:
		return fmt.Sprintf("refused (%d), and the response cannot be read", r.Status)
	case r.Detail != "":
		return fmt.Sprintf("billing denial (%d): %s", r.Status, r.Detail)
	}
	return fmt.Sprintf("billing denial (%d)", r.Status)
}

// A statusError is the error of a response that is neither a 200 nor a denial.
type statusError struct {
	host, path string
	status     int
	detail     string // what the body says; may be empty
}

func (e *statusError) Error() string {
	if e.status == http.StatusNotFound {
		return fmt.Sprintf("no %s at %s (404): check the base URL", e.path, e.host)
	}
	if e.detail != "" {
		return fmt.Sprintf("%s answered %d: %s", e.host, e.status, e.detail)
	}
	return fmt.Sprintf("%s answered %d", e.host, e.status)
}

// errKeyInURL is the error of a URL that must not be requested: whatever is on the
// way writes URLs down.
var errKeyInURL = errors.New("the API sent the key back, in what would be a URL: check the base URL")

// A redirectError is a redirect that the client does not follow.
type redirectError struct{ text string }

func (e *redirectError) Error() string { return e.text }

// newClient returns a client that sends the key only to the base URL's host.
func newClient(base *url.URL, key string, transport http.RoundTripper, clock *pioneer.Clock, budget *budget) *client {
	gate := pioneer.NewGate(key)
	return &client{
		base: base, key: key, gate: gate, clock: clock, budget: budget, heard: make(chan struct{}),
		http: &http.Client{
			Transport: transport,
			CheckRedirect: func(req *http.Request, via []*http.Request) error {
				if req.URL.Host != base.Host || req.URL.Scheme != base.Scheme {
					return &redirectError{base.Host + " redirects to another host, which would receive the key: check the base URL"}
				}
				if gate.Holds(req.URL.String()) {
					return &redirectError{errKeyInURL.Error()}
				}
				if len(via) > maxRedirects {
					return &redirectError{base.Host + " redirects in a circle: check the base URL"}
				}
				return nil
			},
		},
	}
}

// maxTries is how often a request is sent to find out the server's time: the
// first response may be odd, the second contradict it, the third settles it.
const maxTries = 3

// get requests a path below the base URL. It returns the body of a 200, and the
// server's time at which the request was sent. With optional set, a 403 or 404
// is not a denial: the path is missing.
//
// A response that leaves the server's clock in doubt is requested again, so that
// nothing is dated by a wrong clock.
func (c *client) get(ctx context.Context, path string, query url.Values, optional bool) (body []byte, asked time.Time, err error) {
	defer c.once.Do(func() { close(c.heard) })
	for try := 1; ; try++ {
		var sent time.Time
		body, sent, err = c.send(ctx, path, query, optional)
		_, answered := errors.AsType[*statusError](err)
		if again := err == nil || answered; !again || !c.clock.InDoubt() || try == maxTries {
			c.reportCalls()
			return body, c.clock.At(sent), err
		}
	}
}

// send sends a request once; sent is the local time.
func (c *client) send(ctx context.Context, path string, query url.Values, optional bool) (body []byte, sent time.Time, err error) {
	sent = time.Now()
	if !c.budget.take(sent) {
		return nil, sent, errBudget
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := c.request(ctx, path, query)
	if err != nil {
		return nil, sent, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		if !neverSent(err) {
			c.hold(ownCall{sent, path, 0, nil})
		}
		return nil, sent, c.noResponse(ctx, err)
	}
	defer res.Body.Close()
	c.clock.Learn(res.Header, sent, time.Now())
	most := maxBody
	if res.StatusCode != http.StatusOK {
		most = maxRefusal
	}
	body, err = io.ReadAll(io.LimitReader(res.Body, int64(most)+1))
	denial, denied := pioneer.ReadDenial(res.StatusCode, res.Header, body, c.clock.Now(), c.key)
	if optional && (res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusNotFound) {
		denied = false
	}
	if denied {
		c.hold(ownCall{sent, path, res.StatusCode, &denial})
		return nil, sent, &refusal{denial}
	}
	c.hold(ownCall{sent, path, res.StatusCode, nil})
	switch {
	case res.StatusCode != http.StatusOK:
		return nil, sent, &statusError{c.base.Host, path, res.StatusCode, pioneer.Detail(body, c.key)}
	case err != nil:
		if ctx.Err() != nil {
			return nil, sent, c.noResponse(ctx, err)
		}
		return nil, sent, fmt.Errorf("%s closed the connection in the middle of a response", c.base.Host)
	case len(body) > maxBody:
		return nil, sent, fmt.Errorf("%s sent more than %d MiB: check the base URL", c.base.Host, maxBody>>20)
	}
	c.answered = sent
	return body, sent, nil
}

// request returns a request for a path below the base URL.
func (c *client) request(ctx context.Context, path string, query url.Values) (*http.Request, error) {
	target := c.base.JoinPath(path)
	target.RawQuery = query.Encode()
	if c.gate.Holds(target.String()) {
		return nil, errKeyInURL
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-API-Key", c.key)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "quotatop")
	return req, nil
}

// hold keeps a call to be reported.
func (c *client) hold(call ownCall) {
	if len(c.calls) < maxHeld {
		c.calls = append(c.calls, call)
	}
}

// reportCalls reports our own requests by the server's clock. Those that got no
// response wait until some response has said what it is, and so do all while that is in
// doubt.
func (c *client) reportCalls() {
	waiting := c.calls[:0]
	for i, call := range c.calls {
		answered := slices.ContainsFunc(c.calls[i:], func(later ownCall) bool { return later.status != 0 })
		if !c.clock.Known() && (!answered || c.clock.InDoubt()) {
			waiting = append(waiting, call)
			continue
		}
		c.emit(model.Event{At: c.clock.At(call.sent), Source: model.SourceBilling, Call: &model.Call{
			Vantage: model.VantageOwn, Method: http.MethodGet, Path: call.path, Status: call.status, Denial: call.denial,
		}})
	}
	c.calls = waiting
}

// neverSent reports whether a request failed before it reached the API.
func neverSent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// noResponse returns the error of a request that got no response in time.
func (c *client) noResponse(ctx context.Context, err error) error {
	var redirect *redirectError
	switch {
	case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return ctx.Err()
	case ctx.Err() != nil:
		return fmt.Errorf("no response from %s in %d s", c.base.Host, int(requestTimeout.Seconds()))
	case errors.As(err, &redirect):
		return redirect
	}
	return pioneer.CannotReach(c.base.Host, err, c.key)
}
