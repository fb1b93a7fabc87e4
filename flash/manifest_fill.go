package flash

import (
	"regexp"
	"slices"
	"strings"
)

// Written describes one output that was written.
type Written struct {
	ManifestFile
	Omitted bool // no file was made, because the output is all zeros and may be omitted
	Damaged bool // no file was made, because the image cannot be read
}

// Fill completes a record with the results of a mover: it sets Files, and for each entry of an
// output its SHA256, or Zero instead of File if the output was omitted. The bytes of
// an entry whose image cannot be read count as unread.
func (m *Manifest) Fill(written []Written) {
	byName := make(map[string]*Written, len(written))
	m.Files = nil
	for i := range written {
		w := &written[i]
		byName[w.Name] = w
		if !w.Omitted && !w.Damaged {
			m.Files = append(m.Files, w.ManifestFile)
		}
	}
	for i := range m.Entries {
		e := &m.Entries[i]
		w := byName[e.File]
		switch {
		case w == nil:
		case w.Damaged:
			e.File, e.Skipped, m.Complete = "", true, false
			if src := m.Source(e.Region); src != nil {
				src.Unread = Union(src.Unread, []Extent{{Offset: e.Offset, Length: e.Present}})
			}
		case w.Omitted:
			e.File, e.Zero = "", true
		default:
			e.SHA256 = w.SHA256
		}
	}
}

// Guessed reports whether the rows are guesses from the content of the dump, which no table has.
func (m *Manifest) Guessed() bool { return m.Table.IsGuess() }

// Public returns the record without everything that is private, given which files are private:
// it has nothing about their content, no sum of a range with them, nothing that the phone
// reported about itself, and no file name that the user gave, because people name dumps by the
// IMEI. The private files count as left out.
func (m *Manifest) Public(private func(file string) bool) *Manifest {
	out := *m
	out.Phone, out.Sources, out.Entries, out.Files = nil, slices.Clone(m.Sources), slices.Clone(m.Entries), nil
	names := m.publicNames()
	for i := range out.Sources {
		out.Sources[i].Name, out.Sources[i].SHA256 = names[i], ""
	}
	for i := range out.Entries {
		e := &out.Entries[i]
		e.Guess = "" // labels may be private
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
	out.Problems = AtLeast(Warning, m.Problems)
	for i := range out.Problems {
		p := &out.Problems[i]
		for j, s := range m.Sources {
			p.Place = renamed(p.Place, s.Name, names[j])
			p.Text = renamed(p.Text, s.Name, names[j])
		}
	}
	return &out
}

// publicNames names the sources by region. Sources in one file have the name of the file's first
// region.
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

// renamed replaces a name where it is a whole word.
func renamed(text, name, by string) string {
	if name == "" || !strings.Contains(text, name) {
		return text
	}
	word := regexp.MustCompile(`(^|[^\pL\pN_])` + regexp.QuoteMeta(name) + `($|[^\pL\pN_])`)
	return word.ReplaceAllString(text, "${1}"+by+"${2}")
}
