package flash

import (
	"fmt"
	"slices"
)

// State says where the bytes of an entry are.
type State string

// The states of an entry, in the order in which they are checked.
const (
	StateSealed  State = "sealed"  // compressed and encrypted in its file
	StateHole    State = "hole"    // some or all are unread; a file has zeros there
	StateSkipped State = "skipped" // the dump has them, but they were left out
	StateCut     State = "cut"     // the dump ends before their end; a file has the first Present bytes
	StateZero    State = "zero"    // they are zeros, and there is no file
	StateExcerpt State = "excerpt" // all are in the file; the rest of the partition was left out
	StateStored  State = "stored"  // all are in the file
)

// State returns where the bytes of the entry are. Unread are the unread ranges of its region
// (ManifestSource.Unread). The first row that fits decides:
//
//	state    Kind     unread  Skipped  Present  Zero  File
//	sealed   sealed   any     any      any      any   the bytes, encrypted; Was is the Kind after decryption
//	hole     any      some    no       any      any   the bytes, with zeros for the unread ones
//	hole     any      all     any      any      any   "", or zeros
//	skipped  any      any     yes      any      any   ""
//	cut      any      any     any      part     any   the first Present bytes; "" if there are none, or all are zeros
//	zero     any      any     any      all      yes   ""
//	excerpt  excerpt  any     any      all      no    the bytes
//	stored   any      any     any      all      no    the bytes
//
// The column unread says how much of the Present bytes is unread. Present is all, or a part, of
// Length.
func (e *ManifestEntry) State(unread []Extent) State {
	switch here := e.AtHand(); {
	case e.Kind == KindSealed:
		return StateSealed
	case slices.ContainsFunc(unread, here.Overlaps) && (!e.Skipped || len(Without([]Extent{here}, unread)) == 0):
		return StateHole
	case e.Skipped:
		return StateSkipped
	case e.Present < e.Length:
		return StateCut
	case e.Zero:
		return StateZero
	case e.Kind == KindExcerpt:
		return StateExcerpt
	}
	return StateStored
}

// AtHand returns the range of the region that the dump has of the entry.
func (e *ManifestEntry) AtHand() Extent { return Extent{e.Offset, e.Present} }

// State returns the state of an entry, with the unread ranges of its region's source.
func (m *Manifest) State(e *ManifestEntry) State {
	if src := m.Source(e.Region); src != nil {
		return e.State(src.Unread)
	}
	return e.State(nil)
}

// LeavesOut reports whether bytes that the dump has are not in the files: the record has only
// some partitions. Bytes that the dump itself lacks were not left out, and a preloader is a
// copy.
func (m *Manifest) LeavesOut() bool {
	return slices.ContainsFunc(m.Entries, func(e ManifestEntry) bool {
		return e.Kind != KindPreloader && m.State(&e) == StateSkipped
	})
}

// Covers reports whether the files have all known bytes of the phone's regions: no source lacks
// bytes of its region, and no entry was left out.
func (m *Manifest) Covers() bool {
	return !m.LeavesOut() && !slices.ContainsFunc(m.Sources, func(s ManifestSource) bool { return len(s.Missing()) > 0 })
}

// Unexplained reports a record that says it is not complete, and lists nothing that is missing: then
// nobody knows what its files lack.
func (m *Manifest) Unexplained() (ps Problems) {
	if !m.Complete && !m.Whole && m.Covers() {
		ps.Add(Warning, ManifestName, "says that the dump is not complete, and does not say what is missing")
	}
	return ps
}

// Missing returns the ranges of the region that the source does not have, at the region's
// offsets: the unread ones, and those beyond the end of the dump.
func (s *ManifestSource) Missing() []Extent { return Union(s.Unread, s.Beyond) }

// InFile converts ranges of the region to ranges of the source's file. Bytes that are not in the
// file are left out.
func (s *ManifestSource) InFile(list []Extent) []Extent {
	cut := max(-s.Offset, 0)
	out := Within(list, Extent{cut, s.Size - cut})
	for i := range out {
		out[i].Offset += s.Offset
	}
	return out
}

// Missing reports the missing bytes of the phone, with one warning for each source.
func (m *Manifest) Missing() (out []Problem) {
	for _, s := range m.Sources {
		lacks := s.Missing()
		if len(lacks) == 0 {
			continue
		}
		text := fmt.Sprintf("0x%x bytes (%v) of the phone's %s are not in the dump, from 0x%x on", Total(lacks), Size(Total(lacks)), s.Region, lacks[0].Offset)
		if len(lacks) > 1 {
			text += fmt.Sprintf(", in %d ranges", len(lacks))
		}
		out = append(out, Problem{Severity: Warning, Place: string(s.Region), Offset: lacks[0].Offset, Text: text})
	}
	return out
}
