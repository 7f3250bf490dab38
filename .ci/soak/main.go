// Command soak runs two dashboards on one account for a while, in tmux, with a load
// run through the tap of the first and a fault every few seconds: signals to the
// second, kill -9 of the first, an API that is slow, cut off, wrong or has the wrong
// time, and a full disk for the journal. At the end it compares what was recorded
// with what was sent. It needs tmux, and a disk of its own needs root on Linux:
//
//	go run ./.ci/soak -for 30m
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"quotatop/poller/sim"
)

func main() {
	span := flag.Duration("for", 30*time.Minute, "how long to run")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "the seed of what happens")
	flag.Parse()
	if err := soak(*span, *seed); err != nil {
		fmt.Fprintf(os.Stderr, "soak with -seed %d: %v\n", *seed, err)
		os.Exit(1)
	}
}

// key is found nowhere but in the environment and in requests to the API.
const key = "pio_sk_soak7Jd93kFq02LmXz81VbN"

// A run is one soak.
type run struct {
	dir     string
	program string
	disk    string // the state folder
	own     bool   // the state folder is a disk of its own
	api     *api
	tap     string
	main    *pane // the dashboard with the tap
	other   *pane // the dashboard that gets the signals
	load    *load
	records []string
	seen    strings.Builder // what the panes have shown
	random  *rand.Rand
}

func soak(span time.Duration, seed uint64) error {
	dir, err := os.MkdirTemp("", "quotatop-soak")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r := &run{dir: dir, program: filepath.Join(dir, "quotatop"), disk: filepath.Join(dir, "state"), random: rand.New(rand.NewPCG(seed, 1))}
	if out, err := exec.Command("go", "build", "-o", r.program, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	if err := os.Mkdir(r.disk, 0o700); err != nil {
		return err
	}
	if r.own = exec.Command("mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "quotatop-soak", r.disk).Run() == nil; r.own {
		defer func() { _ = exec.Command("umount", "-l", r.disk).Run() }()
	} else {
		fmt.Println("no disk of its own for the journal: it does not become full")
	}
	r.api = &api{Server: sim.New(sim.Options{Key: key, Seed: seed})}
	server := httptest.NewServer(r.api)
	defer server.Close()
	if r.tap, err = freeAddress(); err != nil {
		return err
	}
	socket := "quotatop-soak-" + filepath.Base(dir)
	defer func() { _ = exec.Command("tmux", "-L", socket, "kill-server").Run() }()
	if r.main, err = r.newPane(socket, "main", server.URL); err != nil {
		return err
	}
	if r.other, err = r.newPane(socket, "other", server.URL); err != nil {
		return err
	}
	return r.hurt(span)
}

// hurt does something every few seconds, and checks what is left at the end.
func (r *run) hurt(span time.Duration) error {
	if err := errors.Join(r.startMain(), r.startOther()); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.load = newLoad("http://"+r.tap, r.main)
	ended := make(chan struct{})
	go func() { defer close(ended); r.load.run(ctx) }()

	kills := max(int(span/(5*time.Minute)), 1)
	begun, killed := time.Now(), 0
	for time.Since(begun) < span {
		time.Sleep(time.Second + time.Duration(r.random.Int64N(int64(3*time.Second))))
		// The first dashboard is left alone in the last part, which shows its memory.
		if killed < kills && time.Since(begun) > span*time.Duration(killed+1)/time.Duration(kills+2) {
			killed++
			if err := r.killMain(); err != nil {
				return err
			}
			continue
		}
		f := faults[r.random.IntN(len(faults))]
		fmt.Printf("%4.0fs  %s\n", time.Since(begun).Seconds(), f.name)
		if err := f.do(r); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if err := r.main.alive(); err != nil {
			return fmt.Errorf("after %s: %w", f.name, err)
		}
	}
	cancel()
	<-ended
	r.note()
	if err := errors.Join(r.main.leave(), r.other.leave()); err != nil {
		return err
	}
	return r.check()
}

// killMain kills the first dashboard and starts it again.
func (r *run) killMain() error {
	fmt.Println("       kill -9")
	r.note()
	r.load.killed()
	if err := r.main.kill("KILL"); err != nil {
		return err
	}
	return r.startMain()
}

// note keeps what the panes show, to look for the key.
func (r *run) note() {
	for _, p := range []*pane{r.main, r.other} {
		r.seen.WriteString(p.screen())
	}
}

func (r *run) startMain() error {
	record := filepath.Join(r.dir, fmt.Sprintf("run-%d.jsonl", len(r.records)))
	r.records = append(r.records, record)
	return r.main.start("--tap "+r.tap+" --record "+record, "● tap")
}

func (r *run) startOther() error { return r.other.start("", "Endpoints") }

// freeAddress returns an address on this machine where nobody listens.
func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}
