package fleet

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

func TestMain(m *testing.M) {
	code := m.Run()
	shared.stop()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// testServer is a NATS server that can be killed and started again at its address.
type testServer struct {
	*server.Server
	opts server.Options
}

func newServer(dir string, change func(*server.Options)) (*testServer, error) {
	s := &testServer{opts: server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true, DontListen: false}}
	if change != nil {
		change(&s.opts)
	}
	return s, s.start()
}

func (s *testServer) start() error {
	opts := s.opts
	srv, err := server.NewServer(&opts)
	if err != nil {
		return err
	}
	srv.Start()
	if !srv.ReadyForConnections(10 * time.Second) {
		return fmt.Errorf("the server does not start")
	}
	s.Server = srv
	s.opts.Port = srv.Addr().(*net.TCPAddr).Port
	return nil
}

func (s *testServer) stop() {
	if s != nil && s.Server != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
}

func (s *testServer) broker() Broker { return Broker{URL: s.ClientURL()} }

// startServer starts a server of a test's own.
func startServer(t *testing.T, change func(*server.Options)) *testServer {
	t.Helper()
	s, err := newServer(t.TempDir(), change)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop() })
	return s
}

// shared is the server of the tests that only need one, with the stream.
var shared = &sharedServer{}

type sharedServer struct {
	once sync.Once
	*testServer
	dir string
	err error
}

func (s *sharedServer) stop() {
	s.testServer.stop()
	_ = os.RemoveAll(s.dir)
}

func sharedBroker(t *testing.T) Broker {
	t.Helper()
	shared.once.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "nats"); shared.err != nil {
			return
		}
		if shared.testServer, shared.err = newServer(shared.dir, nil); shared.err == nil {
			_, shared.err = Init(context.Background(), shared.broker())
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.broker()
}

// known returns a clock that knows the server's time, which is ahead of the local one
// by as much.
func known(ahead time.Duration) *pioneer.Clock {
	c := &pioneer.Clock{}
	learn(c, ahead)
	return c
}

func learn(c *pioneer.Clock, ahead time.Duration) {
	for range 2 {
		now := time.Now()
		c.Learn(map[string][]string{"Date": {now.Add(ahead).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")}}, now, now)
	}
}

// call is a call that the tap saw.
func call(at time.Time, path string) model.Event {
	return model.Event{At: at.UTC(), Source: model.SourceTap, Call: &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: path, Status: 200}}
}

// A testPublisher is a Publisher with short periods.
func testPublisher(t *testing.T, b Broker, change func(*PublisherOptions)) *Publisher {
	t.Helper()
	opts := PublisherOptions{
		Broker: b, Account: account(t), Run: DefaultRun, Generator: "gen-1", Egress: "nat-1", Source: model.SourceTap, Version: "test",
		Clock: known(0), SpoolMax: 1 << 20, every: 20 * time.Millisecond,
	}
	if change != nil {
		change(&opts)
	}
	p, err := NewPublisher(opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// account is an account of the test's own.
func account(t *testing.T) string {
	id, _ := accounts.LoadOrStore(t, fmt.Sprint(CleanName(t.Name()), "-", time.Now().UnixNano()%1e9))
	return id.(string)
}

var accounts sync.Map

// A reading is a Source that runs, and what it has emitted.
type reading struct {
	t      *testing.T
	cancel context.CancelFunc
	ended  chan struct{}

	mu     sync.Mutex
	events []model.Event
	news   chan struct{}
}

func read(t *testing.T, b Broker, change func(*SourceOptions)) *reading {
	t.Helper()
	opts := SourceOptions{Broker: b, Account: account(t), Run: DefaultRun, Clock: known(0)}
	if change != nil {
		change(&opts)
	}
	s, err := NewSource(opts)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, s)
}

func run(t *testing.T, s *Source) *reading {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &reading{t: t, cancel: cancel, ended: make(chan struct{}), news: make(chan struct{}, 1)}
	go func() {
		defer close(r.ended)
		_ = s.Run(ctx, func(e model.Event) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.events = append(r.events, e)
			select {
			case r.news <- struct{}{}:
			default:
			}
		})
	}()
	t.Cleanup(r.stop)
	return r
}

func (r *reading) stop() {
	r.cancel()
	<-r.ended
}

// until waits until what has come is as it should be.
func (r *reading) until(what string, is func([]model.Event) bool) []model.Event {
	r.t.Helper()
	for late := time.After(15 * time.Second); ; {
		r.mu.Lock()
		all := r.events
		r.mu.Unlock()
		if is(all) {
			return all
		}
		select {
		case <-r.news:
		case <-late:
			r.t.Fatalf("no %s; %d calls, the last event is %s", what, len(calls(all)), show(all))
		}
	}
}

func show(all []model.Event) string {
	if len(all) == 0 {
		return "none"
	}
	e := all[len(all)-1]
	return fmt.Sprintf("%+v health %+v beat %+v", e, e.Health, e.Beat)
}

func calls(all []model.Event) (out []model.Event) {
	for _, e := range all {
		if e.Call != nil {
			out = append(out, e)
		}
	}
	return out
}

// newest is the newest beat of a generator.
func newest(all []model.Event, generator string) model.Beat {
	for i := len(all) - 1; i >= 0; i-- {
		if e := all[i]; e.Beat != nil && e.Generator == generator {
			return *e.Beat
		}
	}
	return model.Beat{}
}

// health is the newest health.
func health(all []model.Event) model.Health {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Health != nil {
			return *all[i].Health
		}
	}
	return model.Health{}
}
