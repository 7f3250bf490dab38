package ui

import (
	"math"
	"testing"
	"time"

	"quotatop/model"
)

func check[T any](t *testing.T, what string, f func(T) string, cases map[string][]T) {
	t.Helper()
	for want, args := range cases {
		for _, arg := range args {
			if got := f(arg); got != want {
				t.Errorf("%s(%v) = %q, want %q", what, arg, got, want)
			}
		}
	}
}

func TestWords(t *testing.T) {
	check(t, "count", count, map[string][]int{
		"0": {0}, "999": {999}, "1,000": {1000}, "14,310": {14310}, "1,234,567": {1234567}, "-1,000": {-1000}, "-12": {-12},
		"9,223,372,036,854,775,807": {math.MaxInt}, "-9,223,372,036,854,775,808": {math.MinInt},
	})
	check(t, "shortCount", shortCount, map[string][]int{
		"0": {0}, "9999": {9999}, "10k": {10_000, 10_999}, "999k": {999_999}, "1.2M": {1_299_999}, "15M": {15_900_000}, "2G": {math.MaxInt32}, "999G": {math.MaxInt},
	})
	check(t, "exactShort", exactShort, map[string][]int{
		"200": {200}, "1k": {1000}, "1.2k": {1200}, "15k": {15_000}, "1,234": {1234}, "12,500": {12_500}, "1M": {1_000_000}, "1,500,000": {1_500_000},
	})
	check(t, "money", money, map[string][]model.Micros{
		"$0.00": {0, 4_999}, "$0.01": {5_000, 10_000}, "$31.27": {31_270_000}, "$1,031.50": {1_031_500_000}, "$1.2M": {1_234_567 * model.Dollar},
		"-$2.50": {-2_500_000}, "$1,000.00": {999_999_000}, "$9T": {math.MaxInt64}, "-$4T": {math.MinInt64},
	})
	check(t, "burn", burn, map[string][]model.Micros{"$0.09/min": {90_000}, "$0.0012/min": {1_200}, "$0.00/min": {0}})
	check(t, "percent", func(r float64) string { return percent(r, " %") }, map[string][]float64{
		"0 %": {0}, "<1 %": {0.0001, 0.0099}, "1 %": {0.01}, "99 %": {0.999999}, "100 %": {1}, "109 %": {1.0999}, ">999 %": {10, 1e9}, "29 %": {0.29}, "58 %": {0.58},
	})
	check(t, "countdown", countdown, map[string][]time.Duration{
		"00:00": {0, -time.Hour}, "00:01": {1, time.Second}, "00:07": {6*time.Second + 1}, "59:59": {time.Hour - time.Second},
		"01:00:00": {time.Hour}, "11:55:29": {11*time.Hour + 55*time.Minute + 29*time.Second}, "2 d 00:00:01": {48*time.Hour + time.Second},
	})
	check(t, "longCountdown", longCountdown, map[string][]time.Duration{"00:00:07": {7 * time.Second}, "1 d 00:00:00": {24 * time.Hour}})
	check(t, "rough", rough, map[string][]time.Duration{
		"0 s": {-1, 0, 999 * time.Millisecond}, "99 s": {99 * time.Second}, "1 min": {100 * time.Second}, "99 min": {99 * time.Minute},
		"1 h": {100 * time.Minute}, "47 h": {47 * time.Hour}, "2 d": {48 * time.Hour},
	})
	check(t, "span", span, map[string][]time.Duration{"1m": {time.Minute}, "1h": {time.Hour}, "30s": {30 * time.Second}, "15m": {15 * time.Minute}, "1d": {24 * time.Hour}, "90s": {90 * time.Second}})
}
