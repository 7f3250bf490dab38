package ui

import "quotatop/theme"

// digits are the characters of a clock, three lines high.
var digits = map[rune][3]string{
	'0': {"█▀█", "█ █", "▀▀▀"},
	'1': {"▄█ ", " █ ", "▀▀▀"},
	'2': {"▀▀█", "█▀▀", "▀▀▀"},
	'3': {"▀▀█", "▀▀█", "▀▀▀"},
	'4': {"█ █", "▀▀█", "  ▀"},
	'5': {"█▀▀", "▀▀█", "▀▀▀"},
	'6': {"█▀▀", "█▀█", "▀▀▀"},
	'7': {"▀▀█", "  █", "  ▀"},
	'8': {"█▀█", "█▀█", "▀▀▀"},
	'9': {"█▀█", "▀▀█", "▀▀▀"},
	':': {"▄", "▄", " "},
}

// bigHeight and bigWidth are the size of a big clock.
const (
	bigHeight = 3
	bigWidth  = 6*4 + 2*2 - 1
)

// big writes a clock such as 11:55:29 in big figures.
func (a area) big(x, y int, role theme.Role, clock string) {
	for _, char := range clock {
		next := x
		for i, line := range digits[char] {
			next = a.put(x, y+i, role, line)
		}
		x = next + 1
	}
}
