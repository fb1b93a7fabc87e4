package split

import (
	"crypto/sha256"
	"encoding/hex"
)

// sumOf returns the SHA-256 of b in hex.
func sumOf(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
