package ui

import "quotatop/theme"

// digits are the characters of times and percentages, three lines high: five dots, two
// of them in a cell, and one left blank.
var digits = map[rune][bigHeight]string{
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
	'%': {"▀ █", "▄▀ ", "▀ ▀"},
	's': {"▄▄▄", "▀ ▄", "▀▀▀"},
	'm': {"▄▄▄▄▄", "█ █ █", "▀ ▀ ▀"},
	'h': {"█  ", "█▀█", "▀ ▀"},
	'd': {"  █", "█▀█", "▀▀▀"},
	' ': {" ", " ", " "},
}

// bigHeight is the height of big characters, hugeHeight that of characters whose dots
// are whole cells, two beside each other.
const (
	bigHeight  = 3
	hugeHeight = 5
)

// bigWidth returns the width of a text in big characters; false if it has others than
// they are made for.
func bigWidth(text string) (w int, ok bool) {
	for _, char := range text {
		shape, known := digits[char]
		if !known {
			return 0, false
		}
		w += width(shape[0]) + 1
	}
	return w - 1, true
}

// big writes a text such as 11:55:29 in big characters and returns the position after it.
func (a area) big(x, y int, role theme.Role, text string) int {
	for _, char := range text {
		next := x
		for i, line := range digits[char] {
			next = a.put(x, y+i, role, line)
		}
		x = next + 1
	}
	return x - 1
}

// huge is big in characters of twice the size.
func (a area) huge(x, y int, role theme.Role, text string) int {
	for _, char := range text {
		next := x
		for i, line := range digits[char] {
			next = x
			for _, dots := range line {
				if dots == '▀' || dots == '█' {
					a.fill(next, y+2*i, 2, role, '█')
				}
				if dots == '▄' || dots == '█' {
					a.fill(next, y+2*i+1, 2, role, '█')
				}
				next += 2
			}
		}
		x = next + 2
	}
	return x - 2
}
