package pioneer

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// Detail is the human text of a response's body, on one line, wherever in the
// body it is; empty when there is none. It does not show these secrets.
func Detail(body []byte, secrets ...string) string {
	said, _ := readBody(nil, body)
	return shown(said.message, maxDetail, secrets)
}

// saying is what a response body says, wherever in the body that is.
type saying struct{ code, message, url string }

// readBody reads a body that was sent with these encodings. It returns false for
// a body that nothing can be said about: one that cannot be decoded, or that is
// JSON cut short. An empty body, or a web page, says nothing and is readable.
func readBody(encodings []string, body []byte) (saying, bool) {
	text, decoded := decode(encodings, body)
	if !decoded {
		text = body[:min(len(body), maxText)] // the header may be wrong
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	var top any
	if json.Unmarshal(text, &top) == nil {
		return find(top, 3), true
	}
	isJSON := len(text) > 0 && (text[0] == '{' || text[0] == '[')
	return saying{}, decoded && !isJSON && utf8.Valid(text)
}

// find looks for a code, a message and a resolution_url in v and the places
// below it that are known to hold them. depth bounds what a hostile body costs.
func find(v any, depth int) saying {
	if depth == 0 {
		return saying{}
	}
	switch v := v.(type) {
	case string:
		return saying{message: v}
	case []any: // a validation error: [{"loc":…,"msg":…}]
		if len(v) > 0 {
			return find(v[0], depth-1)
		}
	case map[string]any:
		var s saying
		s.code, _ = v["code"].(string)
		s.message, _ = v["message"].(string)
		s.url, _ = v["resolution_url"].(string)
		if msg, ok := v["msg"].(string); ok && s.message == "" {
			s.message = msg
		}
		for _, key := range []string{"detail", "error"} {
			inner := find(v[key], depth-1)
			s.code = firstOf(s.code, inner.code)
			s.message = firstOf(s.message, inner.message)
			s.url = firstOf(s.url, inner.url)
		}
		if s.code == "" { // the Anthropic envelope gives its code as a type
			if kind, ok := v["type"].(string); ok && kind != "error" {
				s.code = kind
			}
		}
		return s
	}
	return saying{}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
