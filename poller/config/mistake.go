package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// A mistake is something wrong at a place in the file.
type mistake struct {
	line, column int
	text         string
}

func (m *mistake) Error() string { return fmt.Sprintf("%d:%d: %s", m.line, m.column, m.text) }

// mismatch is how go-toml says that a value has the wrong type, in Go's words.
var mismatch = regexp.MustCompile(`^cannot decode TOML ([a-z ]+) into .* of type (.+)$`)

// plain is what is wrong with the file, in words that are not Go's.
func plain(err *toml.DecodeError) string {
	text := strings.TrimPrefix(err.Error(), "toml: ")
	parts := mismatch.FindStringSubmatch(text)
	if parts == nil {
		return text
	}
	var use string
	switch parts[2] {
	case "string", "config.Span", "config.Size", "config.Notify":
		use = "text in quotes"
	case "int":
		use = "a whole number"
	case "float64":
		use = "a number"
	case "bool":
		use = "true or false"
	case "[]string":
		use = `an array like ["a", "b"]`
	default:
		use = "a table"
	}
	return fmt.Sprintf("%s in the wrong place: use %s", parts[1], use)
}
