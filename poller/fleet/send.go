package fleet

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"quotatop/poller/events"
)

const (
	// window is how many batches are on their way at once.
	window = 16

	retryAfter  = 250 * time.Millisecond // before the first new attempt; it doubles
	retryAtMost = 5 * time.Second
)

// send sends what is in the spool until ctx ends, or the Publisher is closed and the
// spool empty. It connects again as often as need be.
func (p *Publisher) send(ctx context.Context) {
	defer close(p.sent)
	for wait := retryAfter; ; {
		l, err := p.opts.Broker.connect(ctx, publisherInbox)
		if err == nil {
			p.problems.setLink(nil)
			var some bool
			some, err = p.over(ctx, l)
			l.close()
			if some {
				wait = retryAfter
			}
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		p.problems.setLink(err)
		closing := p.closing
		if isClosed(closing) { // there is little time left
			wait, closing = retryAfter, nil
		}
		select {
		case <-ctx.Done():
			return
		case <-closing:
		case <-time.After(wait):
		}
		wait = min(2*wait, retryAtMost)
	}
}

// over sends over one link. It returns nil once there is nothing left to send, ever;
// some reports whether it sent anything.
func (p *Publisher) over(ctx context.Context, l *link) (some bool, err error) {
	for {
		ended := isClosed(p.ended)
		if batches := p.spool.first(window); len(batches) > 0 {
			if err := p.deliver(ctx, l, batches); err != nil {
				return some, err
			}
			some = true
			continue
		}
		if ended {
			select {
			case b := <-p.link:
				_ = p.say(l, b)
			default:
			}
			return true, nil
		}
		select {
		case <-ctx.Done():
			return some, ctx.Err()
		case <-l.over:
			return some, l.wrong("publish", nats.ErrConnectionClosed)
		case <-l.denied:
			return some, l.wrong("publish", nats.ErrPermissionViolation)
		case b := <-p.link:
			if err := p.say(l, b); err != nil {
				return some, l.wrong("publish", err)
			}
			p.problems.works()
		case <-p.spool.wake:
		case <-p.ended:
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// say publishes a beat.
func (p *Publisher) say(l *link, b beat) error {
	m := nats.NewMsg(p.from.beats())
	m.Header.Set(headerBoot, p.boot)
	m.Header.Set(headerSeq, strconv.FormatUint(b.seq, 10))
	if b.Beat.To.IsZero() { // the server's time is not known
		m.Data = events.Append(nil, b.Event)
	} else {
		m.Data = events.AppendServer(nil, b.Event)
	}
	return l.PublishMsg(m)
}

// deliver publishes batches and waits until the stream has them all.
func (p *Publisher) deliver(ctx context.Context, l *link, batches []delivery) error {
	acks := make([]jetstream.PubAckFuture, len(batches))
	for i, d := range batches {
		m := nats.NewMsg(p.from.events())
		m.Header.Set(headerID, messageID(p.from.generator, d.boot, d.seq))
		m.Header.Set(headerBoot, d.boot)
		m.Header.Set(headerSeq, strconv.FormatUint(d.seq, 10))
		m.Data = d.body
		var err error
		acks[i], err = l.js.PublishMsgAsync(m)
		if errors.Is(err, nats.ErrMaxPayload) {
			p.refuse(d, err)
			continue
		}
		if err != nil {
			return l.wrong("publish", err)
		}
	}
	late := time.NewTimer(answerWithin)
	defer late.Stop()
	for i, d := range batches {
		if acks[i] == nil {
			continue
		}
		if err := p.await(ctx, l, late.C, acks[i], d); err != nil {
			return err
		}
	}
	p.problems.works()
	return nil
}

// await waits until the stream has a batch. Meanwhile it publishes beats.
func (p *Publisher) await(ctx context.Context, l *link, late <-chan time.Time, ack jetstream.PubAckFuture, d delivery) error {
	for {
		select {
		case <-ack.Ok():
			p.spool.done(d.parcel)
			return nil
		case err := <-ack.Err():
			if refused, ok := errors.AsType[*jetstream.APIError](err); ok && refused.ErrorCode == tooLarge {
				p.refuse(d, err)
				return nil
			}
			return l.wrong("publish", err)
		case b := <-p.link:
			if err := p.say(l, b); err != nil {
				return l.wrong("publish", err)
			}
		case <-late:
			return l.wrong("publish", context.DeadlineExceeded)
		case <-l.over:
			return l.wrong("publish", nats.ErrConnectionClosed)
		case <-l.denied:
			return l.wrong("publish", nats.ErrPermissionViolation)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tooLarge is the server's code for a message beyond the stream's limit.
const tooLarge jetstream.ErrorCode = 10054

// refuse drops a batch that the server will never take.
func (p *Publisher) refuse(d delivery, err error) {
	p.spool.done(d.parcel)
	p.problems.drop(d.calls, err)
}
