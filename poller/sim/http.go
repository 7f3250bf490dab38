package sim

import (
	"cmp"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP answers as the API would. The client's address is the first one in
// X-Forwarded-For, or else the peer's.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/billing/") {
		s.mu.Lock()
		s.polls.add(s.clock(time.Time{}))
		s.mu.Unlock()
	}
	f := s.faults.take(r.URL.Path)
	if !sleep(r.Context(), f.Delay) {
		return
	}
	s.setDate(w)
	switch {
	case f.Status != 0:
		f.answer(w)
	case f.quirk.has(endless):
		writeEndless(w, r)
	case f.quirk.has(cut):
		s.serve(&cutter{w}, r, f.quirk)
	default:
		s.serve(w, r, f.quirk)
	}
}

// setDate sets the Date header from the server's clock.
func (s *Server) setDate(w http.ResponseWriter) {
	w.Header().Set("Date", s.now().Format(http.TimeFormat))
}

// serve answers a request that no fault has answered.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, q quirk) {
	path := r.URL.Path
	if path == "/health" {
		writeJSON(w, http.StatusOK, map[string]any{"status": "ok"})
		return
	}
	if detail := s.unauthorized(r); detail != nil {
		writeError(w, http.StatusUnauthorized, detail)
		return
	}
	if billable(r.Method, path) {
		s.infer(w, r)
		return
	}
	s.mu.Lock()
	result := s.decide(request{method: r.Method, path: path, ip: clientIP(r)}, s.clock(time.Time{}))
	s.mu.Unlock()
	team, isTeam := teamOf(path)
	switch {
	case result.Status != http.StatusOK:
		writeDenial(w, result)
	case r.Method != http.MethodGet:
		writeError(w, http.StatusNotFound, "Not Found")
	case path == "/billing/usage/requests":
		s.serveRequests(w, r, q)
	case path == "/billing/plan-info":
		s.servePlanInfo(w, q)
	case path == "/billing/billing-status":
		s.serveBillingStatus(w, q)
	case isTeam:
		s.serveOverage(w, q, team)
	default:
		writeError(w, http.StatusNotFound, "Not Found")
	}
}

// teamOf returns the team in /billing/team/{id}/overage-settings.
func teamOf(path string) (team string, ok bool) {
	rest, below := strings.CutPrefix(path, "/billing/team/")
	team, ok = strings.CutSuffix(rest, "/overage-settings")
	return team, ok && below
}

// unauthorized returns the detail of a 401, or nil. X-API-Key takes precedence
// over a bearer token.
func (s *Server) unauthorized(r *http.Request) any {
	key := r.Header.Get("X-API-Key")
	if key == "" {
		key, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	switch {
	case key == "":
		return map[string]string{"message": "Authentication required", "code": "invalid_credentials"}
	case s.opts.Key == "" || key == s.opts.Key:
		return nil
	case !strings.HasPrefix(key, "pio_sk_"):
		return "Invalid API key format. API keys must start with 'pio_sk_'. Please check your X-API-Key header."
	}
	return invalidKey
}

// invalidKey is the detail for an invalid key, and as observed for an exhausted
// one.
const invalidKey = "Invalid API key. Please check your credentials."

// clientIP returns the address that a request counts against.
func clientIP(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-For"), ",")
	if addr, err := netip.ParseAddr(strings.TrimSpace(first)); err == nil {
		return addr.String()
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr // a Pipe's
	}
	return host
}

// writeDenial writes a 429.
func writeDenial(w http.ResponseWriter, r Result) {
	if r.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(r.RetryAfter/time.Second)))
	}
	if r.Reason != "" {
		w.Header().Set("X-RateLimit-Reason", r.Reason)
	}
	writeError(w, r.Status, r.Detail)
}

// writeError writes the API's generic error body.
func writeError(w http.ResponseWriter, status int, detail any) {
	writeJSON(w, status, map[string]any{"detail": detail})
}

// writeInvalid writes a 422 as FastAPI does for one invalid field.
func writeInvalid(w http.ResponseWriter, in, field, msg, kind string) {
	writeError(w, http.StatusUnprocessableEntity, []any{map[string]any{"loc": []string{in, field}, "msg": msg, "type": kind}})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // a bug: every body is built here
	}
	writeBody(w, status, text)
}

func writeBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", cmp.Or(h.Get("Content-Type"), "application/json"))
	w.WriteHeader(status)
	w.Write(body)
}

// sleep waits for d and reports whether ctx is still active.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
