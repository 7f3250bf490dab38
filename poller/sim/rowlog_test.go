package sim

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestChatIsLoggedTwiceAndChargedOnce(t *testing.T) {
	s, clock := newServer(Options{})
	r := s.Call(Call{Path: "/v1/chat/completions"})
	clock.add(4 * time.Second)
	page := readLog(t, s, "")
	if len(page.Items) != 2 || page.TotalCount != 2 {
		t.Fatalf("got %+v, want two rows", page)
	}
	path, alias := page.Items[0], page.Items[1]
	if path.Endpoint != "/v1/chat/completions" || alias.Endpoint != "openai_compat" {
		t.Errorf("got %s over %s, want the path over openai_compat", path.Endpoint, alias.Endpoint)
	}
	if path.Model != alias.Model || path.TokenUsage != alias.TokenUsage || path.Cost != alias.Cost {
		t.Errorf("the two rows differ: %+v, %+v", path, alias)
	}
	if apart := path.created(t).Sub(alias.created(t)); apart <= 0 || apart >= 200*time.Millisecond {
		t.Errorf("got them %s apart, want below 200 ms", apart)
	}
	if !path.created(t).Equal(r.At) {
		t.Errorf("got created_at %s, want the call's time %s", path.CreatedAt, r.At)
	}
	if r.Tokens != path.TokenUsage || r.CostUSD != path.Cost || fmt.Sprintf("%.8f", path.Cost*100) != fmt.Sprintf("%.8f", path.CreditUsage) {
		t.Errorf("got row %+v of call %+v", path, r)
	}
	if got := s.SpentUSD(); got != r.CostUSD {
		t.Errorf("got $%g spent, want one charge of $%g", got, r.CostUSD)
	}
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if !uuid.MatchString(path.ID) || path.ID == alias.ID {
		t.Errorf("got ids %q and %q, want two UUIDs", path.ID, alias.ID)
	}
}

func TestOpusIsJudged(t *testing.T) {
	s, clock := newServer(Options{Lag: -1})
	r := s.Call(Call{Path: "/v1/messages", Model: "claude-opus-4-7"})
	clock.add(4900 * time.Millisecond)
	if page := readLog(t, s, ""); page.TotalCount != 1 {
		t.Fatalf("before the judge: got %+v", page)
	}
	clock.add(10200 * time.Millisecond)
	page := readLog(t, s, "")
	if page.TotalCount != 2 {
		t.Fatalf("got %+v, want a judge's row", page)
	}
	judge := page.Items[0]
	if judge.Endpoint != "/llmaj/judge" || judge.TokenUsage < 75_000 || judge.Cost < 0.014 || judge.Cost > 0.017 {
		t.Errorf("got %+v", judge)
	}
	if late := judge.created(t).Sub(r.At); late < 5*time.Second || late > 15*time.Second {
		t.Errorf("got the judge %s later", late)
	}
	if got, want := fmt.Sprintf("%.6f", s.SpentUSD()), fmt.Sprintf("%.6f", r.CostUSD+judge.Cost); got != want {
		t.Errorf("got $%s spent, want $%s", got, want)
	}
	if got := s.Truth("all", noon, noon.Add(time.Hour)); got.Accepted != 1 {
		t.Errorf("got truth %+v, want that the judge uses no quota", got)
	}
}

// Rows are hidden for about three seconds and come out of order.
func TestLag(t *testing.T) {
	s, clock := newServer(Options{})
	for range 50 {
		s.Call(Call{Path: "/inference"})
		clock.add(20 * time.Millisecond)
	}
	seen := map[string]bool{}
	disorder := false
	for range 300 {
		var newest time.Time
		page := readLog(t, s, "page_size=100")
		for _, r := range page.Items {
			age := clock.at.Sub(r.created(t))
			if age < 2500*time.Millisecond {
				t.Fatalf("a row was seen after %s", age)
			}
			if !seen[r.ID] && r.created(t).Before(newest) {
				disorder = true // a newer row had been seen
			}
			if seen[r.ID] {
				newest = maxOf(newest, r.created(t))
			}
			seen[r.ID] = true
		}
		clock.add(20 * time.Millisecond)
		if len(page.Items) == 50 {
			break
		}
	}
	if age := clock.at.Sub(noon.Add(time.Second)); len(seen) != 50 || age > 3600*time.Millisecond {
		t.Errorf("got %d rows, %s after the last call", len(seen), age)
	}
	if !disorder {
		t.Error("the rows came in order")
	}
}

func maxOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// While rows land, page by page, each row that was visible at the start is
// seen, some of them twice.
func TestPagingWhileRowsLand(t *testing.T) {
	s, clock := newServer(Options{})
	call := func(n int) {
		for range n {
			s.Call(Call{Path: "/gliner-2/x", IP: fmt.Sprint("10.1.1.", s.seq%200)})
			clock.add(5 * time.Millisecond)
		}
	}
	call(1500)
	total := readLog(t, s, "page_size=1").TotalCount
	seen, rows := map[string]int{}, 0
	for page := 1; ; page++ {
		p := readLog(t, s, fmt.Sprintf("page=%d&page_size=1000", page))
		if p.PageSize != 100 || p.Page != page {
			t.Fatalf("got page %d of %d, want %d of 100", p.Page, p.PageSize, page)
		}
		for _, r := range p.Items {
			seen[r.ID]++
			rows++
		}
		if len(p.Items) == 0 || page*p.PageSize >= p.TotalCount {
			break
		}
		call(23)
	}
	if len(seen) < total {
		t.Errorf("got %d rows, want at least the %d that were there", len(seen), total)
	}
	if rows == len(seen) {
		t.Error("no row came twice: the pages did not move")
	}
}

