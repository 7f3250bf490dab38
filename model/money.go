package model

import (
	"fmt"
	"math"
	"strconv"
)

// Micros is an amount of money in millionths of a US dollar.
type Micros int64

// Dollar is one US dollar.
const Dollar Micros = 1_000_000

// MicrosFromUSD rounds an amount in dollars to micro-dollars. Amounts beyond ±9e12
// dollars become the nearest that Micros can hold, NaN becomes 0.
func MicrosFromUSD(usd float64) Micros {
	switch micros := math.Round(usd * float64(Dollar)); {
	case math.IsNaN(micros):
		return 0
	case micros >= math.MaxInt64:
		return math.MaxInt64
	case micros <= math.MinInt64:
		return math.MinInt64
	default:
		return Micros(micros)
	}
}

// MicrosFromCredits converts the API's credits: 1 credit is 1 US cent.
func MicrosFromCredits(credits float64) Micros { return MicrosFromUSD(credits / 100) }

// USD returns the amount in dollars, for display.
func (m Micros) USD() float64 { return float64(m) / float64(Dollar) }

// String returns dollars and cents, like $31.27.
func (m Micros) String() string {
	if m < 0 {
		return fmt.Sprintf("-$%.2f", -m.USD())
	}
	return fmt.Sprintf("$%.2f", m.USD())
}

// MarshalJSON writes the amount in dollars.
func (m Micros) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, m.USD(), 'f', -1, 64), nil
}

// UnmarshalJSON reads an amount in dollars.
func (m *Micros) UnmarshalJSON(data []byte) error {
	usd, err := strconv.ParseFloat(string(data), 64)
	if err != nil {
		return fmt.Errorf("amount in dollars: %w", err)
	}
	*m = MicrosFromUSD(usd)
	return nil
}
