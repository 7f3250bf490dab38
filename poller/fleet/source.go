package fleet

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// SourceOptions say what a Source reads.
type SourceOptions struct {
	Broker Broker
	// Account is that of pioneer.AccountID; Run is the run to show.
	Account, Run string
	Clock        *pioneer.Clock
}

// past is how much of the stream a Source begins with: a little more than the longest
// window of the documented limits, which is then known in full from the first.
const past = time.Hour + time.Minute

// A Source reports the calls of the generators of a run, and their beats. It is a
// runner.Source.
type Source struct {
	opts SourceOptions

	heard   heard
	decoder *decoder
	resumed <-chan string // the place to go on after, once that is known; nil for none
	place   place         // calls up to it have been reported by an earlier process
	created time.Time     // when the stream was made
	since   time.Time     // all calls of the generators since then have been in it
	next    uint64        // the number in the stream to go on with; 0 at first
	bad     int           // messages and lines that were left out
	why     error         // for the last of them
	health  model.Health
	emit    func(model.Event)
}

// NewSource returns a Source. The error is about the options.
func NewSource(opts SourceOptions) (*Source, error) {
	if err := opts.Broker.CheckURL(); err != nil {
		return nil, err
	}
	if err := CheckName(opts.Run); err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	return &Source{opts: opts, heard: heard{}}, nil
}

// Name is model.SourceFleet.
func (s *Source) Name() string { return model.SourceFleet }

// Vantage is model.VantageLocal.
func (s *Source) Vantage() model.Vantage { return model.VantageLocal }

// GoOn makes Run wait until the function that it returns is called with the last place
// that an earlier process has reported, or an empty text. What is before it is not
// reported again. The function must be called once.
func (s *Source) GoOn() (after func(place string)) {
	known := make(chan string, 1)
	s.resumed = known
	return func(place string) { known <- place }
}

// Run reads the last hour of the stream, then follows it until ctx ends. It connects
// again as often as need be, and goes on where it was.
func (s *Source) Run(ctx context.Context, emit func(model.Event)) error {
	if s.resumed != nil {
		select {
		case text := <-s.resumed:
			s.place, s.resumed = parsePlace(text), nil
		case <-ctx.Done():
			return nil
		}
	}
	return s.run(ctx, emit, false)
}

// Poll reads the last hour of the stream, and what the generators say in a little
// more than a second.
func (s *Source) Poll(ctx context.Context, emit func(model.Event)) error {
	return s.run(ctx, emit, true)
}

func (s *Source) run(ctx context.Context, emit func(model.Event), once bool) error {
	s.emit, s.health = emit, model.Health{}
	s.decoder = newDecoder()
	defer s.decoder.close()
	for wait := retryAfter; ; wait = min(2*wait, retryAtMost) {
		l, err := s.opts.Broker.connect(ctx, readerInbox)
		if err == nil {
			before := s.next
			err = s.follow(ctx, l, once)
			l.close()
			if s.next != before {
				wait = retryAfter
			}
		}
		if once || ctx.Err() != nil {
			return err
		}
		s.say(model.Health{State: model.StateError, Error: err.Error(), RetryAt: s.opts.Clock.Now().Add(wait)})
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// say emits the health of the Source if it has changed.
func (s *Source) say(h model.Health) {
	h.Vantage, h.Since = model.VantageLocal, s.since
	for _, g := range s.heard {
		if g.twice && (h.Note == "" || h.Note > g.generator) {
			h.Note = g.generator
		}
	}
	switch {
	case h.Note != "":
		h.Note = "two generators are named " + h.Note + ": give each its own name with --generator"
	case s.bad > 0:
		h.Note = fmt.Sprintf("%d messages or lines left out: %s", s.bad, s.why)
	}
	if h == s.health {
		return
	}
	s.health = h
	s.emit(model.Event{At: s.opts.Clock.Now(), Source: model.SourceFleet, Health: &h})
}

const (
	// atOnce is how many messages are asked for at once.
	atOnce = 256
	// idleFor is how long the server keeps a consumer that nobody reads.
	idleFor = time.Minute
	// caughtUp is how long a Poll waits for the next message or beat.
	caughtUp = 1200 * time.Millisecond
)

// follow reads from one link until it is over.
func (s *Source) follow(ctx context.Context, l *link, once bool) error {
	beats := make(chan *nats.Msg, 4*atOnce)
	if _, err := l.ChanSubscribe(name{s.opts.Account, s.opts.Run, "*"}.beats(), beats); err != nil {
		return l.wrong("read", err)
	}
	stream, err := l.js.Stream(l.ctx, StreamName)
	if err != nil {
		return l.wrong("read", err)
	}
	if info := stream.CachedInfo(); !info.Created.Equal(s.created) || info.State.LastSeq+1 < s.next {
		s.created, s.next = info.Created, 0 // it was made anew
		s.since = s.opts.Clock.Now().Add(-kept(info, time.Now()))
	}
	consumer, err := stream.CreateConsumer(l.ctx, s.consumer())
	if err != nil {
		return l.wrong("read", err)
	}
	batches := make(chan jetstream.Msg)
	done := make(chan struct{})
	broken := make(chan error, 1)
	reading, err := consumer.Consume(func(m jetstream.Msg) {
		select {
		case batches <- m:
		case <-done:
		}
	}, jetstream.PullMaxMessages(atOnce), jetstream.PullExpiry(10*time.Second), jetstream.PullHeartbeat(2*time.Second),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			select {
			case broken <- err:
			default:
			}
		}))
	if err != nil {
		return l.wrong("read", err)
	}
	defer func() {
		close(done)
		reading.Stop()
		<-reading.Closed()
	}()
	r := reader{Source: s, l: l, once: once, pending: consumer.CachedInfo().NumPending}
	return r.read(ctx, batches, beats, broken)
}

