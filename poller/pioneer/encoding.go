package pioneer

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// Bounds on decoding a body.
const (
	maxText   = 64 << 10 // bytes of text, or of any layer on the way to it
	maxLayers = 4        // encodings, one in the other
)

// decode takes the encodings of a Content-Encoding header off a body (RFC 9110,
// section 8.4). It returns false when there is one that it does not know or that
// the body does not have. The text is cut short where the body is.
func decode(header []string, body []byte) (text []byte, ok bool) {
	var layers []string
	for _, name := range strings.Split(strings.Join(header, ","), ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		if name != "" && name != "identity" {
			layers = append(layers, name)
		}
	}
	if len(layers) > maxLayers {
		return nil, false
	}
	body = body[:min(len(body), maxText)]
	for _, name := range slices.Backward(layers) { // the last was applied last
		if len(body) == 0 {
			return nil, true // a response without a body has nothing to decode
		}
		if body, ok = decodeLayer(name, body); !ok {
			return nil, false
		}
	}
	return body, true
}

// decodeLayer returns what can be decoded of a body, which may be cut short; false
// when that is nothing.
func decodeLayer(name string, body []byte) (text []byte, ok bool) {
	var r io.Reader
	var err error
	switch name {
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate": // is zlib, though some servers send raw deflate
		if r, err = zlib.NewReader(bytes.NewReader(body)); err != nil {
			r, err = flate.NewReader(bytes.NewReader(body)), nil
		}
	case "br":
		r = brotli.NewReader(bytes.NewReader(withSmallWindow(body)))
	case "zstd":
		text, err = decodeZstd(body)
		return text, err == nil || len(text) > 0
	default:
		return nil, false
	}
	if err != nil {
		return nil, false
	}
	text, err = io.ReadAll(io.LimitReader(r, maxText)) // as far as it goes
	return text, err == nil || len(text) > 0
}

// withSmallWindow returns a brotli stream with a window of 256 kB instead of one of
// up to 16 MB, which a decoder makes room for (RFC 7932, section 9.1: the bits 1nnn,
// from the lowest, are a window of 2^(17+n) bytes). The first maxText bytes are the
// same: they cannot refer to any that are farther back.
func withSmallWindow(body []byte) []byte {
	if first := body[0]; first&1 == 1 && first&0x0e > 2 {
		body = bytes.Clone(body)
		body[0] = first&^0x0e | 2
	}
	return body
}

// decodeZstd decodes in memory of a fixed size, whatever window a frame asks for:
// an encoder that does not know the length of a text asks for megabytes.
func decodeZstd(body []byte) ([]byte, error) {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	return decoder.DecodeAll(body, make([]byte, 0, maxText))
}
