package words

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

func TestNumbers(t *testing.T) {
	check(t, "Count", Count, map[string][]int{
		"0": {0}, "999": {999}, "1,000": {1000}, "14,310": {14310}, "1,234,567": {1234567}, "-1,000": {-1000}, "-1,234": {-1234}, "-12": {-12},
		"9,223,372,036,854,775,807": {math.MaxInt}, "-9,223,372,036,854,775,808": {math.MinInt},
	})
	check(t, "Calls", Calls, map[string][]int{"0 calls": {0}, "1 call": {1}, "1,200 calls": {1200}})
	check(t, "Short", Short, map[string][]int{
		"0": {0}, "9999": {9999}, "10k": {10_000, 10_999}, "999k": {999_999}, "1.2M": {1_299_999}, "15M": {15_900_000}, "2G": {math.MaxInt32}, "999G": {math.MaxInt},
	})
	check(t, "ShortExact", ShortExact, map[string][]int{
		"200": {200}, "1k": {1000}, "1.2k": {1200}, "15k": {15_000}, "1,234": {1234}, "12,500": {12_500}, "1M": {1_000_000}, "1,500,000": {1_500_000},
	})
	check(t, "Percent", Percent, map[string][]float64{
		"0%": {0}, "<0.1%": {0.0001, 0.0009}, "0.4%": {0.004, 0.00499}, "0.9%": {0.0099}, "1%": {0.01, 0.0199}, "99%": {0.999, 0.999999}, "100%": {1},
		"103%": {1.034}, "109%": {1.0999}, ">999%": {10, 1e9, math.Inf(1)}, "29%": {0.29}, "58%": {0.58}, "0.7%": {0.007},
	})
	if got := Opt(model.Opt[int]{}, Count) + Opt(model.Some(1200), Count); got != "–1,200" {
		t.Errorf("Opt = %q", got)
	}
	if got := WholePercent(model.Some(0.29)); got != model.Some(29) || WholePercent(model.Opt[float64]{}).Known() {
		t.Errorf("WholePercent(0.29) = %v", got)
	}
}

func TestMoney(t *testing.T) {
	check(t, "Money", Money, map[string][]model.Micros{
		"$0.00": {0}, "$0.005": {4_999, 5_000}, "$0.01": {10_000}, "$0.012": {12_000}, "$0.09": {90_000}, "$0.10": {99_999, 100_000}, "$0.000042": {42}, "$0.000001": {1},
		"$31.27": {31_270_000}, "$1,031.50": {1_031_500_000}, "$1,234.56": {1_234_560_000}, "$1.2M": {1_234_567 * model.Dollar},
		"-$2.50": {-2_500_000}, "$1,000.00": {999_999_000}, "$9T": {math.MaxInt64}, "-$4T": {math.MinInt64},
	})
	check(t, "PerMinute", PerMinute, map[string][]model.Micros{"$0.09/min": {90_000}, "$0.0012/min": {1_200}, "$0.00/min": {0}})
	exact := model.Cap{Used: model.Some(45 * model.Dollar), Limit: model.Some(50 * model.Dollar), Remaining: model.Some(5 * model.Dollar)}
	estimate, unknown := exact, model.Cap{Estimated: true}
	estimate.Estimated = true
	for _, tt := range []struct {
		cap                 model.Cap
		used, left, percent string
	}{
		{exact, "$45.00", "$5.00", "90%"}, {estimate, "≈$45.00", "≈$5.00", "≈90%"}, {unknown, "–", "–", "–"},
	} {
		if used, left, percent := CapUsed(&tt.cap), CapLeft(&tt.cap), CapPercent(&tt.cap); used != tt.used || left != tt.left || percent != tt.percent {
			t.Errorf("%+v: %q used, %q left, %q; want %q, %q, %q", tt.cap, used, left, percent, tt.used, tt.left, tt.percent)
		}
	}
}

