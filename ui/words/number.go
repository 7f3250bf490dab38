// Package words writes the figures of a Snapshot as people read them: numbers,
// money, times, the signs of what is not exact, what is stale and what is worst
// now. The screen, the status line, the report, the gate line and the warnings
// all take their words from here, so that the same figure reads the same
// everywhere.
package words

import (
	"strconv"

	"quotatop/model"
)

// Unknown stands for a figure that is not known. It is never written as a zero.
const Unknown = "–"

// Opt returns write of the value, or Unknown.
func Opt[T any](o model.Opt[T], write func(T) string) string {
	if v, ok := o.Get(); ok {
		return write(v)
	}
	return Unknown
}

// Count writes n with thousands separators: 14,310.
func Count(n int) string {
	if n > -1000 && n < 1000 {
		return strconv.Itoa(n) // which allocates nothing for a small number
	}
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], int64(n), 10)
	var buf [27]byte
	out := buf[:0]
	if n < 0 {
		out, text = append(out, '-'), text[1:]
	}
	for i := range len(text) {
		if i > 0 && (len(text)-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, text[i])
	}
	return string(out)
}

// Calls writes a number of calls: "1 call", "1,200 calls".
func Calls(n int) string {
	if n == 1 {
		return "1 call"
	}
	return Count(n) + " calls"
}

// Short writes n in at most four characters, rounded down: 184, 9999, 14k,
// 1.2M, 15M. It stops at 999G.
func Short(n int) string {
	switch {
	case n < 10_000:
		return strconv.Itoa(n)
	case n < 1_000_000:
		return strconv.Itoa(n/1000) + "k"
	case n < 10_000_000:
		return strconv.Itoa(n/1_000_000) + "." + strconv.Itoa(n/100_000%10) + "M"
	case n < 1_000_000_000:
		return strconv.Itoa(n/1_000_000) + "M"
	}
	return strconv.Itoa(min(n/1_000_000_000, 999)) + "G"
}

// ShortExact writes n in few characters without rounding it: 200, 1k, 1.2k,
// 15k, 1,234.
func ShortExact(n int) string {
	switch {
	case n >= 1000 && n < 1_000_000 && n%1000 == 0:
		return strconv.Itoa(n/1000) + "k"
	case n >= 1_000_000 && n%1_000_000 == 0:
		return Count(n/1_000_000) + "M"
	case n >= 1000 && n < 10_000 && n%100 == 0:
		return strconv.Itoa(n/1000) + "." + strconv.Itoa(n/100%10) + "k"
	}
	return Count(n)
}

// Percent writes a ratio in percent, rounded down to a whole percent, or below
// 1% to a tenth: 100% is not written before it is reached, nor 0% for more than
// nothing. It stops at >999%.
func Percent(ratio float64) string {
	switch tenths := wholePercent(ratio * 10); {
	case ratio > 0 && tenths == 0:
		return "<0.1%"
	case ratio > 0 && tenths < 10:
		return "0." + strconv.Itoa(tenths) + "%"
	case ratio >= 10:
		return ">999%"
	}
	if n := wholePercent(ratio); n >= 0 && n < len(percents) {
		return percents[n]
	}
	return strconv.Itoa(wholePercent(ratio)) + "%"
}

// percents are the percentages that a frame has many of, so that it need not make
// them.
var percents = [...]string{
	"0%", "1%", "2%", "3%", "4%", "5%", "6%", "7%", "8%", "9%", "10%", "11%", "12%", "13%", "14%", "15%", "16%", "17%", "18%", "19%",
	"20%", "21%", "22%", "23%", "24%", "25%", "26%", "27%", "28%", "29%", "30%", "31%", "32%", "33%", "34%", "35%", "36%", "37%", "38%", "39%",
	"40%", "41%", "42%", "43%", "44%", "45%", "46%", "47%", "48%", "49%", "50%", "51%", "52%", "53%", "54%", "55%", "56%", "57%", "58%", "59%",
	"60%", "61%", "62%", "63%", "64%", "65%", "66%", "67%", "68%", "69%", "70%", "71%", "72%", "73%", "74%", "75%", "76%", "77%", "78%", "79%",
	"80%", "81%", "82%", "83%", "84%", "85%", "86%", "87%", "88%", "89%", "90%", "91%", "92%", "93%", "94%", "95%", "96%", "97%", "98%", "99%",
	"100%",
}

// WholePercent is the number that Percent writes, without its tenths and its
// upper end.
func WholePercent(ratio model.Opt[float64]) model.Opt[int] {
	r, ok := ratio.Get()
	if !ok {
		return model.Opt[int]{}
	}
	return model.Some(wholePercent(r))
}

// wholePercent rounds down. The small addend makes up for ratios such as 0.29,
// which no float64 holds.
func wholePercent(ratio float64) int { return int(min(ratio, 1e6)*100 + 1e-9) }
