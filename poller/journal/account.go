package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
)

// Folder is the folder below root for the journals of one account: that of a key
// at a base URL. What one account did says nothing of another. The name tells
// neither: it is the beginning of a hash of both.
func Folder(root, baseURL, key string) string {
	sum := sha256.Sum256([]byte(baseURL + "\x00" + key))
	return filepath.Join(root, hex.EncodeToString(sum[:6]))
}
