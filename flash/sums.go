package flash

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
)

// sumUnescapes reverses sumEscapes.
var sumUnescapes = strings.NewReplacer("\\\\", "\\", "\\n", "\n", "\\r", "\r")

// DecodeSums reads a list of sums, as EncodeSums or sha256sum writes it: file names to sums in
// lower-case hex. It returns the numbers of the lines that it cannot parse.
func DecodeSums(r io.Reader) (sums map[string]string, strange []int, err error) {
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
