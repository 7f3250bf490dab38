package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"quotatop/model"
)

// A Percent is a fraction from 0 to 1, written as a percentage: "20%". The sign
// is required, because 0.2 and 20 are ambiguous.
type Percent struct{ Fraction float64 }

// UnmarshalText reads a percentage from 0% to 100%.
func (p *Percent) UnmarshalText(text []byte) error {
	number, ok := strings.CutSuffix(strings.TrimSpace(string(text)), "%")
	percent, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil || !(percent >= 0 && percent <= 100) {
		return fmt.Errorf("percentage %q: write it like 20%%, from 0%% to 100%%", text)
	}
	p.Fraction = percent / 100
	return nil
}

// A USD is an amount of US dollars: "5usd", "$5" or "5".
type USD struct{ Micros model.Micros }

// UnmarshalText reads a non-negative amount.
func (u *USD) UnmarshalText(text []byte) error {
	number := strings.TrimSpace(strings.ToLower(string(text)))
	number = strings.TrimPrefix(strings.TrimSuffix(number, "usd"), "$")
	usd, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(usd >= 0) || math.IsInf(usd, 0) {
		return fmt.Errorf("amount %q: write it like 5usd or 0.50usd", text)
	}
	u.Micros = model.MicrosFromUSD(usd)
	return nil
}
