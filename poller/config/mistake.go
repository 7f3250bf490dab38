package config

import (
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
)

// mismatch matches go-toml's error for a value of the wrong type.
var mismatch = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^cannot decode TOML ([a-z ]+) into .* of type (.+)$`)
})

// plainDecodeError returns the text of an error without Go's type names.
func plainDecodeError(err *toml.DecodeError) string {
	text := strings.TrimPrefix(err.Error(), "toml: ")
	parts := mismatch().FindStringSubmatch(text)
	if parts == nil {
		return text
	}
	var use string
	switch parts[2] {
	case "string", "config.Span", "config.Interval", "config.Size", "config.Notify", "config.URL":
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

// isText reports whether values of a type are strings in the file.
func isText(of reflect.Type) bool {
	return reflect.PointerTo(of).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// notInQuotes returns the key of the first value that should be in quotes but is
// not. go-toml passes numbers to encoding.TextUnmarshaler too, and its error
// then has no position.
func notInQuotes(of reflect.Type, value any) (key []string) {
	switch {
	case isText(of):
		if _, quoted := value.(string); !quoted {
			return []string{}
		}
	case of.Kind() == reflect.Slice:
		list, _ := value.([]any)
		for i, value := range list {
			if key := notInQuotes(of.Elem(), value); key != nil {
				return append([]string{strconv.Itoa(i)}, key...)
			}
		}
	case of.Kind() == reflect.Struct:
		table, _ := value.(map[string]any)
		for i := range of.NumField() {
			name := of.Field(i).Tag.Get("toml")
			value, set := table[name]
			if key := notInQuotes(of.Field(i).Type, value); set && key != nil {
				return append([]string{name}, key...)
			}
		}
	}
	return nil
}
