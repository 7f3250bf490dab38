package events

import (
	"errors"
	"time"

	"quotatop/model"
)

// What can be wrong with a beat.
var (
	errNoGenerator = errors.New("event line: a beat names its generator")
	errCount       = errors.New("event line: a beat's counts are not negative")
)

type beatJSON struct {
	Run           string  `json:"run,omitempty"`
	Version       string  `json:"version,omitempty"`
	Boot          string  `json:"boot,omitempty"`
	To            stamp   `json:"to,omitzero"`
	Ended         bool    `json:"ended,omitempty"`
	Egress        string  `json:"egress,omitempty"`
	EgressAssumed bool    `json:"egress_assumed,omitempty"`
	ClockOffset   seconds `json:"clock_offset_s,omitempty"`
	ClockError    seconds `json:"clock_error_s,omitempty"`
	Missing       int     `json:"missing,omitempty"`
	Dropped       int     `json:"dropped,omitempty"`
	Place         string  `json:"place,omitempty"`
}

func newBeatJSON(b *model.Beat) *beatJSON {
	return &beatJSON{
		Run: b.Run, Version: b.Version, Boot: b.Boot, To: stamp(b.To), Ended: b.Ended, Egress: b.Egress, EgressAssumed: b.EgressAssumed,
		ClockOffset: seconds(b.ClockOffset), ClockError: seconds(b.ClockError), Missing: b.Missing, Dropped: b.Dropped, Place: b.Place,
	}
}

// beat returns the beat of a generator.
func (b *beatJSON) beat(generator string) (*model.Beat, error) {
	switch {
	case generator == "":
		return nil, errNoGenerator
	case b.Missing < 0 || b.Dropped < 0:
		return nil, errCount
	}
	return &model.Beat{
		Run: b.Run, Version: b.Version, Boot: b.Boot, To: time.Time(b.To), Ended: b.Ended, Egress: b.Egress, EgressAssumed: b.EgressAssumed,
		ClockOffset: time.Duration(b.ClockOffset), ClockError: time.Duration(b.ClockError), Missing: b.Missing, Dropped: b.Dropped, Place: b.Place,
	}, nil
}
