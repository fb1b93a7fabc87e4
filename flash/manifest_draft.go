package flash

import (
	"cmp"
	"slices"
)

// TakeDraft makes a manifest of a draft, for the files that are there. An omitted file was left
// out because it has only zeros. The bytes of every other file that is not there count as unread;
// their names are returned, in order.
func (m *Manifest) TakeDraft(there, omitted func(file string) bool) (lost []string) {
	m.Draft = false
	var files []ManifestFile
	for _, f := range m.Files {
		switch {
		case there(f.Name):
			files = append(files, f)
		case !omitted(f.Name):
			lost = append(lost, f.Name)
		}
	}
	m.Files = files
	entries := m.Entries[:0:0]
	for _, e := range m.Entries {
		switch {
		case e.File == "" || there(e.File):
		case omitted(e.File):
			e.File, e.SHA256, e.Zero = "", "", true
		case !e.Kind.IsDump() && e.Kind != KindSealed: // a copy
			continue
		default:
			if e.Kind == KindSealed {
				e.Kind, e.Was = cmp.Or(e.Was, KindPartition), ""
			}
			e.File, e.SHA256 = "", ""
			if s := m.Source(e.Region); s != nil && e.Present > 0 {
				s.Unread = Union(s.Unread, []Extent{e.AtHand()})
			}
		}
		entries = append(entries, e)
	}
	m.Entries = entries
	m.Complete = m.Complete && len(lost) == 0
	return lost
}

// NewDraft returns the draft of a manifest whose files are not written yet.
func (m *Manifest) NewDraft(files []ManifestFile) *Manifest {
	out := *m
	out.Draft, out.Files, out.Entries = true, files, slices.Clone(m.Entries)
	return &out
}
