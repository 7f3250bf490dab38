package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// A load is the calls a minute while measuring and in the hour before.
type load struct {
	name        string
	perMinute   int
	hourBefore  int
	settle      time.Duration // until it is measured
	description string
}

var loads = []load{
	{"idle", 0, 0, 6 * time.Second, "no calls"},
	{"demo", 600, 0, 6 * time.Second, "600 calls a minute"},
	{"heavy", 15_000, 15_000, 12 * time.Second, "15,000 calls a minute, after an hour of them"},
}

// before writes the calls of the hour before the dashboard starts.
func (l load) before(log string) error {
	file, err := os.Create(log)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	if n := l.hourBefore * 60; n > 0 {
		step := time.Hour / time.Duration(n)
		for at := time.Now().Add(-time.Hour); n > 0; n-- {
			at = at.Add(step)
			l.line(out, at)
		}
	}
	return errors.Join(out.Flush(), file.Close())
}

// write appends calls at the rate of the load, ten times a second, until ctx ends.
func (l load) write(ctx context.Context, log string) error {
	file, err := os.OpenFile(log, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	began, sent := time.Now(), 0
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return nil
		case now := <-tick.C:
			var batch bytes.Buffer
			for due := int(now.Sub(began).Minutes() * float64(l.perMinute)); sent < due; sent++ {
				l.line(&batch, now)
			}
			if _, err := file.Write(batch.Bytes()); err != nil {
				return err
			}
		}
	}
}

func (l load) line(out io.Writer, at time.Time) {
	fmt.Fprintf(out, `{"at":"%s","call":{"method":"POST","path":"/gliner-2/extract","status":200,"tokens":120}}`+"\n", at.UTC().Format(time.RFC3339Nano))
}