// consumer is the consumer of a new link: from the last hour, or from where the last
// one was.
func (s *Source) consumer() jetstream.ConsumerConfig {
	c := jetstream.ConsumerConfig{
		FilterSubject: name{s.opts.Account, s.opts.Run, "*"}.events(), AckPolicy: jetstream.AckNonePolicy,
		MemoryStorage: true, Replicas: 1, InactiveThreshold: idleFor, Description: "quotatop",
	}
	if s.next > 0 {
		c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, s.next
	} else {
		from := time.Now().Add(-past)
		c.DeliverPolicy, c.OptStartTime = jetstream.DeliverByStartTimePolicy, &from
	}
	return c
}

// A reader reads what comes on one link.
type reader struct {
	*Source
	l       *link
	once    bool
	pending uint64 // messages that were in the stream when the reader began
	came    uint64 // of this consumer
}

func (r *reader) read(ctx context.Context, batches <-chan jetstream.Msg, beats <-chan *nats.Msg, broken <-chan error) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	var quiet <-chan time.Time
	r.say(model.Health{State: model.StateOK})
	for {
		if r.once && r.came >= r.pending && quiet == nil {
			quiet = time.After(caughtUp)
		}
		select {
		case m := <-batches:
			if err := r.batch(m); err != nil {
				return err
			}
		case m := <-beats:
			r.beat(m)
		case <-tick.C:
			r.settle()
			r.say(model.Health{State: model.StateOK})
		case <-quiet:
			r.settle()
			return nil
		case err := <-broken:
			if errors.Is(err, nats.ErrTimeout) || errors.Is(err, jetstream.ErrNoMessages) {
				break
			}
			return r.l.wrong("read", err)
		case <-r.l.denied:
			return r.l.wrong("read", nats.ErrPermissionViolation)
		case <-r.l.over:
			return r.l.wrong("read", nats.ErrConnectionClosed)
		case <-ctx.Done():
			return nil
		}
	}
}

// leaveOut notes that something on the bus cannot be used.
func (s *Source) leaveOut(n int, from string, err error) {
	s.bad += n
	s.why = fmt.Errorf("%s: %w", pioneer.Gate{}.Text(from, pioneer.MaxWord), pioneer.Gate{}.Error(err))
}

// errLost says that messages were lost between the server and here, and are read again.
var errLost = errors.New("messages were lost on the way")

