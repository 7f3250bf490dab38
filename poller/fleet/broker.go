package fleet

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"quotatop/poller/pioneer"
)

// A Broker is a NATS server, or a cluster of them, and how to log in. Its texts may
// hold a password: show String.
type Broker struct {
	// URL is nats://host:port, with user:password@ before the host if need be; or
	// several of a cluster, separated by commas. tls:// asks for TLS.
	URL string
	// Credentials is a file with a user's credentials (.creds), or with the seed of
	// an nkey; empty without one.
	Credentials string
	// CA is a file with the certificates that sign the server's, if the system does
	// not know them. Cert and Key are the client's own, for a server that wants one;
	// Key may be empty if both are in one file.
	CA, Cert, Key string
}

// defaultPort is where NATS servers listen.
const defaultPort = "4222"

var errURL = errors.New("write it like nats://broker:4222")

// CheckURL returns an error if the URL cannot be one. The error does not repeat it.
func (b Broker) CheckURL() error {
	_, err := b.servers()
	return err
}

// servers returns the servers of the URL.
func (b Broker) servers() (all []*url.URL, err error) {
	for text := range strings.SplitSeq(b.URL, ",") {
		text = strings.TrimSpace(text)
		if !strings.Contains(text, "://") {
			text = "nats://" + text
		}
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("broker's URL: %w", errURL)
		}
		switch u.Scheme {
		case "nats", "tls", "ws", "wss":
		default:
			return nil, fmt.Errorf("broker's URL: scheme %q: use nats, tls, ws or wss", pioneer.Gate{}.Text(u.Scheme, pioneer.MaxWord))
		}
		if u.Port() == "" && (u.Scheme == "nats" || u.Scheme == "tls") {
			u.Host = net.JoinHostPort(u.Hostname(), defaultPort)
		}
		all = append(all, u)
	}
	return all, nil
}

// String returns the URL without user and password, for the user to read.
func (b Broker) String() string {
	all, err := b.servers()
	if err != nil {
		return "the broker"
	}
	texts := make([]string, len(all))
	for i, u := range all {
		texts[i] = u.Scheme + "://" + u.Host
	}
	return strings.Join(texts, ",")
}

// secrets are the passwords and tokens of the URL.
func (b Broker) secrets() (texts []string) {
	all, _ := b.servers()
	for _, u := range all {
		if password, ok := u.User.Password(); ok {
			texts = append(texts, password)
		} else if token := u.User.Username(); token != "" {
			texts = append(texts, token)
		}
	}
	return texts
}

const (
	dialWithin   = 3 * time.Second
	answerWithin = 5 * time.Second // a request to the broker
	// pingEvery is how often an idle connection is tried; one that misses two in a
	// row is over.
	pingEvery = 5 * time.Second
)

// A link is one connection to the broker. It is never made again: when it is over,
// the caller connects anew.
type link struct {
	*nats.Conn
	js     jetstream.JetStream
	broker Broker
	dialer *dialer
	over   chan struct{} // closed with the connection
	denied chan struct{} // closed when the server has refused something

	// ctx is that of requests: it ends early when the server refuses something, as a
	// request that is refused gets no answer.
	ctx    context.Context
	forget context.CancelFunc
	stop   func() bool

	mu      sync.Mutex
	refused error // what the server does not allow
}

// dialer remembers its connection and why there is none: nats.Connect does not say.
type dialer struct {
	ctx context.Context
	mu  sync.Mutex
	raw net.Conn
	err error
}

// Dial implements nats.CustomDialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	inner := net.Dialer{Timeout: dialWithin}
	conn, err := inner.DialContext(d.ctx, network, address)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.raw, d.err = conn, err
	return conn, err
}

// cut ends the connection without waiting for anything.
func (d *dialer) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.raw != nil {
		_ = d.raw.Close()
	}
}

// connect connects to the broker. The link ends with ctx.
func (b Broker) connect(ctx context.Context, inbox string) (*link, error) {
	servers, err := b.servers()
	if err != nil {
		return nil, err
	}
	urls := make([]string, len(servers))
	for i, u := range servers {
		urls[i] = u.String()
	}
	l := &link{broker: b, dialer: &dialer{ctx: ctx}, over: make(chan struct{}), denied: make(chan struct{})}
	options := []nats.Option{
		nats.Name("quotatop"), nats.NoReconnect(), nats.Timeout(dialWithin), nats.SetCustomDialer(l.dialer),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(1), nats.FlusherTimeout(answerWithin),
		nats.CustomInboxPrefix(inbox), nats.ErrorHandler(l.failed), nats.ClosedHandler(func(*nats.Conn) { close(l.over) }),
	}
	more, err := b.login()
	if err != nil {
		return nil, err
	}
	l.ctx, l.forget = context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, l.dialer.cut)
	l.Conn, err = nats.Connect(strings.Join(urls, ","), append(options, more...)...)
	if err != nil {
		stop()
		l.forget()
		if l.dialer.err != nil {
			err = l.dialer.err
		}
		return nil, b.cannotReach(err)
	}
	l.stop = stop
	if l.js, err = jetstream.New(l.Conn, jetstream.WithDefaultTimeout(answerWithin)); err != nil {
		l.close()
		return nil, b.cannotReach(err)
	}
	return l, nil
}

