package flash

import (
	"bytes"
	"fmt"
	"strings"
)

// Written is what became of one output.
type Written struct {
	ManifestFile
	Omitted bool // no file was made: it holds zeros only, and the output asked for that
}

// Fill completes a record by what a mover found out: Files, and for entries that name
// an output its SHA256, or Zero instead of File when the output was left out.
func (m *Manifest) Fill(written []Written) {
	byName := make(map[string]*Written, len(written))
	m.Files = nil
	for i := range written {
		w := &written[i]
		byName[w.Name] = w
		if !w.Omitted {
			m.Files = append(m.Files, w.ManifestFile)
		}
	}
	for i := range m.Entries {
		e := &m.Entries[i]
		w := byName[e.File]
		switch {
		case w == nil:
		case w.Omitted:
			e.File, e.Zero = "", true
		default:
			e.SHA256 = w.SHA256
		}
	}
}

// sumEscapes is how coreutils writes names that would break a line: the line begins
// with a backslash, and these characters are escaped.
var sumEscapes = strings.NewReplacer("\\", "\\\\", "\n", "\\n", "\r", "\\r")

// EncodeSums writes the list that sha256sum -c reads. It returns nil when there is
// nothing to list or a file has no sum: half a list would promise too much.
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
