package words

import (
	"time"

	"quotatop/model"
)

// FreshAge is how old a figure may be without its age being shown. Whether it is
// stale is another question, see model.Snapshot.Stale.
const FreshAge = 5 * time.Second

// Age returns how old a figure is, and whether that is worth showing. An unknown
// time is not.
func Age(s *model.Snapshot, asOf model.Opt[time.Time]) (age time.Duration, old bool) {
	t, ok := asOf.Get()
	if !ok {
		return 0, false
	}
	age = s.At.Sub(t)
	return age, age > FreshAge
}
