// Command fleet runs three load generators on one account for a while: three taps
// that publish to one broker (nats-server, a Debian package), with clients that call
// a simulated API through them, and two dashboards that show them as one. Meanwhile a
// generator is killed, the broker is killed, a generator is cut off from the broker,
// another has a clock that is ten minutes fast, and batches are sent again on
// purpose. It compares all that the dashboards show with what the simulated API did:
//
//	go run ./.ci/fleet -for 4m
//
// Two things are imitated. The cut is made by a proxy between generator and broker
// that holds all bytes back, as lost packets would. The fast clock is that of a build
// of quotatop whose time.Now is ten minutes ahead. Runs of less than a minute do
// without that clock, and cut the generator off for a few seconds only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

func main() {
	span := flag.Duration("for", 4*time.Minute, "how long to run")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "the seed of what happens")
	server := flag.String("server", "nats-server", "the broker's program")
	flag.Parse()
	r := &run{span: *span, random: rand.New(rand.NewPCG(*seed, 1))}
	if err := r.all(*server); err != nil {
		fmt.Fprintf(os.Stderr, "fleet with -seed %d: %v\n", *seed, err)
		os.Exit(1)
	}
}

// key is found nowhere but in the environment and in requests to the API.
const key = "pio_sk_fleet8Kd02mVq4Lx7TzB1nR"

// fleetName is the name of the run.
const fleetName = "load-test"

// A run is three generators, a broker and two dashboards.
type run struct {
	span   time.Duration
	random *rand.Rand

	dir        string
	program    string
	api        *api
	url        string // of the API
	broker     *broker
	generators []*generator
	watch      *dashboard // prints Snapshots
	keep       *dashboard // records
	again      *again
	begun      time.Time
	lost       int // the most calls that may be lost, as a generator was killed
}

func (r *run) all(server string) (err error) {
	if r.dir, err = os.MkdirTemp("", "quotatop-fleet"); err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	r.program = filepath.Join(r.dir, "quotatop")
	if out, err := exec.Command("go", "build", "-o", r.program, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	r.api = newAPI()
	front := httptest.NewServer(r.api)
	defer front.Close()
	r.url = front.URL
	defer r.stop()
	if err := r.start(server); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var calls sync.WaitGroup
	defer calls.Wait()
	defer cancel()
	r.begun = time.Now()
	for _, g := range r.generators {
		calls.Go(func() { g.load(ctx) })
	}
	if err := r.hurt(); err != nil {
		return err
	}
	cancel()
	calls.Wait()
	return r.end()
}

// start starts the broker, the generators and the dashboards.
func (r *run) start(server string) (err error) {
	if r.broker, err = newBroker(server, r); err != nil {
		return err
	}
	if out, err := r.command(r.program, "fleet", "init", r.broker.url).CombinedOutput(); err != nil {
		return fmt.Errorf("fleet init: %w: %s", err, out)
	}
	late := r.program
	if r.span >= time.Minute {
		if late, err = fastClock(r.dir); err != nil {
			return err
		}
	}
	for i, g := range []*generator{
		{name: "gen-a", endpoint: "inference", path: "/inference", program: r.program},
		{name: "gen-b", endpoint: "chat", path: "/v1/chat/completions", program: r.program, rude: true},
		{name: "gen-c", endpoint: "gliner", path: "/gliner-2/extract", program: late},
	} {
		g.run, g.ip, g.truth = r, fmt.Sprintf("192.0.2.%d", i+1), r.api.truth(fmt.Sprintf("192.0.2.%d", i+1))
		if g.proxy, err = newProxy(r.broker.address); err != nil {
			return err
		}
		if err := g.start(); err != nil {
			return err
		}
		r.generators = append(r.generators, g)
	}
	if r.watch, err = r.newDashboard("watch", "stream", "--every", "250ms"); err != nil {
		return err
	}
	if r.keep, err = r.newDashboard("keep", "stream", "--record", r.record()); err != nil {
		return err
	}
	r.again, err = newAgain(r.broker.url, r.random)
	return err
}

func (r *run) record() string { return filepath.Join(r.dir, "run.jsonl.zst") }
func (r *run) dump() string   { return filepath.Join(r.dir, "stream.jsonl.zst") }

// A step is something that happens when a part of the run, or up to a tenth more, is over.
type step struct {
	part float64
	name string
	do   func(*run) error
}

// hurt lets the run go on for its time, while things go wrong.
func (r *run) hurt() error {
	cut := 60 * time.Second
	if r.span < 2*cut {
		cut = r.span / 4
	}
	steps := []step{
		{0.15, "gen-a is killed, and started again", func(r *run) error { return r.generators[0].kill() }},
		{0.35, "the broker is killed, and started again after 5 s", func(r *run) error { return r.broker.kill(5 * time.Second) }},
		{0.5, fmt.Sprintf("gen-b is cut off for %s", cut), func(r *run) error { return r.generators[1].cut(cut) }},
		{1, "", func(*run) error { return nil }},
	}
	for _, s := range steps {
		part := min(s.part+0.1*r.random.Float64(), 1)
		for due := r.begun.Add(time.Duration(part * float64(r.span))); time.Now().Before(due); {
			time.Sleep(min(time.Until(due), time.Second))
			r.again.send()
		}
		if s.name != "" {
			fmt.Printf("%4.0fs  %s\n", time.Since(r.begun).Seconds(), s.name)
		}
		if err := s.do(r); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// end ends the generators and then the dashboards, and compares.
func (r *run) end() error {
	ended := time.Now()
	for _, g := range r.generators {
		if err := g.end(); err != nil {
			return err
		}
	}
	fmt.Printf("%4.0fs  the generators ended within %.1f s\n", time.Since(r.begun).Seconds(), time.Since(ended).Seconds())
	if err := errors.Join(r.watch.until(ended), r.keep.until(ended)); err != nil {
		return err
	}
	once := r.once()
	if err := errors.Join(r.again.dump(r.dump()), r.watch.end(), r.keep.end()); err != nil {
		return err
	}
	r.costs()
	return errors.Join(once, r.check())
}

// stop ends what is left.
func (r *run) stop() {
	for _, g := range r.generators {
		g.process.kill()
		g.proxy.close()
	}
	for _, d := range []*dashboard{r.watch, r.keep} {
		if d != nil {
			d.process.kill()
		}
	}
	if r.again != nil {
		r.again.close()
	}
	if r.broker != nil {
		r.broker.process.kill()
	}
}

// freeAddress returns an address on this machine where nobody listens.
func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}