// batch takes in a batch. The error is about the link.
func (r *reader) batch(m jetstream.Msg) error {
	at, err := m.Metadata()
	if err != nil {
		return r.l.wrong("read", err)
	}
	if r.came++; at.Sequence.Consumer != r.came {
		return r.l.wrong("read", errLost)
	}
	r.next = at.Sequence.Stream + 1
	n, id, seq, err := r.sender(m.Subject(), evSuffix, m.Headers())
	if err == nil && seq == 0 {
		err = errHeaders
	}
	if err != nil {
		r.leaveOut(1, m.Subject(), err)
		return nil
	}
	b, err := r.decoder.decode(n, m.Data())
	now := r.opts.Clock.Now()
	switch {
	case err == nil && b.beat.Beat.Boot != id:
		err = errHeaders
	case err == nil && tooNew(b.beat.Beat.To, now):
		err = errFuture
	}
	if err != nil {
		r.leaveOut(1, n.generator, err)
		return nil
	}
	g := r.heard.of(n, now)
	from, here := g.boot(id), place{r.created, at.Sequence.Stream}
	if from.take(seq, b.beat.Beat.To, now) && !r.place.holds(here) { // else it is known only to tell it from what is sent again
		r.report(g, from, &b, here, now)
	}
	return nil
}

// report reports the calls of a batch, and how far its generator is then.
func (r *reader) report(g *generator, from *boot, b *batch, here place, now time.Time) {
	for _, e := range b.calls {
		if tooNew(e.At, now) {
			b.bad, b.why = b.bad+1, errFuture
			continue
		}
		e.Source = model.SourceFleet
		r.emit(e)
	}
	if b.bad > 0 {
		r.leaveOut(b.bad, g.generator, b.why)
	}
	if !b.beat.Beat.To.Before(from.beat.To) {
		from.beat = *b.beat.Beat
	}
	g.turn(from, false, now)
	heardAt := now
	if r.came <= r.pending && b.beat.At.Before(now) {
		heardAt = b.beat.At // had there been anybody
	}
	closing := model.Event{At: heardAt, Source: model.SourceFleet, Generator: g.generator, Beat: &model.Beat{Run: g.run}}
	if g.current == from && (from.to.After(from.told.To) || from.beat.Ended) {
		closing = from.event(g.generator, heardAt, now)
	}
	closing.Beat.Place = here.String()
	r.emit(closing)
}

// errHeaders says that a message is not one of quotatop's.
var errHeaders = errors.New("its headers are not quotatop's")

// sender returns who has sent a message, and its number.
func (s *Source) sender(subject, suffix string, h nats.Header) (n name, boot string, seq uint64, err error) {
	n, ok := parseSubject(subject, suffix)
	boot = h.Get(headerBoot)
	seq, err = strconv.ParseUint(h.Get(headerSeq), 10, 62)
	if !ok || err != nil || CheckName(boot) != nil || n.account != s.opts.Account || n.run != s.opts.Run {
		return n, "", 0, errHeaders
	}
	return n, boot, seq, nil
}

// beat reports what a generator says.
func (r *reader) beat(m *nats.Msg) {
	n, id, seq, err := r.sender(m.Subject, hbSuffix, m.Header)
	var e model.Event
	if err == nil {
		if len(m.Data) > maxLine {
			err = errTooLarge
		} else {
			e, err = readLine(n, m.Data)
		}
	}
	now := r.opts.Clock.Now()
	switch {
	case err != nil:
	case e.Beat == nil || e.Beat.Boot != id:
		err = errHeaders
	case tooNew(e.Beat.To, now):
		err = errFuture
	}
	if err != nil {
		r.leaveOut(1, m.Subject, err)
		return
	}
	if seq == 0 && e.Beat.To.IsZero() { // it has made no call yet
		e.Beat.To = now.Add(-beatEvery)
	}
	g := r.heard.of(n, now)
	b := g.boot(id)
	b.hear(seq, e.Beat.To, now)
	b.beat = *e.Beat
	g.turn(b, true, now)
	if b.heard = now; g.current == b {
		r.emit(b.event(n.generator, now, now))
	}
}

// settle reports what is missing of generators that no longer say anything.
func (r *reader) settle() {
	now := r.opts.Clock.Now()
	for _, g := range r.heard {
		b := g.current
		if b == nil {
			continue
		}
		b.reach(now)
		if b.missing(now) != b.told.Missing || b.to.After(b.told.To) {
			r.emit(b.event(g.generator, b.at, now))
		}
	}
}
