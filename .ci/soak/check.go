package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// check compares what is left with what was sent.
func (r *run) check() error {
	return errors.Join(r.checkCalls(), r.checkMemory(), r.checkKey())
}

// checkCalls checks that the recordings have every call but those of a second before
// each kill, and that their reports say that no more were sent.
func (r *run) checkCalls() error {
	out, err := exec.Command(r.program, append([]string{"report", "--config", os.DevNull, "--format", "json"}, r.records...)...).Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			return fmt.Errorf("report: %w: %s", err, failed.Stderr)
		}
		return fmt.Errorf("report: %w", err)
	}
	var runs []struct {
		Report struct {
			Endpoints []struct {
				ID                     string
				Local, Rejected        int // what the tap saw
				Accepted, Sent, Margin int // also by the billing log
			}
		}
	}
	if err := json.Unmarshal(out, &runs); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	recorded, sent, margin := 0, 0, 0
	for _, run := range runs {
		for _, e := range run.Report.Endpoints {
			if e.ID != "all" {
				recorded += e.Local + e.Rejected
				sent += max(e.Sent, e.Accepted) // Sent is unknown where nothing watched
				margin += e.Margin
			}
		}
	}
	l := r.load
	safe := l.safe(1100 * time.Millisecond)
	fmt.Printf("%d calls sent, %d answered, %d of them a second away from a kill or more, %d recorded, %d kills; reported: %d ±%d\n", l.sent, len(l.answered), safe, recorded, len(l.kills), sent, margin)
	if recorded < safe || recorded > l.sent {
		return fmt.Errorf("%d calls are recorded, want %d to %d", recorded, safe, l.sent)
	}
	if sent < recorded || sent > l.sent+margin {
		return fmt.Errorf("the reports say that %d ±%d calls were sent, want %d to %d", sent, margin, recorded, l.sent)
	}
	if safe < l.sent/2 {
		return fmt.Errorf("%d of %d calls were answered: the load run was broken", safe, l.sent)
	}
	return nil
}

// checkMemory checks that the dashboard's memory is flat.
func (r *run) checkMemory() error {
	m := r.load.memory
	if len(m) < 8 {
		return nil
	}
	early, late := slices.Max(m[len(m)/4:len(m)/2]), slices.Max(m[3*len(m)/4:])
	fmt.Printf("memory %d kB, later %d kB\n", early, late)
	if late > early+early/2 || late > 96<<10 {
		return fmt.Errorf("memory grew from %d to %d kB", early, late)
	}
	return nil
}

// checkKey looks for the key in all that was written or shown.
func (r *run) checkKey() error {
	if bytes.Contains([]byte(r.seen.String()), []byte(key)) {
		return errors.New("the key was on a screen")
	}
	files := 0
	err := filepath.WalkDir(r.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || path == r.program {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(key)) {
			err = fmt.Errorf("%s has the key", path)
		}
		return err
	})
	fmt.Printf("no key in %d files\n", files)
	return err
}
