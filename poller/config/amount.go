package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"quotatop/model"
)

// ParsePercent reads a part of a whole as a percentage from 0 % to 100 %: "20%".
// The sign may not be left out: 0.2 and 20 would be guesses.
func ParsePercent(text string) (part float64, err error) {
	number, ok := strings.CutSuffix(strings.TrimSpace(text), "%")
	percent, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil || !(percent >= 0 && percent <= 100) {
		return 0, fmt.Errorf("percentage %q: write it like 20%%, from 0%% to 100%%", text)
	}
	return percent / 100, nil
}

// ParseUSD reads an amount of US dollars: "5usd", "$5" or "5".
func ParseUSD(text string) (model.Micros, error) {
	number := strings.TrimSpace(strings.ToLower(text))
	number = strings.TrimPrefix(strings.TrimSuffix(number, "usd"), "$")
	usd, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(usd >= 0) || math.IsInf(usd, 0) {
		return 0, fmt.Errorf("amount %q: write it like 5usd or 0.50usd", text)
	}
	return model.MicrosFromUSD(usd), nil
}
