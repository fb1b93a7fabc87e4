package flash

import (
	"fmt"
	"slices"
)

// State is where the bytes of an entry are.
type State string

// The states of an entry, in the order in which they are asked for.
const (
	StateSealed  State = "sealed"  // compressed and encrypted in its file
	StateHole    State = "hole"    // some or all were never read from the phone; a file has zeros in their place
	StateSkipped State = "skipped" // they were at hand, and were left out
	StateCut     State = "cut"     // the dump ends before they do; a file has the first Present bytes
	StateZero    State = "zero"    // they are zeros, and there is no file
	StateExcerpt State = "excerpt" // in the file, all of them; the partition that they are an end of was left out
	StateStored  State = "stored"  // in the file, all of them
)

// State tells where the bytes of the entry are. unread is what was never read of its
// region, as ManifestSource.Unread has it. Of these rows it is the first that fits:
//
//	state    Kind     unread  Skipped  Present  Zero  File
//	sealed   sealed   any     any      any      any   the bytes, encrypted; Was is the Kind for who has the key
//	hole     any      some    no       any      any   the bytes, and zeros where none were read
//	hole     any      all     any      any      any   "", or zeros
//	skipped  any      any     yes      any      any   ""
//	cut      any      any     any      part     any   the first Present bytes; "" when there are none, or zeros only
//	zero     any      any     any      all      yes   ""
//	excerpt  excerpt  any     any      all      no    the bytes
//	stored   any      any     any      all      no    the bytes
//
// unread is how much of the Present bytes was not read. Present is all, or a part, of
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

// AtHand is the range of its region that the dump has of the entry.
func (e *ManifestEntry) AtHand() Extent { return Extent{e.Offset, e.Present} }

// State is the entry's, by what the region's source lacks.
func (m *Manifest) State(e *ManifestEntry) State {
	if src := m.Source(e.Region); src != nil {
		return e.State(src.Unread)
	}
	return e.State(nil)
}

// LeavesOut reports whether bytes that were at hand are not in here: the record is of
// some partitions of the dump only. What the dump itself lacks was not left out, and a
// preloader is a copy.
func (m *Manifest) LeavesOut() bool {
	return slices.ContainsFunc(m.Entries, func(e ManifestEntry) bool {
		return e.Kind != KindPreloader && m.State(&e) == StateSkipped
	})
}

// Covers reports whether all of the phone's regions is in here, as far as is known: no
// source lacks bytes of its region, and no entry was left out.
func (m *Manifest) Covers() bool {
	return !m.LeavesOut() && !slices.ContainsFunc(m.Sources, func(s ManifestSource) bool { return len(s.Missing()) > 0 })
}

// Missing lists the bytes of the region that the source does not have, at the region's
// offsets: the unread ones, and those beyond the end of the dump.
func (s *ManifestSource) Missing() []Extent { return Union(s.Unread, s.Beyond) }

// InFile moves ranges of the region to where they stand in the source's file. What the
// file has not is left out.
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
			text += fmt.Sprintf(", in %d places", len(lacks))
		}
		out = append(out, Problem{Severity: Warning, Place: string(s.Region), Offset: lacks[0].Offset, Text: text})
	}
	return out
}
