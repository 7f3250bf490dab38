package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A load sends calls through the tap and keeps when each was answered.
type load struct {
	url    string
	client *http.Client
	pane   *pane

	mu       sync.Mutex
	sent     int         // including those that got no answer
	answered []time.Time // of calls
	kills    []time.Time
	memory   []int // of the dashboard in kB, each second since the last kill
}

func newLoad(url string, p *pane) *load {
	return &load{url: url, pane: p, client: &http.Client{Timeout: 20 * time.Second}}
}

// every is the time from one call to the next.
const every = 100 * time.Millisecond

// paths are called in turn.
var paths = [...]string{"/inference", "/v1/chat/completions", "/generate/classification", "/gliner-2/extract", "/v1/messages"}

// run sends calls until ctx ends, and waits for those that are on their way.
func (l *load) run(ctx context.Context) {
	var calls sync.WaitGroup
	defer calls.Wait()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		calls.Go(func() { l.call(paths[n%len(paths)]) })
		if n%int(time.Second/every) == 0 {
			l.mu.Lock()
			l.memory = append(l.memory, l.pane.memory())
			l.mu.Unlock()
		}
	}
}

func (l *load) call(path string) {
	request, err := http.NewRequest(http.MethodPost, l.url+path, strings.NewReader("{}"))
	if err != nil {
		return
	}
	request.Header.Set("X-API-Key", key)
	l.mu.Lock()
	l.sent++
	l.mu.Unlock()
	response, err := l.client.Do(request)
	if err != nil {
		return
	}
	_, err = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if err != nil {
		return
	}
	l.mu.Lock()
	l.answered = append(l.answered, time.Now())
	l.mu.Unlock()
}

// killed notes that the tap is about to be killed.
func (l *load) killed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kills, l.memory = append(l.kills, time.Now()), nil
}

// safe returns how many calls were answered longer than a time before a kill.
func (l *load) safe(before time.Duration) (n int) {
	for _, at := range l.answered {
		lost := false
		for _, kill := range l.kills {
			lost = lost || at.After(kill.Add(-before)) && at.Before(kill.Add(before))
		}
		if !lost {
			n++
		}
	}
	return n
}
