package config

import (
	"strings"
	"testing"

	"quotatop/model"
)

func TestParsePercent(t *testing.T) {
	for text, want := range map[string]float64{"20%": 0.2, " 7.5 % ": 0.075, "0%": 0, "100%": 1} {
		if got, err := ParsePercent(text); err != nil || got != want {
			t.Errorf("ParsePercent(%q) = %g, %v; want %g", text, got, err, want)
		}
	}
	for _, text := range []string{"", "%", "20", "0.2", "-1%", "101%", "NaN%", "20%%", "much"} {
		if got, err := ParsePercent(text); err == nil || !strings.Contains(err.Error(), "20%") {
			t.Errorf("ParsePercent(%q) = %g, %v; want an error that says how to write it", text, got, err)
		}
	}
}

func TestParseUSD(t *testing.T) {
	for text, want := range map[string]model.Micros{"5usd": 5 * model.Dollar, "$0.50": model.Dollar / 2, "12": 12 * model.Dollar, "5 USD": 5 * model.Dollar} {
		if got, err := ParseUSD(text); err != nil || got != want {
			t.Errorf("ParseUSD(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "usd", "-5usd", "5eur", "NaN", "Inf", "$"} {
		if got, err := ParseUSD(text); err == nil || !strings.Contains(err.Error(), "5usd") {
			t.Errorf("ParseUSD(%q) = %v, %v; want an error that says how to write it", text, got, err)
		}
	}
}
