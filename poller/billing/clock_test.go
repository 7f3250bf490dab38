package billing

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"quotatop/model"
	"quotatop/poller/runner"
	"quotatop/poller/sim"
)

// Whatever the local clock says, the figures are those of a right clock, from the
// first ones on: rows, our own polls, and what is exact.
func TestFiguresWithAWrongClock(t *testing.T) {
	figures := func(t *testing.T, skew time.Duration) (said []string) {
		bubble(t, 13*time.Hour, func(ctx context.Context) {
			time.Sleep(12 * time.Hour) // noon: no skew below is to meet another reset by itself
			w := newWorld(t, sim.Options{CapUSD: -1})
			w.sim.SetSkew(skew)
			seen := w.watch()
			for range 40 {
				w.sim.Call(sim.Call{Path: "/inference"})
				time.Sleep(500 * time.Millisecond)
			}
			time.Sleep(15 * time.Second)
			begin := time.Now()
			m := make(machine)
			r := &runner.Runner{Sources: []runner.Source{w.source, m}, Ledger: w.ledger, Clock: w.clock, Seen: w.source.Seen}
			feed := r.Start(ctx)
			for _, after := range []time.Duration{2 * time.Second, 15 * time.Second} {
				time.Sleep(after)
				<-feed
				s := <-feed
				polls := w.sim.Polls(begin.Add(skew-time.Second), time.Now().Add(skew+time.Second))
				for _, id := range []string{"inference", "all"} {
					for i := range 2 {
						if id == "inference" && i > 0 {
							continue
						}
						l := limit(s, id, i)
						asOf := l.AsOf.Or(time.Time{})
						least := w.sim.Truth(id, asOf.Add(-l.Per()), asOf).Accepted
						most := least
						if id == "all" { // the offset is known to a second
							least += w.sim.Polls(asOf.Add(time.Second-l.Per()), asOf.Add(-time.Second))
							most += w.sim.Polls(asOf.Add(-time.Second-l.Per()), asOf.Add(time.Second))
						}
						used := l.Used.Or(-1)
						said = append(said, fmt.Sprintf("%s: right %t, estimated %t, bounds %t %t, all polls counted %t",
							id, used >= least && used <= most, l.Estimated, l.UpperBound, l.LowerBound, source(s).PollsHour.Or(0) == polls))
					}
				}
				if off := s.At.Sub(time.Now().Add(skew)).Abs(); off > 2*time.Second {
					t.Errorf("skew %s: the snapshot's time is off by %s", skew, off)
				}
			}
			server := time.Now().Add(skew)
			for _, a := range seen.since(requestsPath, begin) {
				if want := anchorFor(server, 24*time.Hour).Format(time.RFC3339); a.anchor != want {
					t.Errorf("skew %s: asked from %s, want %s", skew, a.anchor, want)
				}
			}
		})
		return said
	}
	want := figures(t, 0)
	for _, skew := range []time.Duration{-10 * time.Minute, 10 * time.Minute, -10 * time.Hour, 80 * time.Hour, -80 * time.Hour, -40 * 24 * time.Hour} {
		if got := figures(t, skew); !slices.Equal(got, want) {
			t.Errorf("with a clock off by %s:\n%q\nwant\n%q", skew, got, want)
		}
	}
}

// oddDate gives one response a date that is off.
type oddDate struct {
	http.RoundTripper
	off time.Duration
	at  time.Time // from when on; once
}

func (o *oddDate) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := o.RoundTripper.RoundTrip(r)
	if err == nil && o.off != 0 && !time.Now().Before(o.at) {
		res.Header.Set("Date", time.Now().Add(o.off).UTC().Format(http.TimeFormat))
		o.off = 0
	}
	return res, err
}

