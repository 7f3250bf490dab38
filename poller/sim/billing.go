package sim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	pageSizeUsual = 50
	maxPage       = 1_000_000_000
	// createdFormat is the format of created_at as observed: Python's str() of
	// a time.
	createdFormat = "2006-01-02 15:04:05.000000-07:00"
)

// serveRequests answers GET /billing/usage/requests.
func (s *Server) serveRequests(w http.ResponseWriter, r *http.Request, q quirk) {
	query := r.URL.Query()
	page, err := strconv.Atoi(cmp.Or(query.Get("page"), "1"))
	if err != nil || page < 1 || page > maxPage {
		writeInvalid(w, "query", "page", "Input should be greater than or equal to 1", "greater_than_equal")
		return
	}
	size, err := strconv.Atoi(cmp.Or(query.Get("page_size"), strconv.Itoa(min(pageSizeUsual, s.opts.PageSizeMax))))
	if err != nil || size < 1 {
		writeInvalid(w, "query", "page_size", "Input should be greater than or equal to 1", "greater_than_equal")
		return
	}
	if size > s.opts.PageSizeMax && q.has(strictPageSize) {
		writeInvalid(w, "query", "page_size", "Input should be less than or equal to "+strconv.Itoa(s.opts.PageSizeMax), "less_than_equal")
		return
	}
	size = min(size, s.opts.PageSizeMax)
	start, ok := parseStart(query.Get("start_date"))
	if !ok {
		writeInvalid(w, "query", "start_date", "Input should be a valid datetime", "datetime_parsing")
		return
	}
	skip := (page - 1) * size
	if q.has(samePage) {
		skip = 0
	}

	s.mu.Lock()
	now := s.clock(time.Time{})
	s.settle(now)
	rows, total := s.log.page(start, now, skip, make([]row, 0, size))
	names := s.log.names // only ever added to
	s.mu.Unlock()

	if q.has(samePage) {
		total += maxRows // there are always more pages
	}
	body := append(make([]byte, 0, 256*(len(rows)+1)), `{"items":[`...)
	for i, r := range rows {
		if i > 0 {
			body = append(body, ',')
		}
		body = q.appendRow(body, r, s.opts.Seed, names)
	}
	body = append(body, `],"total_count":`...)
	body = append(body, q.count(total)...)
	body = append(body, `,"page":`...)
	body = append(body, q.plain(page)...)
	body = append(body, `,"page_size":`...)
	body = append(body, q.plain(size)...)
	writeBody(w, http.StatusOK, append(body, '}'))
}

// parseStart reads start_date; if empty, everything is included. An unescaped "+"
// arrives as a space and is rejected.
func parseStart(text string) (micros, bool) {
	if text == "" {
		return 0, true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			at := t.UnixMicro()
			if t.After(time.UnixMicro(at)) {
				at++ // the log's times are in whole microseconds
			}
			return at, true
		}
	}
	return 0, false
}

// appendRow appends a row as JSON. names are the names in the log.
func (q quirk) appendRow(b []byte, r row, seed uint64, names []string) []byte {
	created := time.UnixMicro(r.created).UTC()
	if q.has(futureDates) {
		created = created.Add(time.Hour)
	}
	b = append(b, `{"id":"`...)
	b = appendUUID(b, seed, r.seq)
	b = append(b, `","created_at":`...)
	if q.has(nulls) && r.seq%4 == 0 {
		b = append(b, "null"...)
	} else {
		b = append(b, '"')
		b = created.AppendFormat(b, createdFormat)
		b = append(b, '"')
	}
	b = append(b, `,"credit_usage":`...)
	b = append(b, q.number(credits(r.cost))...)
	b = append(b, `,"token_usage":`...)
	b = append(b, q.count(int(r.tokens))...)
	b = append(b, `,"cost":`...)
	b = append(b, q.number(usd(r.cost))...)
	b = append(b, `,"endpoint":`...)
	b = q.appendName(b, names[r.endpoint], r.seq%4 == 1)
	b = append(b, `,"model":`...)
	b = q.appendName(b, names[r.model], true)
	return append(b, '}')
}

