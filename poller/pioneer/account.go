package pioneer

import (
	"crypto/sha256"
	"encoding/hex"
)

// AccountID returns a name for the account that a key has at a base URL, for use
// as a folder's name. It is the start of a hash of both and reveals neither. An
// empty key stands for any key.
func AccountID(baseURL, key string) string {
	sum := sha256.Sum256([]byte(baseURL + "\x00" + key))
	return hex.EncodeToString(sum[:6])
}
