package crash

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A panic in a goroutine undoes what is to be undone, and then ends the program with
// its trace.
func TestPanicInAGoroutine(t *testing.T) {
	const child = "QUOTATOP_TEST_CRASH"
	if os.Getenv(child) != "" {
		BeforeEnd(func() { os.Stderr.WriteString("undone\n") })
		BeforeEnd(func() { os.Stderr.WriteString("forgotten\n") })()
		Go(func() { theBug() })
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestPanicInAGoroutine$")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.CombinedOutput()
	text := string(out)
	if err == nil || !strings.HasPrefix(text, "undone\npanic: a bug") || !strings.Contains(text, "theBug") {
		t.Errorf("%v: %s", err, text)
	}
}

func theBug() { panic("a bug") }

// Undo does everything once; without a panic, nothing is undone.
func TestUndo(t *testing.T) {
	var done []string
	BeforeEnd(func() { done = append(done, "one") })
	forget := BeforeEnd(func() { done = append(done, "two") })
	ended := make(chan struct{})
	Go(func() { close(ended) })
	<-ended
	forget()
	if len(done) > 0 {
		t.Errorf("undone without a reason: %q", done)
	}
	Undo()
	Undo()
	if !slices.Equal(done, []string{"one"}) {
		t.Errorf("undone: %q, want one", done)
	}
}