// A single response with an odd date changes no figure.
func TestOneOddDate(t *testing.T) {
	for _, off := range []time.Duration{5 * time.Hour, 3 * time.Minute, -5 * time.Hour} {
		for _, after := range []time.Duration{0, 45 * time.Second} {
			t.Run(fmt.Sprint(off, " after ", after), func(t *testing.T) {
				bubble(t, 10*time.Minute, func(ctx context.Context) {
					w := newWorld(t, sim.Options{CapUSD: -1})
					w.source.client.http.Transport = &oddDate{w.source.client.http.Transport, off, time.Now().Add(20*time.Second + after)}
					for range 7 {
						w.sim.Call(sim.Call{Path: "/inference"})
					}
					time.Sleep(20 * time.Second)
					feed := w.run(ctx)
					until(t, feed, "the calls", func(s model.Snapshot) bool { return limit(s, "inference", 0).Account.Or(0) == 7 })
					go func() {
						for range 100 {
							w.sim.Call(sim.Call{Path: "/inference"})
							time.Sleep(time.Second)
						}
					}()
					time.Sleep(13 * time.Second)
					for end := time.Now().Add(90 * time.Second); time.Now().Before(end); {
						s := <-feed
						if limit(s, "inference", 0).Account.Or(0) == 0 || time.Until(s.At).Abs() > 2*time.Second {
							t.Fatalf("at %s the account's figure is %+v", s.At, limit(s, "inference", 0))
						}
					}
				})
			})
		}
	}
}

// broken fails requests after they were sent, for a while.
type broken struct {
	http.RoundTripper
	until time.Time
}

func (b *broken) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if time.Now().Before(b.until) {
		return nil, errors.New("connection reset by peer")
	}
	return res, err
}

// Requests that got no response are dated once the server's time is known.
func TestCallsFromBeforeTheClockWasKnown(t *testing.T) {
	const skew = -80 * time.Hour
	bubble(t, 10*time.Minute, func(ctx context.Context) {
		w := newWorld(t, sim.Options{CapUSD: -1})
		w.sim.SetSkew(skew)
		begin := time.Now()
		w.source.client.http.Transport = &broken{w.source.client.http.Transport, begin.Add(5 * time.Second)}
		var calls []time.Time
		ctx, cancel := context.WithTimeout(ctx, 50300*time.Millisecond) // off the beat of the polls
		defer cancel()
		_ = w.source.Run(ctx, func(e model.Event) {
			if e.Call != nil && e.Call.Vantage == model.VantageOwn {
				calls = append(calls, e.At)
			}
		})
		for i, at := range calls {
			if at.Before(begin.Add(skew-time.Second)) || at.After(time.Now().Add(skew+time.Second)) {
				t.Errorf("call %d of ours is dated %s, want the server's time", i, at)
			}
		}
		if n := w.sim.Polls(begin.Add(skew-time.Hour), time.Now().Add(skew+time.Hour)); n != len(calls) || n < 5 {
			t.Errorf("%d calls of ours reported, the server saw %d", len(calls), n)
		}
	})
}

// Whichever response has the odd date: a gate at 195 of 200 does not open, not for 20 %
// of headroom and not after one poll more.
func TestOddDateOpensNoGate(t *testing.T) {
	gate := model.Gate{Headroom: model.Some(0.2), Endpoint: "chat"}
	for _, off := range []time.Duration{5 * time.Hour, -3 * time.Minute} {
		for nth := range 5 {
			bubble(t, 10*time.Minute, func(ctx context.Context) {
				w := newWorld(t, sim.Options{CapUSD: -1})
				for range 195 {
					w.sim.Call(sim.Call{Path: "/v1/chat/completions"})
				}
				time.Sleep(15 * time.Second)
				w.source.client.http.Transport = &oddAnswer{w.source.client.http.Transport, off, nth}
				for range 3 {
					_ = w.source.Poll(ctx, w.ledger.Observe)
					s := w.ledger.Snapshot(w.clock.Now())
					s.ClockInDoubt = s.ClockInDoubt || w.clock.InDoubt()
					if j := gate.Judge(&s); j.Verdict == model.Open {
						t.Errorf("off by %s in response %d: the gate is open with %+v", off, nth, limit(s, "chat", 0))
					}
					time.Sleep(10 * time.Second)
				}
			})
		}
	}
}

// oddAnswer gives the nth response, from 0, a date that is off.
type oddAnswer struct {
	http.RoundTripper
	off time.Duration
	nth int
}

