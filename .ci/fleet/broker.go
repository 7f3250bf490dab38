package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"quotatop/poller/events/frame"
)

// A broker is a nats-server with JetStream, whose files outlive it.
type broker struct {
	program, address, url string
	run                   *run
	process               *process
	cpu                   time.Duration // of those that were killed
}

func newBroker(program string, r *run) (*broker, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	b := &broker{program: program, address: address, url: "nats://" + address, run: r}
	return b, b.start()
}

func (b *broker) start() (err error) {
	host, port, err := net.SplitHostPort(b.address)
	if err != nil {
		return err
	}
	cmd := b.run.command(b.program, "-a", host, "-p", port, "-js", "-sd", filepath.Join(b.run.dir, "broker"))
	if b.process, err = b.run.launch("broker", cmd); err != nil {
		return err
	}
	return b.process.until("the broker", func() bool {
		conn, err := net.Dial("tcp", b.address)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
}

// kill kills the broker and starts it again after a time.
func (b *broker) kill(after time.Duration) error {
	b.process.kill()
	b.cpu += b.process.cpu()
	time.Sleep(after)
	return b.start()
}

// again reads what travels, and sends some batches again, as they were or without the ID
// by which the broker knows them.
type again struct {
	conn   *nats.Conn
	random *rand.Rand

	mu    sync.Mutex
	seen  []*nats.Msg // the recent ones
	bytes int         // of all
	count int         // of all
	sent  int
	leak  string // the subject of a message with the key
}

func newAgain(url string, random *rand.Rand) (*again, error) {
	conn, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(200*time.Millisecond))
	if err != nil {
		return nil, err
	}
	a := &again{conn: conn, random: random}
	_, err = conn.Subscribe("qt.v1.>", func(m *nats.Msg) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.bytes += m.Size(); holdsKey(m) {
			a.leak = m.Subject
		}
		if !strings.HasSuffix(m.Subject, ".ev") {
			return
		}
		a.count++
		a.seen = append(a.seen, m)
		if len(a.seen) > 600 {
			a.seen = a.seen[300:]
		}
	})
	return a, err
}

// holdsKey reports whether the key is in a message.
func holdsKey(m *nats.Msg) bool {
	text := fmt.Append(m.Data, m.Subject, m.Header)
	if frame.Is(m.Data) {
		lines, err := frame.Decode(m.Data, 1<<20)
		if err != nil {
			return true // it cannot be ruled out
		}
		text = append(text, lines...)
	}
	return bytes.Contains(text, []byte(key))
}

// send sends two batches again.
func (a *again) send() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.seen) == 0 {
		return
	}
	for _, known := range []bool{true, false} {
		old := a.seen[a.random.IntN(len(a.seen))]
		m := nats.NewMsg(old.Subject)
		m.Data = old.Data
		for name, values := range old.Header {
			if known || name != nats.MsgIdHdr {
				m.Header[name] = values
			}
		}
		if a.conn.PublishMsg(m) == nil {
			a.sent++
		}
	}
}

// dump writes the bodies of the stream's messages to a file one after the other, but
// for those that were sent again.
func (a *again) dump(path string) error {
	js, err := jetstream.New(a.conn)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	reader, err := js.OrderedConsumer(ctx, "QUOTATOP", jetstream.OrderedConsumerConfig{})
	if err != nil {
		return fmt.Errorf("read the stream: %w", err)
	}
	var bodies []byte
	seen := map[string]bool{}
	for left := uint64(1); left > 0; {
		m, err := reader.Next(jetstream.FetchMaxWait(10 * time.Second))
		if err != nil {
			return fmt.Errorf("read the stream: %w", err)
		}
		at, err := m.Metadata()
		if err != nil {
			return err
		}
		left = at.NumPending
		id := m.Subject() + " " + m.Headers().Get("Qt-Boot") + " " + m.Headers().Get("Qt-Seq")
		if !seen[id] {
			seen[id] = true
			bodies = append(bodies, m.Data()...)
		}
	}
	return os.WriteFile(path, bodies, 0o600)
}

func (a *again) close() { a.conn.Close() }
