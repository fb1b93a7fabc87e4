package flash

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
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

// Public returns what of the record everybody may read, when those files are private:
// nothing of their content, no sum that covers it, nothing that the phone said of itself,
// and no name that the user gave a file: people name dumps by the IMEI. The private files
// count as left out.
func (m *Manifest) Public(private func(file string) bool) *Manifest {
	out := *m
	out.Phone, out.Sources, out.Entries, out.Files = nil, slices.Clone(m.Sources), slices.Clone(m.Entries), nil
	names := m.publicNames()
	for i := range out.Sources {
		out.Sources[i].Name, out.Sources[i].SHA256 = names[i], ""
	}
	for i := range out.Entries {
		e := &out.Entries[i]
		e.Guess = "" // labels are what somebody wrote into the phone
		if j := slices.IndexFunc(m.Sources, func(s ManifestSource) bool { return s.Name == string(e.Witness) }); j >= 0 {
			e.Witness = Witness(names[j])
		}
		if e.File != "" && private(e.File) {
			e.File, e.Skipped = "", e.Present > 0
		}
		if e.Skipped {
			e.File, e.SHA256, e.Zero = "", "", false
		}
	}
	for _, f := range m.Files {
		if !private(f.Name) {
			out.Files = append(out.Files, f)
		}
	}
	out.Complete = m.Complete && out.Covers()
	out.Whole = m.Complete && !out.Complete
	out.Problems = slices.DeleteFunc(slices.Clone(m.Problems), func(p Problem) bool { return p.Severity == Note })
	for i := range out.Problems {
		p := &out.Problems[i]
		for j, s := range m.Sources {
			p.Place = renamed(p.Place, s.Name, names[j])
			p.Text = renamed(p.Text, s.Name, names[j])
		}
	}
	return &out
}

// publicNames names the sources by region; those of one file share the name of its first.
func (m *Manifest) publicNames() []string {
	names := make([]string, len(m.Sources))
	for i, s := range m.Sources {
		names[i] = string(s.Region)
		for j, first := range m.Sources[:i] {
			if first.Name == s.Name && first.Offset != s.Offset {
				names[i] = names[j]
				break
			}
		}
	}
	return names
}

// renamed replaces a name where it stands as a word of its own.
func renamed(text, name, by string) string {
	if name == "" || !strings.Contains(text, name) {
		return text
	}
	word := regexp.MustCompile(`(^|[^\pL\pN_])` + regexp.QuoteMeta(name) + `($|[^\pL\pN_])`)
	return word.ReplaceAllString(text, "${1}"+by+"${2}")
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
