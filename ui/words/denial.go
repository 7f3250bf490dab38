package words

import "quotatop/model"

// Denial says what a kind of denial means and what clears it.
func Denial(k model.Kind) string {
	switch k {
	case model.KindRate:
		return "rate limit: clears by waiting"
	case model.KindCap:
		return "spending cap: clears only at the reset"
	case model.KindCredits:
		return "no credits, no card, or a spend limit: action required"
	case model.KindCeiling:
		return "overage ceiling: action required"
	case model.KindAuth:
		return "key refused: invalid, or its allowance is used up"
	case model.KindBusy:
		return "no capacity, or a model is warming up: clears by waiting"
	case model.KindUnknown:
		return "refused, reason not known"
	}
	return string(k)
}

// Endpoint names whose calls were denied, by an endpoint's ID: quotatop's own
// polls where that is empty.
func Endpoint(id string) string {
	if id == "" {
		return "own polls"
	}
	return id
}
