package fleet

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"quotatop/model"
	"quotatop/ui/cli/clitest"
)

// The stream is made, shown and emptied, a run at a time.
func TestStream(t *testing.T) {
	b := startServer(t, nil).broker()
	lacks := func(doing string, err error) {
		t.Helper()
		if err == nil || err.Error() != "no stream QUOTATOP at "+b.String()+": run quotatop fleet init" {
			t.Errorf("%s without a stream: %v", doing, err)
		}
	}
	_, err := ReadStatus(t.Context(), b)
	lacks("status", err)
	_, err = Purge(t.Context(), b, "")
	lacks("purge", err)
	for _, want := range []string{"made; it keeps 2 hours, 1 GiB at most", "is as it should be"} {
		if did, err := Init(t.Context(), b); err != nil || !strings.HasSuffix(did, want) {
			t.Errorf("init: %q, %v, want %q", did, err, want)
		}
	}
	l, err := b.connect(t.Context(), readerInbox)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	other := config
	other.MaxAge = time.Minute
	if _, err := l.js.UpdateStream(t.Context(), other); err == nil {
		t.Error("a stream that forgets before it knows duplicates is taken") // the server says so
	}
	other.MaxAge = time.Hour
	if _, err := l.js.UpdateStream(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if did, err := Init(t.Context(), b); err != nil || !strings.Contains(did, ": changed;") {
		t.Errorf("init of another: %q, %v", did, err)
	}
	for _, run := range []string{"a", "b"} {
		p := testPublisher(t, b, func(o *PublisherOptions) { o.Run, o.EgressAssumed = run, true })
		p.Observe(call(time.Now(), "/x"))
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s, err := ReadStatus(t.Context(), b)
	if err != nil || s.Messages < 2 || len(s.Generators) != 2 {
		t.Fatalf("status %+v, %v", s, err)
	}
	if g := s.Generators[1]; g.Run != "b" || g.Name != "gen-1" || !g.Ended || !g.EgressAssumed || g.Egress != "nat-1" || g.Version != "test" || g.Age > 60 {
		t.Errorf("generator %+v", g)
	}
	if n, err := Purge(t.Context(), b, "a"); err != nil || n == 0 {
		t.Errorf("purged %d, %v", n, err)
	}
	if s, err = ReadStatus(t.Context(), b); err != nil || len(s.Generators) != 1 || s.Generators[0].Run != "b" {
		t.Errorf("after the purge: %+v, %v", s, err)
	}
	if _, err := Purge(t.Context(), b, ""); err != nil {
		t.Error(err)
	}
	if s, err = ReadStatus(t.Context(), b); err != nil || s.Messages != 0 {
		t.Errorf("after the second purge: %+v, %v", s, err)
	}
}

// A broker's URL is checked, and shown without what logs in.
func TestBroker(t *testing.T) {
	for url, want := range map[string]string{
		"broker":                           "nats://broker:4222",
		"nats://broker":                    "nats://broker:4222",
		"tls://me:secret@broker:1":         "tls://broker:1",
		"nats://token@a, nats://b:4/":      "nats://a:4222,nats://b:4",
		"wss://broker":                     "wss://broker",
		"http://broker":                    `scheme "http": use nats, tls, ws or wss`,
		"":                                 "write it like nats://broker:4222",
		"nats://broker/path":               "write it like nats://broker:4222",
		"nats://me:secret@bro ker":         "write it like nats://broker:4222",
		"nats://me:sec%ret@broker":         "write it like nats://broker:4222",
		"nats://me:secret@broker:port":     "write it like nats://broker:4222",
		"nats://a,nats://me:secret@:4222/": "write it like nats://broker:4222",
	} {
		b := Broker{URL: url}
		got := b.String()
		if err := b.CheckURL(); err != nil {
			got = err.Error()
		}
		if !strings.HasSuffix(got, want) || strings.Contains(got, "sec") || strings.Contains(got, "token") {
			t.Errorf("%q: %s, want %s", url, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for text, want := range map[string]string{"gen-1": "gen-1", "ip-10-0-0-1.ec2.internal": "ip-10-0-0-1-ec2-internal", "größe": "gr--e", "...": "unnamed", strings.Repeat("x", 80): strings.Repeat("x", 64)} {
		if got := CleanName(text); got != want || CheckName(got) != nil {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
		if err := CheckName(text); (err == nil) != (text == want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if a, b := GeneratorName("/state", "127.0.0.1:1"), GeneratorName("/state", "127.0.0.1:2"); a == b || a != GeneratorName("/state", "127.0.0.1:1") || CheckName(a) != nil {
		t.Errorf("two taps are %s and %s", a, b)
	}
}

// certificates writes a CA and a certificate for 127.0.0.1, with its key, to files.
func certificates(t *testing.T) (ca, cert, key string) {
	t.Helper()
	made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &made.PublicKey, made)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(made)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert = write("cert.pem", "CERTIFICATE", der)
	return cert, cert, write("key.pem", "PRIVATE KEY", private)
}

// With TLS the server's certificate is checked, and the client shows its own.
func TestTLS(t *testing.T) {
	ca, cert, key := certificates(t)
	s := startServer(t, func(o *server.Options) {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		text, _ := os.ReadFile(ca)
		pool.AppendCertsFromPEM(text)
		o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	})
	url := "tls://" + s.Addr().String()
	for _, tt := range []struct {
		b    Broker
		want string // empty if it connects
	}{
		{Broker{URL: url, CA: ca, Cert: cert, Key: key}, ""},
		{Broker{URL: url}, "its certificate is not valid: certificate signed by unknown authority"},
		{Broker{URL: url, CA: ca}, "no broker at " + url + ": "},
		{Broker{URL: url, CA: filepath.Join(t.TempDir(), "none.pem")}, "no such file"},
		{Broker{URL: url, CA: ca, Key: key}, "key without a cert"},
	} {
		_, err := Init(t.Context(), tt.b)
		if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%+v: %v, want %q", tt.b, err, tt.want)
		}
	}
}

// All of it works with the nats-server of Debian 12, which is 2.9.
func TestDebianServer(t *testing.T) {
	b := Broker{URL: clitest.Broker(t)}
	for _, want := range []string{"made; it keeps 2 hours, 1 GiB at most", "is as it should be"} {
		if did, err := Init(t.Context(), b); err != nil || !strings.HasSuffix(did, want) {
			t.Fatalf("init: %q, %v", did, err)
		}
	}
	r := read(t, b, nil)
	p := testPublisher(t, b, func(o *PublisherOptions) { o.State = t.TempDir() })
	for range 2000 {
		p.Observe(call(time.Now(), "/a"))
	}
	r.until("2,000 calls and a beat", func(all []model.Event) bool { return len(calls(all)) == 2000 && newest(all, "gen-1").Boot == p.boot })
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	r.until("end", func(all []model.Event) bool { return newest(all, "gen-1").Ended })
	if s, err := ReadStatus(t.Context(), b); err != nil || len(s.Generators) != 1 || !s.Generators[0].Ended {
		t.Errorf("status %+v, %v", s, err)
	}
	if n, err := Purge(t.Context(), b, ""); err != nil || n < 5 {
		t.Errorf("purged %d, %v", n, err)
	}
}
