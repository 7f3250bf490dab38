package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A generator is a tap that publishes, and the clients that call through it. They
// obey Retry-After, but for every fourth call of a rude one.
type generator struct {
	run      *run
	name     string
	path     string
	endpoint string // of the path
	ip       string
	program  string
	rude     bool
	truth    *truth
	proxy    *proxy // to the broker
	process  *process
	tap      string

	failed atomic.Int64 // calls without an answer
}

// start starts the tap and waits until it listens.
func (g *generator) start() (err error) {
	if g.tap == "" {
		if g.tap, err = freeAddress(); err != nil {
			return err
		}
	}
	cmd := g.run.command(g.program, "tap", "--listen", g.tap, "--to", g.run.url,
		"--publish", "nats://"+g.proxy.address(), "--run", fleetName, "--generator", g.name, "--egress", "egress-of-"+g.name)
	if g.process, err = g.run.launch(g.name, cmd); err != nil {
		return err
	}
	return g.process.until("the tap", func() bool {
		conn, err := net.Dial("tcp", g.tap)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
}

// pause is a time in each round when no calls are sent, so that a minute that begins
// and ends in one has the same calls by every clock.
const (
	round = 10 * time.Second
	pause = 2500 * time.Millisecond
)

// intoRound returns how long a round has been going on.
func intoRound(at time.Time) time.Duration { return time.Duration(at.UnixNano()) % round }

// perMinute is how many calls a generator sends.
const perMinute = 1200

// load sends calls until ctx ends, and waits for those that are on their way.
func (g *generator) load(ctx context.Context) {
	var calls sync.WaitGroup
	defer calls.Wait()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(time.Minute / perMinute * (round - pause) / round)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		switch {
		case intoRound(now) < pause:
		case g.rude && n%4 == 0:
			if !g.truth.disputed(now) {
				calls.Go(func() { g.call(client) })
			}
		case !g.truth.waits(now):
			calls.Go(func() { g.call(client) })
		}
	}
}

func (g *generator) call(client *http.Client) {
	request, err := http.NewRequest(http.MethodPost, "http://"+g.tap+g.path, strings.NewReader("{}"))
	if err != nil {
		panic(err) // a bug: it is always the same
	}
	request.Header.Set("X-API-Key", key)
	request.Header.Set("X-Forwarded-For", g.ip)
	response, err := client.Do(request)
	if err == nil {
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	if err != nil {
		g.failed.Add(1)
	}
}

// kill kills the tap and starts it again. What it had not sent yet is lost, with the
// calls that were on their way: those of a second and a half at most.
func (g *generator) kill() error {
	killed := time.Now()
	g.process.kill()
	accepted, denied := g.truth.count(killed.Add(-1500*time.Millisecond), time.Now())
	g.run.lost += accepted + denied
	return g.start()
}

// cut keeps the generator from the broker for a time.
func (g *generator) cut(span time.Duration) error {
	g.proxy.hold(true)
	defer g.proxy.hold(false)
	time.Sleep(span)
	return nil
}

// end ends the tap as a user does.
func (g *generator) end() error {
	_ = g.process.cmd.Process.Signal(syscall.SIGTERM)
	if err := g.process.ended(20 * time.Second); err != nil {
		return fmt.Errorf("%s: %w", g.name, err)
	}
	return nil
}
