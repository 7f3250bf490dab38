package poller

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"quotatop/model"
	"quotatop/poller/config"
)

// What the journal could not recover is shown for a minute.
func TestJournalShowsWhatIsLost(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		settings := config.Default()
		if err := settings.BaseURL.UnmarshalText([]byte("http://127.0.0.1:1")); err != nil {
			t.Fatal(err)
		}
		s, err := New(settings, "pio_sk_test")
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(dir, s.AccountID())
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "20260617T120000Z-1-0000.state"), []byte("not a state"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.Journal(dir)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		began := time.Now()
		var shown, gone time.Duration
		for snapshot := range s.Start(ctx) {
			for _, service := range snapshot.Services {
				switch at := time.Since(began); {
				case service.State == model.StateError && strings.Contains(service.Error, "skipped the saved state"):
					shown = at
				case service.State == model.StateOK:
					gone = at
				}
			}
		}
		if shown < 50*time.Second || gone < shown || shown > 70*time.Second {
			t.Errorf("shown until %s, gone by %s, want it shown for a minute", shown, gone)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A session takes over other settings within a second, without losing what it counted.
func TestAdjust(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := config.Default()
		if err := settings.BaseURL.UnmarshalText([]byte("http://127.0.0.1:1")); err != nil {
			t.Fatal(err)
		}
		s, err := New(settings, "pio_sk_test")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		report := s.Summarize()
		feed := s.Start(ctx)
		for _, c := range []config.Change{{Setting: "limit chat 1m", Value: "150"}, {Setting: "cap", Value: "20usd"}} {
			if err := settings.Set(c); err != nil {
				t.Fatal(err)
			}
			for range 3 { // the newest wins, and nothing waits for the session
				if err := s.Adjust(settings); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(time.Second)
		got := <-feed
		if chat := got.Endpoints[s.Table().Index("chat")].Limits[0]; chat.Limit != 150 || got.Cap.Limit != model.Some(20*model.Dollar) {
			t.Errorf("chat %+v, cap %+v", chat, got.Cap)
		}
		if s.Table().Endpoints[s.Table().Index("chat")].Limits[0].Max != 200 {
			t.Error("the table that a recording begins with has changed")
		}
		cancel()
		for range feed {
		}
		if l := report().Endpoints[s.Table().Index("chat")].Limits[0].Limit; l != 150 {
			t.Errorf("the run is summed up against a limit of %d, want 150", l)
		}
	})
}