// login returns the options that say who we are.
func (b Broker) login() (options []nats.Option, err error) {
	if b.Credentials != "" {
		text, err := os.ReadFile(b.Credentials)
		if err != nil {
			return nil, fmt.Errorf("broker's credentials: %w", err)
		}
		if strings.Contains(string(text[:min(len(text), 4096)]), "BEGIN NATS USER JWT") {
			options = append(options, nats.UserCredentials(b.Credentials))
		} else {
			option, err := nats.NkeyOptionFromSeed(b.Credentials)
			if err != nil {
				return nil, fmt.Errorf("broker's credentials %s: neither a .creds file nor the seed of a user's nkey", b.Credentials)
			}
			options = append(options, option)
		}
	}
	if b.CA != "" {
		options = append(options, nats.RootCAs(b.CA))
	}
	switch {
	case b.Cert != "":
		options = append(options, nats.ClientCert(b.Cert, cmp.Or(b.Key, b.Cert)))
	case b.Key != "":
		return nil, errors.New("broker's key without a cert: set both")
	}
	return options, nil
}

// close ends the link. What was published may wait in a buffer for a second.
func (l *link) close() {
	_ = l.FlushTimeout(time.Second)
	l.stop()
	l.forget()
	l.dialer.cut()
	l.Close()
	<-l.over
}

// failed notes what the server refuses, which it says at some later time.
func (l *link) failed(_ *nats.Conn, _ *nats.Subscription, err error) {
	if errors.Is(err, nats.ErrPermissionViolation) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.refused == nil {
			l.refused = err
			close(l.denied)
			l.forget()
		}
	}
}

// refusal returns what the server does not allow, or nil.
func (l *link) refusal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}

// cannotReach says in one line why there is no connection.
func (b Broker) cannotReach(err error) error {
	for _, refused := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired, nats.ErrNkeysNotSupported} {
		if errors.Is(err, refused) {
			return &said{b.String() + " does not let us in: check user and password, or the credentials", err}
		}
	}
	return fmt.Errorf("no broker at %s: %w", b, b.reason(err))
}

// reason returns an error with a few words for err, which stays in its chain.
func (b Broker) reason(err error) error {
	var (
		lookup      *net.DNSError
		certificate *tls.CertificateVerificationError
		errno       syscall.Errno
		timeout     net.Error
		text        string
	)
	switch {
	case errors.Is(err, nats.ErrSecureConnRequired):
		text = "it wants TLS: use tls:// and, if need be, a CA file"
	case errors.Is(err, nats.ErrSecureConnWanted):
		text = "it has no TLS: use nats://"
	case errors.As(err, &certificate):
		text = "its certificate is not valid: " + strings.TrimPrefix(certificate.Err.Error(), "x509: ")
	case errors.As(err, &lookup) && lookup.IsNotFound:
		text = "no such host"
	case errors.As(err, &errno):
		text = errno.Error()
	case errors.Is(err, nats.ErrPermissionViolation):
		text = missingRight(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrStaleConnection), errors.Is(err, nats.ErrTimeout), errors.As(err, &timeout) && timeout.Timeout():
		text = "it does not answer"
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrDisconnected), errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF):
		text = "the connection broke"
	default:
		text = strings.TrimPrefix(err.Error(), "nats: ")
	}
	return &said{pioneer.NewGate(b.secrets()...).Text(text, pioneer.MaxText), err}
}

// missingRight returns the right that a server's refusal is about: "to publish to X". The
// last part of some subjects is another with each connection and is left out, so that
// the same refusal is said once.
func missingRight(err error) string {
	_, text, _ := strings.Cut(err.Error(), "Permissions Violation for ")
	what, rest, ok := strings.Cut(text, ` to "`)
	subject, _, _ := strings.Cut(rest, `"`)
	if !ok {
		return strings.TrimPrefix(err.Error(), "nats: ")
	}
	for _, fixed := range []string{publisherInbox + ".", readerInbox + ".", "." + StreamName + "."} {
		if before, _, ok := strings.Cut(subject, fixed); ok {
			subject = before + fixed + ">"
		}
	}
	return "to " + map[string]string{"Publish": "publish", "Subscription": "subscribe"}[what] + " to " + subject
}

// said is an error in our words.
type said struct {
	text  string
	cause error
}

func (e *said) Error() string { return e.text }
func (e *said) Unwrap() error { return e.cause }

// wrong says in one line what is wrong with a request to the broker that failed.
// doing is what it was for: "publish".
func (l *link) wrong(doing string, err error) error {
	b := l.broker
	switch refused := l.refusal(); {
	case refused != nil:
		return fmt.Errorf("%s does not allow us to %s: give the user the rights that it needs: %w", b, doing, b.reason(refused))
	case errors.Is(err, jetstream.ErrStreamNotFound), errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("no stream %s at %s: run quotatop fleet init", StreamName, b)
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fmt.Errorf("%s has no JetStream: start nats-server with -js", b)
	case l.IsClosed():
		if last := l.LastError(); last != nil {
			err = last
		}
		return b.cannotReach(err)
	}
	return fmt.Errorf("cannot %s at %s: %w", doing, b, b.reason(err))
}