// appendName appends a name, which is already JSON.
func (q quirk) appendName(b []byte, name string, nullable bool) []byte {
	if nullable && q.has(nulls) {
		return append(b, "null"...)
	}
	return append(b, name...)
}

// number returns an amount of money or credits as JSON, in Python's float format.
func (q quirk) number(x float64) json.RawMessage {
	if q.has(negativeCosts) {
		x = -x
	}
	switch {
	case q.has(nulls):
		return json.RawMessage("null")
	case q.has(hugeNumbers):
		return json.RawMessage("1e300")
	}
	format := byte('f')
	if x != 0 && max(x, -x) < 1e-4 {
		format = 'e'
	}
	text := strconv.FormatFloat(x, format, -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return q.quote(text)
}

// count returns a number of rows or tokens as JSON.
func (q quirk) count(n int) json.RawMessage {
	if q.has(hugeNumbers) {
		return json.RawMessage("123456789012345678901234567890")
	}
	return q.plain(n)
}

// plain returns a number as JSON that HugeNumbers does not change.
func (q quirk) plain(n int) json.RawMessage {
	if q.has(nulls) {
		return json.RawMessage("null")
	}
	return q.quote(strconv.Itoa(n))
}

func (q quirk) quote(text string) json.RawMessage {
	if q.has(numbersAsStrings) {
		text = `"` + text + `"`
	}
	return json.RawMessage(text)
}

// A balance is what the account endpoints report, in micro-dollars.
type balance struct {
	spent, total, limit int64
	calls               int
	now                 time.Time
}

func (s *Server) balance() balance {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock(time.Time{})
	s.settle(now)
	b := balance{spent: s.spent, total: s.total, limit: s.limit, now: time.UnixMicro(now).UTC()}
	for i := range s.records {
		b.calls += len(s.records[i].accepted)
	}
	return b
}

// left returns what is left of the cap as JSON; null without a cap.
func (b balance) left(s *Server, q quirk) json.RawMessage {
	if s.opts.CapUSD < 0 {
		return json.RawMessage("null")
	}
	return q.number(credits(max(b.limit-b.spent, 0)))
}

// capOf returns the cap as JSON; null without one.
func (b balance) capOf(s *Server, q quirk) json.RawMessage {
	if s.opts.CapUSD < 0 {
		return json.RawMessage("null")
	}
	return q.number(credits(b.limit))
}

func (s *Server) servePlanInfo(w http.ResponseWriter, q quirk) {
	b := s.balance()
	writeJSON(w, http.StatusOK, map[string]any{
		"payment_plan":      s.opts.Plan,
		"credit_limit":      b.capOf(s, q),
		"user_limit":        nil,
		"total_usage":       q.number(credits(b.spent)),
		"remaining_credits": b.left(s, q),
		"exceeds_limit":     b.spent > b.limit,
	})
}

func (s *Server) serveBillingStatus(w http.ResponseWriter, q quirk) {
	b := s.balance()
	writeJSON(w, http.StatusOK, map[string]any{
		"team_id":             TeamID,
		"total_usage":         q.number(credits(b.spent)),
		"credit_limit":        b.capOf(s, q),
		"free_tier_remaining": b.left(s, q),
		"exceeds_free_tier":   b.spent > b.limit,
		"has_payment_method":  true,
		"payment_plan":        s.opts.Plan,
		"stripe_customer_id":  "cus_SIMULATED00001",
	})
}

func (s *Server) serveOverage(w http.ResponseWriter, q quirk, team string) {
	if team != TeamID {
		writeError(w, http.StatusForbidden, "You are not a member of this team.")
		return
	}
	b := s.balance()
	month := time.Date(b.now.Year(), b.now.Month(), 1, 0, 0, 0, 0, time.UTC)
	writeJSON(w, http.StatusOK, map[string]any{
		"credit_limit":            b.capOf(s, q),
		"usage_reset_hour":        q.plain(0),
		"usage_reset_timezone":    "UTC",
		"max_monthly_spend":       nil,
		"current_month_start":     month.Format("2006-01-02T15:04:05.000000-07:00"),
		"current_period_usage":    q.number(credits(b.total)),
		"current_period_requests": q.count(b.calls),
		"overage_enabled":         false,
	})
}
