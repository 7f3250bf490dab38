package model

import "testing"

// A spending cap does not clear by waiting: only a rate limit or a lack of capacity does.
func TestKindWaits(t *testing.T) {
	for kind, want := range map[Kind]bool{KindRate: true, KindCap: false, KindCredits: false, KindCeiling: false, KindAuth: false, KindBusy: true, KindUnknown: false} {
		if got := kind.Waits(); got != want {
			t.Errorf("%s: Waits = %v, want %v", kind, got, want)
		}
	}
}
