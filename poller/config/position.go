package config

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// position returns the line and column, from 1, of a key in the file: ("theme"),
// ("cap", "usd_per_day"), ("endpoint", "1") for the second [[endpoint]]. For a
// missing key it is the position of what would contain it, or the top.
func position(data []byte, key ...string) (line, column int) {
	line, column = 1, 1
	best := 0 // how many names of key were found
	var p unstable.Parser
	p.Reset(data)
	var table []string
	count := map[string]int{}
	for p.NextExpression() {
		e := p.Expression()
		var names []string
		var at uint32
		for it := e.Key(); it.Next(); {
			if len(names) == 0 {
				at = it.Node().Raw.Offset
			}
			names = append(names, string(it.Node().Data))
		}
		switch e.Kind {
		case unstable.Table:
			table = names
		case unstable.ArrayTable:
			name := strings.Join(names, ".")
			names = append(names, strconv.Itoa(count[name]))
			count[name]++
			table = names
		case unstable.KeyValue:
			names = append(append([]string{}, table...), names...)
		}
		if n := len(names); n > best && n <= len(key) && slices.Equal(names, key[:n]) {
			before := data[:at]
			best, line, column = n, 1+bytes.Count(before, []byte("\n")), int(at)-bytes.LastIndexByte(before, '\n')
		}
	}
	return line, column
}