func TestPageParameters(t *testing.T) {
	s, clock := newServer(Options{})
	for range 120 {
		s.Call(Call{Path: "/inference"})
		clock.add(time.Second)
	}
	for _, test := range []struct {
		query              string
		items, total, size int
		first              time.Duration // the newest row, since noon
	}{
		{"", 50, 117, 50, 116 * time.Second},
		{"page_size=100&page=2", 17, 117, 100, 16 * time.Second},
		{"page_size=100&page=3", 0, 117, 100, 0},
		{"page_size=5000&limit=3", 100, 117, 100, 116 * time.Second},
		{"page=1000000000", 0, 117, 50, 0},
		{"start_date=2026-06-17T12:01:50Z", 7, 7, 50, 116 * time.Second},
		{"start_date=2026-06-17T12:01:50.000001Z", 6, 6, 50, 116 * time.Second},
		{"start_date=2026-06-17T12:01:50.0000001Z", 6, 6, 50, 116 * time.Second},
		{"start_date=2026-06-17T14:01:50%2B02:00&page_size=4&page=2", 3, 7, 4, 112 * time.Second},
		{"start_date=2026-06-17", 50, 117, 50, 116 * time.Second},
		{"start_date=2026-06-18", 0, 0, 50, 0},
	} {
		p := readLog(t, s, test.query)
		if len(p.Items) != test.items || p.TotalCount != test.total || p.PageSize != test.size {
			t.Errorf("%q: got %d of %d rows, pages of %d, want %d of %d, %d", test.query, len(p.Items), p.TotalCount, p.PageSize, test.items, test.total, test.size)
		}
		if len(p.Items) > 0 && !p.Items[0].created(t).Equal(noon.Add(test.first)) {
			t.Errorf("%q: got newest %s, want %s after noon", test.query, p.Items[0].CreatedAt, test.first)
		}
	}
	for _, query := range []string{"page=0", "page=x", "page=99999999999999999999", "page_size=-1", "start_date=soon", "start_date=2026-06-17T14:01:50+02:00"} {
		w := do(s, "GET", "/billing/usage/requests?"+query, "")
		if w.Code != 422 || !strings.Contains(w.Body.String(), `"loc":["query","`) {
			t.Errorf("%q: got %d %s, want 422", query, w.Code, w.Body)
		}
	}
}

// The log's pages and counts are those of a log that is looked through whole.
func TestRowLogAgainstPlain(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	l := rowLog{slack: 3500, most: maxRows}
	var plain []row
	now := micros(1_000_000)
	for seq := range uint64(1000) {
		now += rng.Int64N(30)
		for {
			r, ok := l.next(now)
			if !ok {
				break
			}
			l.add(r, now)
		}
		r := row{seq: seq, created: now - 200 + rng.Int64N(5000)}
		if rng.IntN(10) > 0 {
			r.created = now - rng.Int64N(200)
		}
		r.shown = r.created + 2500 + rng.Int64N(1000)
		l.add(r, now)
		plain = append(plain, r)

		start, skip := now-rng.Int64N(50_000), rng.IntN(60)
		if rng.IntN(3) == 0 {
			start = 0
		}
		got, total := l.page(start, now, skip, make([]row, 0, 20))
		want := slices.DeleteFunc(slices.Clone(plain), func(r row) bool { return r.shown > now || r.created < start })
		slices.SortStableFunc(want, func(a, b row) int { return cmp.Compare(b.created, a.created) })
		if total != len(want) {
			t.Fatalf("row %d: got total %d, want %d", seq, total, len(want))
		}
		want = want[min(skip, len(want)):min(skip+20, len(want))]
		if !slices.EqualFunc(got, want, func(a, b row) bool { return a.created == b.created }) {
			t.Fatalf("row %d: got page %v, want %v", seq, got, want)
		}
	}
}

func TestRowLogForgets(t *testing.T) {
	l := rowLog{slack: 1, most: 800}
	for i := range micros(5000) {
		l.add(row{created: i * perSecond, shown: i * perSecond}, i*perSecond)
		if len(l.rows) > 800 {
			t.Fatalf("got %d rows, want 800 at most", len(l.rows))
		}
	}
	if n := len(l.rows); n < 690 || l.rows[n-1].created != 4999*perSecond {
		t.Errorf("got %d rows, the last at %d", n, l.rows[n-1].created)
	}
	l.add(row{created: 40 * 3600 * perSecond}, 40*3600*perSecond)
	if len(l.rows) != 1 {
		t.Errorf("got %d rows after 40 hours, want the last alone", len(l.rows))
	}
	for i := range 2 * maxNames {
		l.name(fmt.Sprint("/generate/", i))
	}
	if len(l.names) > maxNames+1 {
		t.Errorf("got %d names, want %d at most", len(l.names), maxNames+1)
	}
	var m moments
	for i := range micros(maxRows + 10) {
		m.add(i)
	}
	if len(m) > maxRows || m[len(m)-1] != maxRows+9 {
		t.Errorf("got %d moments up to %d", len(m), m[len(m)-1])
	}
}