func TestTimes(t *testing.T) {
	check(t, "Coarse", Coarse, map[string][]time.Duration{
		"0s": {-1, 0, 999 * time.Millisecond}, "99s": {99 * time.Second}, "1m": {100 * time.Second}, "99m": {99 * time.Minute},
		"1h": {100 * time.Minute}, "47h": {47 * time.Hour}, "2d": {48 * time.Hour},
	})
	check(t, "Duration", Duration, map[string][]time.Duration{
		"0s": {0}, "0.1s": {40 * time.Millisecond}, "1m": {59600 * time.Millisecond}, "3m20s": {200 * time.Second}, "1d2h": {26 * time.Hour}, "2h5m": {125*time.Minute + time.Second},
	})
	check(t, "Span", Span, map[string][]time.Duration{"1m": {time.Minute}, "1h": {time.Hour}, "30s": {30 * time.Second}, "15m": {15 * time.Minute}, "1d": {24 * time.Hour}, "90s": {90 * time.Second}})
	check(t, "Per", Per, map[string][]time.Duration{"a minute": {time.Minute}, "an hour": {time.Hour}, "a day": {24 * time.Hour}, "per 30s": {30 * time.Second}})
	check(t, "Countdown", Countdown, map[string][]time.Duration{
		"00:00": {0, -time.Hour}, "00:01": {1, time.Second}, "00:07": {6*time.Second + 1}, "59:59": {time.Hour - time.Second},
		"01:00:00": {time.Hour}, "11:55:29": {11*time.Hour + 55*time.Minute + 29*time.Second}, "2d 00:00:01": {48*time.Hour + time.Second},
	})
	check(t, "LongCountdown", LongCountdown, map[string][]time.Duration{"00:00:07": {7 * time.Second}, "1d 00:00:00": {24 * time.Hour}})
	check(t, "ShortCountdown", ShortCountdown, map[string][]time.Duration{
		"0s": {0, -time.Hour}, "41s": {40*time.Second + 1}, "0:01": {59*time.Second + 1, time.Minute}, "0:05": {5 * time.Minute},
		"11:55": {11*time.Hour + 55*time.Minute + 29*time.Second}, "47:59": {48*time.Hour - time.Minute}, "12d": {300 * time.Hour},
	})
	noon := time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)
	check(t, "Ago", func(d time.Duration) string { return Ago(noon, noon.Add(-d)) }, map[string][]time.Duration{
		"now": {-time.Hour, 0, 999 * time.Millisecond}, "1s ago": {time.Second}, "3m ago": {200 * time.Second},
	})
	check(t, "Day", func(d time.Duration) string { return Day(noon, noon.Add(d)) }, map[string][]time.Duration{
		"12:00": {0}, "23:59": {12*time.Hour - time.Second}, "18 Jun 00:00": {12 * time.Hour}, "16 Jun 23:59": {-12*time.Hour - time.Second},
	})
}

func TestSigns(t *testing.T) {
	wall := func(u *model.LimitUsage) model.Wall { // calls are refused if some were rejected
		s := model.Snapshot{At: now, Endpoints: []model.EndpointUsage{{ID: "chat", Limits: []model.LimitUsage{*u}}}}
		if u.Rejected.Known() {
			s.Denials = []model.DenialGroup{{Kind: model.KindRate, Endpoint: "chat", At: now}}
		}
		s.Walls = model.WallsOf(&s)
		w, _ := s.WallOf("chat", u)
		return w
	}
	for _, tt := range []struct {
		name                             string
		u                                model.LimitUsage
		used, percent, headroom, against string
	}{
		{"exact", model.LimitUsage{Used: model.Some(812)}, "812", "81%", "18%", "812 of 1,000 in 1m"},
		{"estimate", model.LimitUsage{Used: model.Some(812), Estimated: true}, "≈812", "≈81%", "≈18%", "≈812 of 1,000 in 1m"},
		{"at most", model.LimitUsage{Used: model.Some(812), UpperBound: true}, "≤812", "≤81%", "≥18%", "≤812 of 1,000 in 1m"},
		{"at least", model.LimitUsage{Used: model.Some(812), LowerBound: true}, "≥812", "≥81%", "≤18%", "≥812 of 1,000 in 1m"},
		{"estimate of a bound", model.LimitUsage{Used: model.Some(812), Estimated: true, UpperBound: true}, "≈812", "≈81%", "≈18%", "≈812 of 1,000 in 1m"},
		{"unknown", model.LimitUsage{UpperBound: true}, "–", "–", "–", "– of 1,000 in 1m"},
		{"rejecting", model.LimitUsage{Used: model.Some(812), UpperBound: true, Rejected: model.Some(3)}, "≤812", "≤81%", "0%", "≤812 of 1,000 in 1m"},
		{"almost all", model.LimitUsage{Used: model.Some(999)}, "999", "99%", "0.1%", "999 of 1,000 in 1m"},
		{"over", model.LimitUsage{Used: model.Some(1090), Estimated: true}, "≈1,090", "≈109%", "≈0%", "≈1,090 of 1,000 in 1m"},
	} {
		tt.u.Limit, tt.u.PerS = 1000, 60
		if used, percent, headroom, against := Used(&tt.u), UsedPercent(&tt.u), Headroom(&tt.u, wall(&tt.u)), UsedOf(&tt.u); used != tt.used || percent != tt.percent || headroom != tt.headroom || against != tt.against {
			t.Errorf("%s: %q, %q, %q, %q; want %q, %q, %q, %q", tt.name, used, percent, headroom, against, tt.used, tt.percent, tt.headroom, tt.against)
		}
	}
	for _, tt := range []struct {
		sign  string
		ratio float64
		want  string
	}{
		{"≈", 0.0001, "<0.1%"}, {"≤", 0.0001, "<0.1%"}, {"≥", 0.0001, "≥0%"}, {"≥", 0.005, "≥0.5%"},
		{"≈", 20, ">999%"}, {"≥", 20, ">999%"}, {"≤", 20, "≤2000%"}, {"≈", 0, "≈0%"},
	} {
		if got := SignedPercent(tt.sign, tt.ratio); got != tt.want {
			t.Errorf("SignedPercent(%q, %v) = %q, want %q", tt.sign, tt.ratio, got, tt.want)
		}
	}
}
