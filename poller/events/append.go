package events

import (
	"strconv"
	"unicode/utf8"

	"quotatop/model"
	"quotatop/poller/pioneer"
)

// appendCallEvent appends the line of a call, its fields in the order in which a
// person reads them.
func appendCallEvent(dst []byte, e model.Event) []byte {
	dst = appendTime(append(dst, `{"at":`...), e.At)
	dst = appendField(dst, `,"source":`, e.Source)
	dst = appendField(dst, `,"generator":`, e.Generator)
	c := e.Call
	dst = append(dst, `,"call":{`...)
	if c.Vantage != model.VantageLocal {
		dst = append(appendText(append(dst, `"vantage":`...), string(c.Vantage)), ',')
	}
	if c.Method != "" {
		dst = append(appendText(append(dst, `"method":`...), c.Method), ',')
	}
	dst = appendText(append(dst, `"path":`...), c.Path)
	dst = appendNumber(dst, `,"status":`, int64(c.Status))
	switch {
	case c.Denial != nil:
		dst = appendDenial(append(dst, `,"denial":`...), c.Denial, c.Status)
	case pioneer.MayBeDenied(c.Status):
		dst = append(dst, `,"denial":null`...)
	}
	if c.Cost != 0 {
		dst = strconv.AppendFloat(append(dst, `,"cost_usd":`...), c.Cost.USD(), 'f', -1, 64)
	}
	dst = appendNumber(dst, `,"tokens":`, c.Tokens)
	dst = appendField(dst, `,"model":`, c.Model)
	return append(dst, '}', '}', '\n')
}

func appendDenial(dst []byte, d *model.Denial, status int) []byte {
	dst = appendText(append(dst, `{"kind":`...), string(d.Kind))
	if d.Status != status {
		dst = appendNumber(dst, `,"status":`, int64(d.Status))
	}
	if after, ok := d.RetryAfter.Get(); ok {
		dst = appendSeconds(append(dst, `,"retry_after_s":`...), after)
	}
	dst = appendField(dst, `,"reason":`, d.Reason)
	dst = appendField(dst, `,"detail":`, d.Detail)
	dst = appendField(dst, `,"headers":`, d.Headers)
	dst = appendField(dst, `,"resolution_url":`, d.URL)
	dst = appendNumber(dst, `,"limit":`, int64(d.Limit.Max))
	if d.Limit.Per != 0 {
		dst = appendSeconds(append(dst, `,"per_s":`...), d.Limit.Per)
	}
	return append(dst, '}')
}

// appendField appends a text field, or nothing if it is empty.
func appendField(dst []byte, key, text string) []byte {
	if text == "" {
		return dst
	}
	return appendText(append(dst, key...), text)
}

// appendNumber appends a number field, or nothing if it is 0.
func appendNumber(dst []byte, key string, n int64) []byte {
	if n == 0 {
		return dst
	}
	return strconv.AppendInt(append(dst, key...), n, 10)
}

// appendText appends a JSON string. Invalid UTF-8 becomes U+FFFD.
func appendText(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if plain[c] || c == 0x7f {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeRuneInString(text[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, text[start:i]...)
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= utf8.RuneSelf:
			dst = append(dst, "\ufffd"...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(dst, text[start:]...), '"')
}
