package flash

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// SumsName is the list of SHA-256 sums beside a manifest, as sha256sum(1) reads it.
const SumsName = "SHA256SUMS"

// maxSums is the size limit of a list of sums, bytes: no manifest has as many files.
const maxSums = maxManifest

// sumEscapes escapes names like coreutils: a line with such a character begins with a backslash.
var (
	sumEscapes   = strings.NewReplacer("\\", "\\\\", "\n", "\\n", "\r", "\\r")
	sumUnescapes = strings.NewReplacer("\\\\", "\\", "\\n", "\n", "\\r", "\r")
)

// EncodeSums returns the list that sha256sum -c reads. It returns nil if there are no files, or
// if a file has no sum, because an incomplete list would look like a complete one.
func EncodeSums(files []ManifestFile) []byte {
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

// Sums is a list of sums that was read.
type Sums struct {
	Of      map[string]string // file name → SHA-256 in hex
	Strange []int             // numbers of the lines that are not a sum
}

// DecodeSums reads a list of sums. The error is that of r.
func DecodeSums(r io.Reader) (Sums, error) {
	sums := Sums{Of: map[string]string{}}
	s := bufio.NewScanner(io.LimitReader(r, maxSums))
	for line := 1; s.Scan(); line++ {
		text, escaped := strings.CutPrefix(s.Text(), "\\")
		sum, name, ok := strings.Cut(text, " ")
		raw, err := hex.DecodeString(sum)
		if !ok || err != nil || len(raw) != 32 || len(name) < 2 {
			sums.Strange = append(sums.Strange, line)
			continue
		}
		if name = name[1:]; escaped { // the first character is " " (text) or "*" (binary)
			name = sumUnescapes.Replace(name)
		}
		sums.Of[name] = strings.ToLower(sum)
	}
	return sums, s.Err()
}

// CheckSums compares a list of sums with the manifest. In is the list, nil if there is none; a
// manifest with a sum for each file must have one.
func (m *Manifest) CheckSums(in io.Reader) (ps Problems) {
	expected := EncodeSums(m.Files) != nil
	if in == nil {
		if expected {
			ps.Add(Error, SumsName, "is missing")
		}
		return ps
	}
	sums, err := DecodeSums(in)
	if err != nil {
		ps.Add(Error, SumsName, "%v", err)
	}
	if len(sums.Strange) > 0 {
		ps.Add(Error, SumsName, "line %d is not a sum", sums.Strange[0])
	}
	for _, f := range m.Files {
		if got, ok := sums.Of[f.Name]; !ok && expected {
			ps.Add(Error, SumsName, "does not list %s", f.Name)
		} else if ok && got != f.SHA256 {
			ps.Add(Error, SumsName, "has another sum for %s than the manifest", f.Name)
		}
		delete(sums.Of, f.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(sums.Of)) {
		ps.Add(Warning, SumsName, "lists %q, which is not in the manifest", name)
	}
	return ps
}
