package words

import (
	"math"
	"strconv"
	"strings"

	"quotatop/model"
)

// Money writes dollars and cents, rounded, with thousands separators:
// $1,031.27. Below ten cents it keeps two significant figures: $0.0012. From a
// million dollars on it rounds down to what fits a pane: $1.2M.
func Money(m model.Micros) string {
	sign := ""
	if m < 0 {
		sign, m = "-", -max(m, -1<<62)
	}
	dollars := int(m / model.Dollar)
	switch {
	case dollars >= 1_000_000_000_000:
		return sign + "$" + Count(dollars/1_000_000_000_000) + "T"
	case dollars >= 1_000_000:
		return sign + "$" + Short(dollars)
	case m > 0 && m < model.Dollar/10:
		return sign + "$" + smallMoney(m)
	}
	cents := int(m+model.Dollar/200) / int(model.Dollar/100)
	text := strconv.Itoa(cents % 100)
	if len(text) == 1 {
		text = "0" + text
	}
	return sign + "$" + Count(cents/100) + "." + text
}

// smallMoney writes less than ten cents with two significant figures, and with
// two decimals at least.
func smallMoney(m model.Micros) string {
	places := 1 - int(math.Floor(math.Log10(m.USD())))
	text := strconv.FormatFloat(m.USD(), 'f', min(places, 6), 64)
	trimmed := strings.TrimRight(text, "0")
	return text[:max(len(trimmed), len("0.00"))]
}

// PerMinute writes a spending rate: $0.09/min.
func PerMinute(m model.Micros) string { return Money(m) + "/min" }

// Amount writes money that may be unknown, with ≈ for an estimate.
func Amount(m model.Opt[model.Micros], estimated bool) string {
	v, ok := m.Get()
	if !ok {
		return Unknown
	}
	return Sign(estimated, false, false) + Money(v)
}

// CapUsed writes what is used of the cap, with ≈ for an estimate.
func CapUsed(c *model.Cap) string { return Amount(c.Used, c.Estimated) }

// CapLeft writes what is left of the cap, with ≈ for an estimate.
func CapLeft(c *model.Cap) string { return Amount(c.Remaining, c.Estimated) }

// CapPercent writes the used part of the cap, with ≈ for an estimate.
func CapPercent(c *model.Cap) string {
	ratio, ok := c.Ratio().Get()
	if !ok {
		return Unknown
	}
	return SignedPercent(Sign(c.Estimated, false, false), ratio)
}
