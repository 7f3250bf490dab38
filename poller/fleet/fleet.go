// Package fleet shows the calls of many load generators as one run. Each generator
// has a Publisher, which puts its calls on a stream of a NATS server, and a
// dashboard has a Source, which reads them from there.
//
// The stream is named QUOTATOP and has a subject for each generator,
//
//	qt.v1.<account>.<run>.<generator>.ev
//
// where account is the hash that pioneer.AccountID returns: neither key nor address
// travel. A message is a batch: one zstd frame of event lines in the server's time,
// each with the generator, the last one a beat. So the bodies of messages, one after
// the other, are a file that report and replay read. Besides, a generator says once
// a second on the subject that ends in hb, which no stream keeps, how far it is: its
// beat, in the clear. Before it has made a call it does not know the server's time, and
// its beat has none.
//
// Both subjects have the headers
//
//	Nats-Msg-Id  generator/boot/seq, by which the server drops what is sent twice
//	Qt-Boot      tells the processes apart that published under the generator's name
//	Qt-Seq       the number of the batch, from 1; for hb, that of the newest batch
package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

const (
	// StreamName is the name of the stream that keeps the batches.
	StreamName = "QUOTATOP"
	// DefaultRun is the name of a run that nobody named.
	DefaultRun = "default"
	// DefaultSpool bounds a spool if nobody says otherwise, in bytes.
	DefaultSpool = 64 << 20

	// maxName bounds the names of runs, generators and egresses, in bytes.
	maxName = 64

	prefix     = "qt.v1."
	evSuffix   = ".ev"
	hbSuffix   = ".hb"
	anySubject = prefix + "*.*.*" + evSuffix

	headerID   = "Nats-Msg-Id"
	headerBoot = "Qt-Boot"
	headerSeq  = "Qt-Seq"
)

// The replies to generators and those to dashboards have prefixes of their own, so
// that a server can keep generators from what dashboards are sent.
const (
	publisherInbox = "_QTPUB"
	readerInbox    = "_QTSUB"
)

// maxBatch is how many bytes of lines a batch has at most, before it is compressed.
const maxBatch = 64 << 10

// beatEvery is the time between the beats of a generator, and the longest that a
// call waits to be part of a batch.
const beatEvery = time.Second

// A name is a generator of a run of an account.
type name struct{ account, run, generator string }

func (n name) events() string { return n.subject() + evSuffix }
func (n name) beats() string  { return n.subject() + hbSuffix }
func (n name) subject() string {
	return prefix + n.account + "." + n.run + "." + n.generator
}

// parseSubject returns the generator that publishes on a subject.
func parseSubject(subject, suffix string) (n name, ok bool) {
	rest, begins := strings.CutPrefix(subject, prefix)
	rest, ends := strings.CutSuffix(rest, suffix)
	parts := strings.Split(rest, ".")
	if !begins || !ends || len(parts) != 3 {
		return n, false
	}
	for _, part := range parts {
		if CheckName(part) != nil {
			return n, false
		}
	}
	return name{parts[0], parts[1], parts[2]}, true
}

var (
	errName   = errors.New("use letters, digits, - and _ only, 64 at most")
	errEgress = errors.New("use letters, digits, - _ . and : only, 64 at most")
)

// CheckName returns an error if a text cannot name a run or a generator.
func CheckName(text string) error { return check(text, errName, inName) }

// CheckEgress returns an error if a text cannot name an egress. An address can, or the
// name of a host.
func CheckEgress(text string) error {
	return check(text, errEgress, func(r rune) bool { return inName(r) || r == '.' || r == ':' })
}

func check(text string, wrong error, fits func(rune) bool) error {
	if text == "" || len(text) > maxName || strings.ContainsFunc(text, func(r rune) bool { return !fits(r) }) {
		return fmt.Errorf("name %q: %w", text[:min(len(text), 2*maxName)], wrong)
	}
	return nil
}

// CleanName makes a name of a text that nobody chose, such as a host's name. Without
// anything to make it of it is "unnamed".
func CleanName(text string) string {
	text = strings.Map(func(r rune) rune {
		if inName(r) {
			return r
		}
		return '-'
	}, text)
	if text = strings.Trim(text[:min(len(text), maxName)], "-"); text == "" {
		return "unnamed"
	}
	return text
}

// HostName returns this machine's name as a name.
func HostName() string {
	host, _ := os.Hostname()
	return CleanName(host)
}

// GeneratorName returns a name for the generator of this machine whose state is in a
// folder and which watches something, such as the address of its tap: the same after
// a restart, another for another tap.
func GeneratorName(state, watches string) string {
	machine, _ := os.ReadFile("/etc/machine-id") // hosts may have one name
	sum := sha256.Sum256([]byte(string(machine) + "\x00" + state + "\x00" + watches))
	host := HostName()
	return host[:min(len(host), maxName-5)] + "-" + hex.EncodeToString(sum[:2])
}

func inName(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}
