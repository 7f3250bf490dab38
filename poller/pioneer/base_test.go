package pioneer

import "testing"

func TestParseBaseURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.pioneer.ai":        "https://api.pioneer.ai",
		" https://api.pioneer.ai/ ":     "https://api.pioneer.ai",
		"https://example.com/proxy/v2/": "https://example.com/proxy/v2",
		"http://127.0.0.1:8430":         "http://127.0.0.1:8430",
		"http://localhost:8430":         "http://localhost:8430",
		"http://[::1]:8430":             "http://[::1]:8430",
	} {
		if got, err := ParseBaseURL(raw); err != nil || got.String() != want {
			t.Errorf("ParseBaseURL(%q) = %v, %v, want %s", raw, got, err, want)
		}
	}
	for _, raw := range []string{"", "api.pioneer.ai", "ftp://api.pioneer.ai", "http://api.pioneer.ai", "https://", "https://user:pw@api.pioneer.ai",
		"https://api.pioneer.ai?key=x", "http://10.0.0.1", "https://api.pioneer.ai:port", "http://localhost.example.com"} {
		if got, err := ParseBaseURL(raw); err == nil {
			t.Errorf("ParseBaseURL(%q) = %v, want an error", raw, got)
		}
	}
}
