package journal

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"quotatop/model"
)

const childFolder = "QUOTATOP_TEST_JOURNAL"

// TestChild is the process that TestKilled kills.
func TestChild(t *testing.T) {
	dir := os.Getenv(childFolder)
	if dir == "" {
		t.Skip("it is part of TestKilled")
	}
	j := Open(dir, Options{})
	l := newLedger(t)
	for i := 0; ; i++ {
		e := model.Event{At: time.Now(), Source: model.SourceTap, Call: &model.Call{Vantage: model.VantageLocal, Method: "POST", Path: "/inference", Status: 200}}
		l.Observe(e)
		j.Observe(e)
		j.Checkpoint(l.AppendState)
		fmt.Println("seen", time.Now().UnixMilli())
		time.Sleep(time.Millisecond)
	}
}

// kill -9 loses at most the last second.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestChild$")
	child.Env = append(os.Environ(), childFolder+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var seen []int64
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var at int64
		if n, _ := fmt.Sscanf(lines.Text(), "seen %d", &at); n == 1 {
			seen = append(seen, at)
		}
		if len(seen) > 0 && at-seen[0] > 2500 {
			_ = child.Process.Kill()
		}
	}
	_ = child.Wait()

	l, err := Recover(dir, table(t, model.DefaultProfile), model.LedgerOptions{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	l.Observe(model.Event{At: time.Now(), Source: model.SourceTap, Health: &model.Health{State: model.StateOK, Vantage: model.VantageLocal}})
	want := 0
	for _, at := range seen {
		if seen[len(seen)-1]-at > 1100 { // and a moment to write it
			want++
		}
	}
	if got := calls(l, time.Now(), "inference").Local.Or(0); got < want || got > len(seen)+1 {
		t.Errorf("%d calls are left of %d, want at least the %d of before the last second", got, len(seen), want)
	}
}
