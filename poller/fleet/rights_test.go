package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"quotatop/model"
)

// With the server's configuration of the README, generators send and nothing else, and
// dashboards read and nothing else. Whoever lacks a right is told in one line.
func TestRights(t *testing.T) {
	s := startServer(t, func(o *server.Options) {
		example, err := server.ProcessConfigFile("testdata/nats-server.conf")
		if err != nil {
			t.Fatal(err)
		}
		o.Users = example.Users
	})
	as := func(user string) Broker {
		return Broker{URL: strings.Replace(s.ClientURL(), "://", "://"+user+":change-me-"+user+"@", 1)}
	}
	generator, dashboard := as("generator"), as("dashboard")
	for what, b := range map[string]Broker{"generator": generator, "dashboard": dashboard} {
		if _, err := Init(t.Context(), b); !isOneLine(err, "does not allow us to ", s.ClientURL()) {
			t.Errorf("%s made the stream: %v", what, err)
		}
	}
	if _, err := Init(t.Context(), as("admin")); err != nil {
		t.Fatal(err)
	}

	p := testPublisher(t, generator, nil)
	p.Observe(call(time.Now(), "/a"))
	r := read(t, dashboard, nil)
	r.until("call and beat", func(all []model.Event) bool { return len(calls(all)) == 1 && newest(all, "gen-1").Boot == p.boot })
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if status, err := ReadStatus(t.Context(), dashboard); err != nil || len(status.Generators) != 1 || !status.Generators[0].Ended {
		t.Errorf("status %+v, %v", status, err)
	}

	if _, err := Purge(t.Context(), dashboard, ""); !isOneLine(err, "does not allow us to purge the stream", s.ClientURL()) {
		t.Errorf("a dashboard purged: %v", err)
	}
	if _, err := ReadStatus(t.Context(), generator); !isOneLine(err, "does not allow us to read the stream", s.ClientURL()) {
		t.Errorf("a generator read: %v", err)
	}
	r = read(t, generator, nil)
	r.until("error", func(all []model.Event) bool {
		return isOneLine(errors.New(health(all).Error), "does not allow us to read", s.ClientURL())
	})
	r.stop()
	var said reports
	p = testPublisher(t, dashboard, func(o *PublisherOptions) { o.Report, o.closeWithin = said.add, 10*time.Millisecond })
	p.Observe(call(time.Now(), "/a"))
	const refused = "does not allow us to publish: give the user the rights that it needs: to subscribe to _QTPUB.>; calls are kept in the spool"
	waitFor(t, "error", func() bool { return strings.Contains(said.String(), refused) })
	_ = p.Close()
	r = read(t, Broker{URL: strings.Replace(s.ClientURL(), "://", "://generator:wrong-password@", 1)}, nil)
	r.until("error", func(all []model.Event) bool {
		return isOneLine(errors.New(health(all).Error), "does not let us in", s.ClientURL())
	})

	for subject, publish := range map[string]bool{
		"qt.v1.>": false, "qt.v1.*.*.*.hb": false, "_QTSUB.>": false, "_INBOX.>": false, "$JS.API.STREAM.PURGE.QUOTATOP": true,
		"$JS.API.STREAM.DELETE.QUOTATOP": true, "$JS.API.CONSUMER.CREATE.QUOTATOP.x": true, "$JS.API.STREAM.MSG.GET.QUOTATOP": true, "$JS.API.DIRECT.GET.QUOTATOP": true,
	} {
		if !isDenied(t, generator, subject, publish) {
			t.Errorf("a generator may use %s", subject)
		}
	}
	for subject, publish := range map[string]bool{"qt.v1.a.b.c.ev": true, "qt.v1.a.b.c.hb": true, "$JS.API.STREAM.PURGE.QUOTATOP": true, "$JS.API.STREAM.DELETE.QUOTATOP": true, "_QTPUB.>": false} {
		if !isDenied(t, dashboard, subject, publish) {
			t.Errorf("a dashboard may use %s", subject)
		}
	}
}

// What differs between the connections of one user is not in the text: else each attempt
// would be another line.
func TestMissingRight(t *testing.T) {
	for text, want := range map[string]string{
		`Permissions Violation for Subscription to "_QTPUB.sjJaUQ.*"`:                                 "to subscribe to _QTPUB.>",
		`Permissions Violation for Publish to "$JS.API.CONSUMER.CREATE.QUOTATOP.x7Yq.qt.v1.a.b.*.ev"`: "to publish to $JS.API.CONSUMER.CREATE.QUOTATOP.>",
		`Permissions Violation for Publish to "qt.v1.a.b.c.ev"`:                                       "to publish to qt.v1.a.b.c.ev",
		`Permissions Violation for Subscription to "qt.v1.a.b.*.hb" using queue "q"`:                  "to subscribe to qt.v1.a.b.*.hb",
		`Permissions Violation for something that no server says today`:                               "permissions violation: Permissions Violation for something that no server says today",
	} {
		if got := missingRight(fmt.Errorf("%w: %s", nats.ErrPermissionViolation, text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// isOneLine reports whether an error says something about a broker in one line, without
// passwords.
func isOneLine(err error, what, broker string) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	return strings.Contains(text, what) && strings.Contains(text, broker) && !strings.Contains(text, "\n") && !strings.Contains(text, "wrong-") && !strings.Contains(text, "change-me")
}

// isDenied reports whether a user may not publish or subscribe to a subject.
func isDenied(t *testing.T, b Broker, subject string, publish bool) bool {
	t.Helper()
	l, err := b.connect(t.Context(), publisherInbox)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	if publish {
		err = l.Publish(subject, nil)
	} else {
		_, err = l.Subscribe(subject, func(*nats.Msg) {})
	}
	if err := errors.Join(err, l.Flush()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-l.denied:
		return true
	case <-time.After(50 * time.Millisecond): // the refusal comes before the flush's answer, but is handled on its own
		return false
	}
}

// A generator may log in with the seed of an nkey.
func TestNkey(t *testing.T) {
	user, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, _ := user.PublicKey()
	seed, _ := user.Seed()
	file := filepath.Join(t.TempDir(), "generator.nk")
	if err := os.WriteFile(file, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, func(o *server.Options) { o.Nkeys = []*server.NkeyUser{{Nkey: public}} })
	b := s.broker()
	if _, err := Init(context.Background(), b); !isOneLine(err, "does not let us in", b.URL) {
		t.Errorf("without the seed: %v", err)
	}
	b.Credentials = file
	if _, err := Init(context.Background(), b); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(file, []byte("no seed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Init(context.Background(), b); err == nil || !strings.Contains(err.Error(), "neither a .creds file nor the seed") {
		t.Errorf("with a broken seed: %v", err)
	}
}
