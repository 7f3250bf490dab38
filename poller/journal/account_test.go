package journal

import (
	"strings"
	"testing"
)

func TestFolderOfAnAccount(t *testing.T) {
	const url, key = "https://api.pioneer.ai", "pio_sk_do_not_show_me"
	one := Folder("/state", url, key)
	if one != Folder("/state", url, key) || !strings.HasPrefix(one, "/state/") || strings.Contains(one, "pio") {
		t.Errorf("folder %q: want the same each time, below its root, without the key", one)
	}
	for _, other := range []string{Folder("/state", url, key+"2"), Folder("/state", "http://127.0.0.1:8430", key)} {
		if one == other {
			t.Errorf("two accounts share the folder %q", one)
		}
	}
}