func (o *oddAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := o.RoundTripper.RoundTrip(r)
	if err == nil && o.nth == 0 {
		res.Header.Set("Date", time.Now().Add(o.off).UTC().Format(http.TimeFormat))
	}
	o.nth--
	return res, err
}

// wrongClock gives all responses a date that is off, for a while.
type wrongClock struct {
	http.RoundTripper
	off         time.Duration
	from, until time.Time
}

func (o *wrongClock) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := o.RoundTripper.RoundTrip(r)
	if now := time.Now(); err == nil && !now.Before(o.from) && now.Before(o.until) {
		res.Header.Set("Date", now.Add(o.off).UTC().Format(http.TimeFormat))
	}
	return res, err
}

// A poll whose responses all have the same wrong date leaves a gate in doubt until the
// next poll, and changes no figure.
func TestOddDatesOfOnePoll(t *testing.T) {
	gate := model.Gate{Headroom: model.Some(0.2), Endpoint: "chat"}
	for _, off := range []time.Duration{5 * time.Hour, 3 * time.Minute, -5 * time.Hour} {
		bubble(t, 10*time.Minute, func(ctx context.Context) {
			w := newWorld(t, sim.Options{CapUSD: -1})
			for range 100 {
				w.sim.Call(sim.Call{Path: "/v1/chat/completions"})
			}
			time.Sleep(15 * time.Second)
			odd := &wrongClock{w.source.client.http.Transport, off, time.Now().Add(10 * time.Second), time.Now().Add(11 * time.Second)}
			w.source.client.http.Transport = odd
			for i, want := range []model.Verdict{model.Open, model.VerdictUnknown, model.Open} {
				_ = w.source.Poll(ctx, w.ledger.Observe)
				s := w.ledger.Snapshot(w.clock.Now())
				s.ClockInDoubt = s.ClockInDoubt || w.clock.InDoubt()
				if j := gate.Judge(&s); j.Verdict != want || limit(s, "chat", 0).Account.Or(0) != 100 {
					t.Errorf("off by %s: after poll %d the gate is %d, want %d, with %s calls", off, i, j.Verdict, want, limit(s, "chat", 0).Account)
				}
				time.Sleep(10 * time.Second)
			}
		})
	}
}

// When the server's clock is wrong for a while, the figures are in doubt, and right
// again soon after: nothing is counted twice, and nothing waits for the wrong time to
// come.
func TestServerClockIsWrongForAWhile(t *testing.T) {
	for _, off := range []time.Duration{5 * time.Hour, time.Minute, -5 * time.Hour} {
		bubble(t, 30*time.Minute, func(ctx context.Context) {
			time.Sleep(10 * time.Minute)
			w := newWorld(t, sim.Options{CapUSD: -1})
			begin := time.Now()
			w.source.client.http.Transport = &wrongClock{w.source.client.http.Transport, off, begin.Add(time.Minute), begin.Add(150 * time.Second)}
			feed := w.run(ctx)
			go func() {
				for every := time.Tick(time.Second); ; {
					select {
					case <-ctx.Done():
						return
					case <-every:
						w.sim.Call(sim.Call{Path: "/inference"})
					}
				}
			}()
			doubted := false
			for s := range feed {
				after := time.Since(begin)
				doubted = doubted || s.ClockInDoubt
				if after < 4*time.Minute || s.ClockInDoubt {
					if after > 4*time.Minute {
						t.Fatalf("off by %s: in doubt after %s", off, after)
					}
					continue
				}
				l := limit(s, "inference", 0)
				asOf := l.AsOf.Or(time.Time{})
				truth := w.sim.Truth("inference", asOf.Add(-time.Minute), asOf).Accepted
				if got := l.Account.Or(-1); max(got-truth, truth-got) > 1 || time.Since(asOf).Abs() > 40*time.Second || time.Until(s.At).Abs() > 2*time.Second {
					t.Fatalf("off by %s: after %s at %s: %d calls as of %s, truth %d", off, after, s.At, got, asOf, truth)
				}
				if after > 6*time.Minute {
					break
				}
			}
			if !doubted {
				t.Errorf("off by %s: never in doubt", off)
			}
		})
	}
}
