package billing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

const (
	requestTimeout = 15 * time.Second
	maxBody        = 8 << 20
	maxRedirects   = 3
)

// client sends quotatop's own requests to the API. It keeps to the budget, learns
// the server's clock, and reports each request as an event.
type client struct {
	base   *url.URL
	key    string
	http   *http.Client
	clock  *pioneer.Clock
	budget *budget
	offset offset
	emit   func(model.Event)
}

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
	body       []byte
}

func (e *statusError) Error() string {
	if e.status == http.StatusNotFound {
		return fmt.Sprintf("no %s at %s (404): check the base URL", e.path, e.host)
	}
	if detail := pioneer.Detail(e.body); detail != "" {
		return fmt.Sprintf("%s answered %d: %s", e.host, e.status, detail)
	}
	return fmt.Sprintf("%s answered %d", e.host, e.status)
}

// A redirectError is a redirect that the client does not follow.
type redirectError struct{ text string }

func (e *redirectError) Error() string { return e.text }

// newClient returns a client that sends the key only to the base URL's host.
func newClient(base *url.URL, key string, transport http.RoundTripper, clock *pioneer.Clock, budget *budget) *client {
	return &client{
		base: base, key: key, clock: clock, budget: budget,
		http: &http.Client{
			Transport: transport,
			CheckRedirect: func(req *http.Request, via []*http.Request) error {
				if req.URL.Host != base.Host || req.URL.Scheme != base.Scheme {
					return &redirectError{base.Host + " redirects to another host, which would receive the key: check the base URL"}
				}
				if len(via) > maxRedirects {
					return &redirectError{base.Host + " redirects in a circle: check the base URL"}
				}
				return nil
			},
		},
	}
}

// get requests a path below the base URL and returns the body of a 200, and the
// server's time of the request. If optional is set, a 403 or 404 is not a denial:
// the API does not have the path.
func (c *client) get(ctx context.Context, path string, query url.Values, optional bool) (body []byte, asked time.Time, err error) {
	if !c.budget.take(time.Now()) {
		return nil, asked, errBudget
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	target := c.base.JoinPath(path)
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, asked, err
	}
	req.Header.Set("X-API-Key", c.key)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "quotatop")

	sent := time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		if !neverSent(err) {
			c.report(path, 0, nil, c.clock.Now().Add(-time.Since(sent)))
		}
		return nil, asked, c.noResponse(ctx, err)
	}
	defer res.Body.Close()
	c.offset.learn(c.clock, res.Header, sent, time.Now())
	asked = c.clock.Now().Add(-time.Since(sent)) // with what was just learned about the clock
	body, err = io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	denial, denied := pioneer.ReadDenial(res.StatusCode, res.Header, body, c.clock.Now(), c.key)
	if c.key != "" && bytes.Contains(body, []byte(c.key)) {
		body = []byte(pioneer.Redact(string(body), c.key))
	}
	if optional && (res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusNotFound) {
		denied = false
	}
	if denied {
		c.report(path, res.StatusCode, &denial, asked)
		return nil, asked, &refusal{denial}
	}
	c.report(path, res.StatusCode, nil, asked)
	switch {
	case res.StatusCode != http.StatusOK:
		return nil, asked, &statusError{c.base.Host, path, res.StatusCode, body}
	case err != nil:
		if ctx.Err() != nil {
			return nil, asked, c.noResponse(ctx, err)
		}
		return nil, asked, fmt.Errorf("%s closed the connection in the middle of a response", c.base.Host)
	case len(body) > maxBody:
		return nil, asked, fmt.Errorf("%s sent more than %d MiB: check the base URL", c.base.Host, maxBody>>20)
	}
	return body, asked, nil
}

// report emits one of our own requests.
func (c *client) report(path string, status int, d *model.Denial, at time.Time) {
	c.emit(model.Event{At: at, Source: model.SourceBilling, Call: &model.Call{
		Vantage: model.VantageOwn, Method: http.MethodGet, Path: path, Status: status, Denial: d,
	}})
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
