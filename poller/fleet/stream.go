package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"quotatop/model"
)

// config is the stream as Init makes it.
var config = jetstream.StreamConfig{
	Name: StreamName, Description: "calls of load generators, for quotatop", Subjects: []string{anySubject},
	Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
	MaxAge: 2 * time.Hour, MaxBytes: 1 << 30, MaxMsgSize: maxMessage, Duplicates: 2 * time.Minute,
}

// Init makes the stream, or gives it the settings that it should have, and says
// which.
func Init(ctx context.Context, b Broker) (did string, err error) {
	l, err := b.connect(ctx, readerInbox)
	if err != nil {
		return "", err
	}
	defer l.close()
	stream, err := l.js.Stream(l.ctx, StreamName)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		if _, err := l.js.CreateStream(l.ctx, config); err != nil {
			return "", l.wrong("make the stream", err)
		}
		return fmt.Sprintf("%s at %s: made; it keeps 2 hours, 1 GiB at most", StreamName, b), nil
	case err != nil:
		return "", l.wrong("read the stream", err)
	}
	has := stream.CachedInfo().Config
	if slices.Equal(has.Subjects, config.Subjects) && has.MaxAge == config.MaxAge && has.MaxBytes == config.MaxBytes &&
		has.MaxMsgSize == config.MaxMsgSize && has.Duplicates == config.Duplicates && has.Discard == config.Discard {
		return fmt.Sprintf("%s at %s: is as it should be", StreamName, b), nil
	}
	has.Subjects, has.MaxAge, has.MaxBytes, has.MaxMsgSize = config.Subjects, config.MaxAge, config.MaxBytes, config.MaxMsgSize
	has.Duplicates, has.Discard = config.Duplicates, config.Discard
	if _, err := l.js.UpdateStream(l.ctx, has); err != nil {
		return "", l.wrong("change the stream", err)
	}
	return fmt.Sprintf("%s at %s: changed; it keeps 2 hours, 1 GiB at most", StreamName, b), nil
}

// A Status is what the stream holds.
type Status struct {
	Broker     string            `json:"broker"`
	Messages   uint64            `json:"messages"`
	Bytes      uint64            `json:"bytes"`
	First      time.Time         `json:"first"` // by the broker's clock, as Last; zero without messages
	Last       time.Time         `json:"last"`
	Generators []GeneratorStatus `json:"generators"` // by account, run and name
}

// A GeneratorStatus is what the stream holds of one generator.
type GeneratorStatus struct {
	Account  string    `json:"account"`
	Run      string    `json:"run"`
	Name     string    `json:"name"`
	Messages uint64    `json:"messages"`
	LastAt   time.Time `json:"last_at"` // of its newest batch, by the broker's clock
	Age      float64   `json:"age_s"`   // of its newest batch

	// What the newest batch says; see model.Beat.
	To            time.Time `json:"to"`
	Ended         bool      `json:"ended"`
	Dropped       int       `json:"dropped_calls"`
	ClockOffsetMS int64     `json:"clock_offset_ms"`
	ClockErrorMS  int64     `json:"clock_error_ms"`
	Egress        string    `json:"egress"`
	EgressAssumed bool      `json:"egress_assumed"`
	Version       string    `json:"version"`
}

// says takes over what a beat says.
func (g *GeneratorStatus) says(b *model.Beat) {
	g.To, g.Ended, g.Dropped, g.Version = b.To, b.Ended, b.Dropped, b.Version
	g.ClockOffsetMS, g.ClockErrorMS = b.ClockOffset.Milliseconds(), b.ClockError.Milliseconds()
	g.Egress, g.EgressAssumed = b.Egress, b.EgressAssumed
}

// maxListed bounds the generators that are looked up one by one.
const maxListed = 1000

// ReadStatus reads what the stream holds.
func ReadStatus(ctx context.Context, b Broker) (Status, error) {
	l, err := b.connect(ctx, readerInbox)
	if err != nil {
		return Status{}, err
	}
	defer l.close()
	stream, err := l.js.Stream(l.ctx, StreamName)
	if err != nil {
		return Status{}, l.wrong("read the stream", err)
	}
	info, err := stream.Info(l.ctx, jetstream.WithSubjectFilter(anySubject))
	if err != nil {
		return Status{}, l.wrong("read the stream", err)
	}
	s := Status{Broker: b.String(), Messages: info.State.Msgs, Bytes: info.State.Bytes, Generators: []GeneratorStatus{}}
	if info.State.Msgs > 0 {
		s.First, s.Last = info.State.FirstTime.UTC(), info.State.LastTime.UTC()
	}
	d := newDecoder()
	defer d.close()
	for subject, count := range info.State.Subjects {
		n, ok := parseSubject(subject, evSuffix)
		if !ok || len(s.Generators) == maxListed {
			continue
		}
		message, err := stream.GetLastMsgForSubject(l.ctx, subject)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // it has just become too old
		}
		if err != nil {
			return Status{}, l.wrong("read the stream", err)
		}
		g := GeneratorStatus{Account: n.account, Run: n.run, Name: n.generator, Messages: count, LastAt: message.Time.UTC()}
		g.Age = max(time.Since(message.Time), 0).Truncate(time.Millisecond).Seconds()
		if batch, err := d.decode(n, message.Data); err == nil {
			g.says(batch.beat.Beat)
		}
		s.Generators = append(s.Generators, g)
	}
	slices.SortFunc(s.Generators, func(a, b GeneratorStatus) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Run, b.Run), cmp.Compare(a.Name, b.Name))
	})
	return s, nil
}

// Reach connects to the broker, and returns an error if it cannot.
func Reach(ctx context.Context, b Broker) error {
	l, err := b.connect(ctx, publisherInbox)
	if err == nil {
		l.close()
	}
	return err
}

// Purge removes the batches of a run from the stream, or of all runs if run is empty,
// and returns how many that were.
func Purge(ctx context.Context, b Broker, run string) (removed uint64, err error) {
	l, err := b.connect(ctx, readerInbox)
	if err != nil {
		return 0, err
	}
	defer l.close()
	stream, err := l.js.Stream(l.ctx, StreamName)
	if err != nil {
		return 0, l.wrong("read the stream", err)
	}
	subject := anySubject
	if run != "" {
		subject = name{"*", run, "*"}.events()
	}
	info, err := stream.Info(l.ctx, jetstream.WithSubjectFilter(subject))
	if err != nil {
		return 0, l.wrong("read the stream", err)
	}
	for _, n := range info.State.Subjects {
		removed += n
	}
	if err := stream.Purge(l.ctx, jetstream.WithPurgeSubject(subject)); err != nil {
		return 0, l.wrong("purge the stream", err)
	}
	return removed, nil
}

// messageID is the ID by which the server drops a batch that is sent twice.
func messageID(generator, boot string, seq uint64) string {
	return generator + "/" + boot + "/" + strconv.FormatUint(seq, 10)
}
