package split

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// sumOf returns the SHA-256 of b in hex.
func sumOf(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// sumEscapes is how coreutils writes names that would break a line: the line begins
// with a backslash, and these characters are escaped.
var sumEscapes = strings.NewReplacer("\\", "\\\\", "\n", "\\n", "\r", "\\r")

var sumUnescapes = strings.NewReplacer("\\\\", "\\", "\\n", "\n", "\\r", "\r")

// encodeSums writes the list that sha256sum -c reads. It returns nil when there is
// nothing to list or a file has no sum: half a list would promise too much.
func encodeSums(files []flash.ManifestFile) []byte {
	var b bytes.Buffer
	for _, f := range files {
		if f.SHA256 == "" {
			return nil
		}
		name, mark := sumEscapes.Replace(f.Name), ""
		if name != f.Name {
			mark = "\\"
		}
		fmt.Fprintf(&b, "%s%s  %s\n", mark, f.SHA256, name)
	}
	return b.Bytes()
}

// decodeSums reads a list of sums; lines it does not understand are returned by number.
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
