package config

import (
	"encoding"
	"strings"
	"testing"

	"quotatop/model"
)

// parsed reads a value from text.
func parsed[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](text string) (value T, err error) {
	err = P(&value).UnmarshalText([]byte(text))
	return value, err
}

func TestParsePercent(t *testing.T) {
	for text, want := range map[string]float64{"20%": 0.2, " 7.5 % ": 0.075, "0%": 0, "100%": 1} {
		if got, err := parsed[Percent](text); err != nil || got.Fraction != want {
			t.Errorf("percentage %q is %g, %v; want %g", text, got.Fraction, err, want)
		}
	}
	for _, text := range []string{"", "%", "20", "0.2", "-1%", "101%", "NaN%", "20%%", "much"} {
		if got, err := parsed[Percent](text); err == nil || !strings.Contains(err.Error(), "20%") {
			t.Errorf("percentage %q is %g, %v; want an error that says how to write it", text, got.Fraction, err)
		}
	}
}

func TestParseUSD(t *testing.T) {
	for text, want := range map[string]model.Micros{"5usd": 5 * model.Dollar, "$0.50": model.Dollar / 2, "12": 12 * model.Dollar, "5 USD": 5 * model.Dollar} {
		if got, err := parsed[USD](text); err != nil || got.Micros != want {
			t.Errorf("amount %q is %v, %v; want %v", text, got.Micros, err, want)
		}
	}
	for _, text := range []string{"", "usd", "-5usd", "5eur", "NaN", "Inf", "$"} {
		if got, err := parsed[USD](text); err == nil || !strings.Contains(err.Error(), "5usd") {
			t.Errorf("amount %q is %v, %v; want an error that says how to write it", text, got.Micros, err)
		}
	}
}
