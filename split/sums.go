package split

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
)

// sumOf returns the SHA-256 of b in hex.
func sumOf(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// sumUnescapes reverses the escapes of flash.EncodeSums.
var sumUnescapes = strings.NewReplacer("\\\\", "\\", "\\n", "\n", "\\r", "\r")

// decodeSums reads a list of sums. It returns the numbers of the lines that it cannot parse.
func decodeSums(r io.Reader) (sums map[string]string, strange []int, err error) {
	sums = map[string]string{}
	s := bufio.NewScanner(r)
	for line := 1; s.Scan(); line++ {
		text, escaped := strings.CutPrefix(s.Text(), "\\")
		sum, name, ok := strings.Cut(text, " ")
		raw, hexErr := hex.DecodeString(sum)
		if !ok || hexErr != nil || len(raw) != sha256.Size || len(name) < 2 {
			strange = append(strange, line)
			continue
		}
		if name = name[1:]; escaped { // the first character is " " (text) or "*" (binary)
			name = sumUnescapes.Replace(name)
		}
		sums[name] = strings.ToLower(sum)
	}
	return sums, strange, s.Err()
}
