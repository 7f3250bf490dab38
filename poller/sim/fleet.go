package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"quotatop/model"
)

// MaxGenerators is the most generators of a Fleet.
const MaxGenerators = 1000

// A Fleet is load generators that share a plan and call a Server without HTTP. Each
// publishes its calls and a beat once a second, as one that publishes to a broker does;
// the plan's calls from elsewhere are not the fleet's. It is a runner.Source; run it once.
//
// Some leave from one address, one's clock is 10 minutes off, one is silent now and then
// and sends later what it did meanwhile, one ignores Retry-After, and some say nothing
// about their address. A small fleet has fewer of these.
type Fleet struct {
	api        *Server
	plan       Plan
	seed       uint64
	generators []generator
}

// A generator is one of a Fleet.
type generator struct {
	name    string
	ip      string
	beat    model.Beat // of what does not change
	weights []float64  // by stream: its part of the calls, relative to others
	until   []time.Time
	obeys   bool
	silent  bool // now and then
	spool   []model.Event
}

const (
	fleetRun = "demo"
	beatStep = time.Second
	// silentEvery is the time from one silence to the next, and silentFor how long one
	// lasts.
	silentEvery, silentFor = 90 * time.Second, 20 * time.Second
	// byPart is how much more a generator calls the stream that is its own.
	byPart = 6
	// perGenerator is the calls a minute of each generator that the plan does not have.
	perGenerator = 2
)

// NewFleet returns a Fleet of n generators. The error is about n or the plan.
func NewFleet(api *Server, n int, plan Plan, seed uint64) (*Fleet, error) {
	if n < 1 || n > MaxGenerators {
		return nil, fmt.Errorf("%d generators: use 1 to %d", n, MaxGenerators)
	}
	if err := plan.check(); err != nil {
		return nil, err
	}
	f := &Fleet{api: api, plan: plan, seed: seed}
	f.plan.Streams = append(slices.Clone(plan.Streams), Stream{Path: "/gliner-2/extract", Rate: Level(float64(perGenerator * n))})
	for i := range n {
		f.generators = append(f.generators, newGenerator(i, len(f.plan.Streams)))
	}
	return f, nil
}

// newGenerator returns the ith generator.
func newGenerator(i, streams int) generator {
	g := generator{
		name: fmt.Sprintf("gen-%d", i+1), ip: fmt.Sprintf("198.18.%d.%d", i/250, 1+i%250), obeys: true,
		weights: make([]float64, streams), until: make([]time.Time, streams),
		beat: model.Beat{
			Run: fleetRun, Version: "demo", Boot: "1", ClockError: 20 * time.Millisecond,
			ClockOffset: time.Duration(i*37%200-100) * time.Millisecond,
		},
	}
	for s := range g.weights {
		g.weights[s] = float64(1 + i%3)
		if s == i%streams {
			g.weights[s] *= byPart
		}
	}
	g.beat.Egress = g.name
	switch {
	case i >= 1 && i <= 3:
		g.beat.Egress, g.ip = "nat-1", "198.18.255.1"
	case i%4 == 0:
		g.beat.EgressAssumed = true
	}
	switch i {
	case 1:
		g.obeys = false
	case 2:
		g.beat.ClockOffset = 10 * time.Minute
	case 4:
		g.silent = true
	}
	return g
}

// Name is model.SourceFleet.
func (f *Fleet) Name() string { return model.SourceFleet }

// Vantage is model.VantageLocal.
func (f *Fleet) Vantage() model.Vantage { return model.VantageLocal }

// Run calls the Server as the plan says until the plan or ctx ends.
func (f *Fleet) Run(ctx context.Context, emit func(model.Event)) error {
	rng := rand.New(rand.NewPCG(f.seed, 2))
	emit(model.Event{At: f.api.now(), Source: model.SourceFleet, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal}})
	begin := time.Now()
	beats := begin.Add(beatStep)
	end := func() error {
		for i := range f.generators {
			f.generators[i].publish(f.now(), true, emit)
		}
		return nil
	}
	for at, a := range f.plan.arrivals(f.seed) {
		for due := begin.Add(at); !due.Before(beats); beats = beats.Add(beatStep) {
			if !sleep(ctx, time.Until(beats)) || ctx.Err() != nil {
				return end()
			}
			f.beat(beats.Sub(begin), emit)
		}
		if !sleep(ctx, time.Until(begin.Add(at))) || ctx.Err() != nil {
			return end()
		}
		if time.Since(begin.Add(at)) <= tooLate {
			f.call(a, rng)
		}
	}
	return end()
}

// beat lets all generators publish that are heard at a time since the begin.
func (f *Fleet) beat(at time.Duration, emit func(model.Event)) {
	now := f.now()
	for i := range f.generators {
		if g := &f.generators[i]; !g.silent || at%silentEvery < silentEvery-silentFor {
			g.publish(now, false, emit)
		}
	}
}

// now is the server's time, to the microsecond like that of calls: no call that comes
// after is before it.
func (f *Fleet) now() time.Time { return f.api.now().Truncate(time.Microsecond) }

// publish emits what a generator did before now, and its beat.
func (g *generator) publish(now time.Time, ended bool, emit func(model.Event)) {
	for _, e := range g.spool {
		emit(e)
	}
	g.spool = g.spool[:0]
	beat := g.beat
	beat.To, beat.Ended = now, ended
	emit(model.Event{At: now, Source: model.SourceFleet, Generator: g.name, Beat: &beat})
}

// call makes a call of the plan, for one of the generators or for another machine.
func (f *Fleet) call(a arrival, rng *rand.Rand) {
	stream := &f.plan.Streams[a.stream]
	if a.machine > 0 {
		f.api.Call(Call{IP: a.ip(), Path: stream.Path, Model: a.model})
		return
	}
	g := &f.generators[f.pick(a.stream, rng)]
	now := f.api.now()
	if g.obeys && now.Before(g.until[a.stream]) {
		return
	}
	r := f.api.Call(Call{IP: g.ip, Path: stream.Path, Model: a.model})
	e := model.Event{At: r.At, Source: model.SourceFleet, Generator: g.name, Call: &model.Call{
		Vantage: model.VantageLocal, Method: "POST", Path: stream.Path, Status: r.Status, Model: r.Model,
	}}
	if r.Status == 429 {
		d := model.Denial{Kind: model.KindRate, Status: r.Status, Detail: r.Detail, Reason: r.Reason, Limit: r.Limit}
		wait := blindWait
		if r.Reason != "" {
			d.Kind = model.KindCap
		}
		if r.RetryAfter > 0 {
			d.RetryAfter, wait = model.Some(r.RetryAfter), r.RetryAfter
		}
		e.Call.Denial, g.until[a.stream] = &d, r.At.Add(wait)
	}
	g.spool = append(g.spool, e)
}

// pick returns a random generator for a call of a stream, by weight.
func (f *Fleet) pick(stream int, rng *rand.Rand) int {
	sum := 0.0
	for i := range f.generators {
		sum += f.generators[i].weights[stream]
	}
	left := rng.Float64() * sum
	for i := range f.generators {
		if left -= f.generators[i].weights[stream]; left < 0 {
			return i
		}
	}
	return 0
}
