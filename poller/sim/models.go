package sim

import (
	"math/rand/v2"
	"strings"
)

// The models that the log depends on. Prices and token counts give costs like
// those observed.
const (
	modelHaiku    = "claude-haiku-4-5"
	modelOpus     = "claude-opus-4-7"
	modelDeepSeek = "deepseek-ai/DeepSeek-V4-Flash"
	modelGLiNER   = "fastino/gliner2-base-v1"
)

// A tariff is the size and price of a model's calls.
type tariff struct {
	least, most int   // tokens per call
	price       int64 // micro-dollars per thousand tokens
}

// defaultModel returns the model of a call that does not name one.
func defaultModel(path string) string {
	switch path {
	case chatPath, "/v1/completions", "/v1/responses", "/v1/messages":
		return modelHaiku
	}
	if strings.Contains(path, "/generate") || strings.Contains(path, "/training") {
		return modelDeepSeek
	}
	return modelGLiNER
}

func tariffOf(model string) tariff {
	switch model {
	case modelHaiku:
		return tariff{18, 70, 3_280}
	case modelOpus:
		return tariff{150, 550, 20_140}
	case modelDeepSeek:
		return tariff{200, 900, 190}
	case modelGLiNER:
		return tariff{40, 140, 880}
	}
	return tariff{50, 300, 1_000}
}

// judgeTariff returns the tariff of the call that judges an answer of Opus.
func judgeTariff() tariff { return tariff{75_000, 85_000, 190} }

func (t tariff) draw(rng *rand.Rand) int { return t.least + rng.IntN(t.most-t.least+1) }

// cost returns the cost in micro-dollars, at least 1.
func (t tariff) cost(tokens int) int64 { return max(int64(tokens)*t.price/1000, 1) }

// usd converts micro-dollars to dollars, and credits to cents.
func usd(micro int64) float64     { return float64(micro) / 1e6 }
func credits(micro int64) float64 { return float64(micro) / 1e4 }
