package pioneer

import (
	"crypto/sha256"
	"encoding/hex"
)

// AccountID names the account of a key at a base URL, for a folder of its own.
// It is the beginning of a hash of both, so it reveals neither. An empty key
// stands for whichever key is used there.
func AccountID(baseURL, key string) string {
	sum := sha256.Sum256([]byte(baseURL + "\x00" + key))
	return hex.EncodeToString(sum[:6])
}
