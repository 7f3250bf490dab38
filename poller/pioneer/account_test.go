package pioneer

import (
	"strings"
	"testing"
)

func TestAccountID(t *testing.T) {
	const url, key = "https://api.pioneer.ai", "pio_sk_do_not_show_me"
	one := AccountID(url, key)
	if one != AccountID(url, key) || one == "" || strings.Contains(one, "pio") || strings.ContainsAny(one, "/.") {
		t.Errorf("account %q: want the same each time, fit for a folder's name, without the key", one)
	}
	for _, other := range []string{AccountID(url, key+"2"), AccountID("http://127.0.0.1:8430", key)} {
		if one == other {
			t.Errorf("two accounts share the name %q", one)
		}
	}
}
