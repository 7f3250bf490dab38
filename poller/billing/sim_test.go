package billing

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"quotatop/model"
	"quotatop/poller/pioneer"
	"quotatop/poller/runner"
	"quotatop/poller/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// direct is a transport to a handler of this process, which leaves a
// synctest bubble's time alone. Requests come from one address.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	r.RemoteAddr = "127.0.0.1:4000"
	d.handler.ServeHTTP(w, r)
	if w.Header().Get("Date") == "" {
		w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	return w.Result(), nil
}

const testKey = "pio_sk_do_not_show_me"

// world is a simulated API, a source that polls it, and the ledger.
type world struct {
	*testing.T
	sim    *sim.Server
	source *Source
	ledger *model.Ledger
	clock  *pioneer.Clock
	table  model.Table
}

func newWorld(t *testing.T, o sim.Options) *world {
	t.Helper()
	table, err := model.Profile(model.DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	o.Table, o.Key = table, testKey
	w := &world{T: t, sim: sim.New(o), ledger: model.NewLedger(table, model.LedgerOptions{}), clock: &pioneer.Clock{}, table: table}
	base, _ := url.Parse("http://localhost")
	w.source = New(Options{Base: base, Key: testKey, Clock: w.clock, Table: table, Transport: direct{w.sim}})
	return w
}

// run starts the source as the Runner would and returns its snapshots, until
// the test's time is over.
func (w *world) run(ctx context.Context) <-chan model.Snapshot {
	r := &runner.Runner{Sources: []runner.Source{w.source}, Ledger: w.ledger, Clock: w.clock, Seen: w.source.Seen}
	return r.Start(ctx)
}

// limit finds one gauge of a snapshot.
func limit(s model.Snapshot, id string, i int) model.LimitUsage {
	for _, e := range s.Endpoints {
		if e.ID == id {
			return e.Limits[i]
		}
	}
	return model.LimitUsage{}
}

func bubble(t *testing.T, d time.Duration, f func(ctx context.Context)) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		f(ctx)
		cancel()
		synctest.Wait()
	})
}
