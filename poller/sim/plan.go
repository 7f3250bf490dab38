package sim

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// A Plan describes a load run.
type Plan struct {
	Streams []Stream
	// Length is when the plan ends, or starts again.
	Length time.Duration
	Repeat bool
}

// A Stream is the calls to one path.
type Stream struct {
	Path   string
	Models []Share // the path's default model if empty
	// Rate is the calls per minute. It changes linearly from each point to the
	// next, and is constant before the first and after the last.
	Rate []Point
	// Elsewhere is the share of the calls, from 0 to 1, that come from other
	// machines with the same key; 0 if empty.
	Elsewhere []Point
}

// A Point is a value at a time since the start of the plan.
type Point struct {
	At    time.Duration
	Value float64
}

// Level returns a constant value.
func Level(value float64) []Point { return []Point{{0, value}} }

// A Share is a model and its share of the calls, relative to other weights.
type Share struct {
	Model  string
	Weight float64
}

// machines is the number of other machines that use the key, and clients the
// number of clients of each stream on each machine.
const (
	machines = 4
	clients  = 20
)

// An arrival is one call of a plan.
type arrival struct {
	stream  int
	machine int // 0 is this machine
	client  int
	model   string
	chunked bool // asks for a stream
}

// ip returns the client address of another machine, from a range reserved for
// documentation (RFC 5737).
func (a arrival) ip() string { return fmt.Sprintf("203.0.113.%d", 10+a.machine) }

// tick is the resolution of a plan.
const tick = 10 * time.Millisecond

// maxRate is the highest rate of a stream, in calls per minute.
const maxRate = 1e6

// check returns an error if the plan is invalid.
func (p Plan) check() error {
	if p.Length < time.Second {
		return fmt.Errorf("plan of %s: make it a second or longer", p.Length)
	}
	calls := 0.0
	for _, s := range p.Streams {
		if err := inOrder(s.Rate, maxRate); err != nil {
			return fmt.Errorf("plan: rate of %s: %w", s.Path, err)
		}
		if err := inOrder(s.Elsewhere, 1); err != nil {
			return fmt.Errorf("plan: share elsewhere of %s: %w", s.Path, err)
		}
		for at := time.Duration(0); at < p.Length; at += time.Second {
			calls += valueAt(s.Rate, at) / 60
		}
	}
	if calls < 1 {
		return errors.New("plan: it makes no calls")
	}
	return nil
}

func inOrder(points []Point, most float64) error {
	for i, p := range points {
		if !(p.Value >= 0 && p.Value <= most) { // false for NaN
			return fmt.Errorf("%v: use 0 to %v", p.Value, most)
		}
		if i > 0 && p.At < points[i-1].At {
			return fmt.Errorf("%s comes after %s: put the points in order", p.At, points[i-1].At)
		}
	}
	return nil
}

// valueAt returns the value at a time, interpolated between points.
func valueAt(points []Point, at time.Duration) float64 {
	if len(points) == 0 {
		return 0
	}
	for i, p := range points {
		if at < p.At {
			if i == 0 {
				return p.Value
			}
			q := points[i-1]
			return q.Value + (p.Value-q.Value)*float64(at-q.At)/float64(p.At-q.At)
		}
	}
	return points[len(points)-1].Value
}

// arrivals yields the plan's calls and when they are due, in order; without end
// if the plan repeats. Each call is at a random point of its turn, so that in any
// period the number of calls is that of the rates, plus or minus one.
func (p Plan) arrivals(seed uint64) iter.Seq2[time.Duration, arrival] {
	return func(yield func(time.Duration, arrival) bool) {
		rng := rand.New(rand.NewPCG(seed, 1))
		due := make([]float64, len(p.Streams))    // turns until the next call
		within := make([]float64, len(p.Streams)) // where in its turn that call is
		for i := range due {
			within[i] = rng.Float64()
			due[i] = within[i]
		}
		for at := time.Duration(0); p.Repeat || at < p.Length; at += tick {
			for i := range p.Streams {
				s := &p.Streams[i]
				due[i] -= valueAt(s.Rate, at%p.Length) * tick.Minutes()
				for due[i] <= 0 {
					place := rng.Float64()
					due[i] += 1 - within[i] + place
					within[i] = place
					a := arrival{stream: i, client: rng.IntN(clients), model: pick(s.Models, rng), chunked: rng.IntN(5) == 0}
					if rng.Float64() < valueAt(s.Elsewhere, at%p.Length) {
						a.machine = 1 + rng.IntN(machines)
					}
					if !yield(at, a) {
						return
					}
				}
			}
		}
	}
}

// pick returns a random model, by weight.
func pick(shares []Share, rng *rand.Rand) string {
	sum := 0.0
	for _, s := range shares {
		sum += math.Max(s.Weight, 0)
	}
	left := rng.Float64() * sum
	for _, s := range shares {
		if left -= math.Max(s.Weight, 0); left < 0 {
			return s.Model
		}
	}
	return ""
}
