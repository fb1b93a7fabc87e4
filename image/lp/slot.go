package lp

import (
	"slices"
	"strings"
)

// Partitions returns the logical partitions as the phone sees them: those of slot a
// from the metadata of slot a, those of slot b from the metadata of slot b, and those
// without a slot from the first readable metadata. slot is "a" or "b" for the
// partitions of that slot (and those without a slot), "" for all.
func (s *Super) Partitions(slot string) []*Partition {
	var out []*Partition
	first := true
	for i, m := range s.Slots {
		if m == nil {
			continue
		}
		asked := slot == "" && first || slot == slotSuffix(i)[1:]
		for j := range m.Partitions {
			p := &m.Partitions[j]
			if of := s.slotOf(p.Name); of < 0 && asked || of == i && (slot == "" || asked) {
				out = append(out, p)
			}
		}
		first = false
	}
	return out
}

// Select returns the partitions of Partitions with these names, with or without the
// suffix of the slot. missing is the first name that no partition has, "" if there is
// none.
func (s *Super) Select(slot string, names []string) (list []*Partition, missing string) {
	all := s.Partitions(slot)
	if len(names) == 0 {
		return all, ""
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(p *Partition) bool { return p.Name == name || slot != "" && p.Name == name+"_"+slot })
		if i < 0 {
			return nil, name
		}
		list = append(list, all[i])
	}
	return list, ""
}

// Find returns the partition with that name, or else the one with the name and the
// suffix of the slot; nil if there is none.
func (s *Super) Find(name, slot string) *Partition {
	for _, p := range s.Partitions(slot) {
		if p.Name == name || slot != "" && p.Name == name+"_"+slot {
			return p
		}
	}
	return nil
}

// slotOf returns the slot that a name belongs to, -1 for none. Only a slot with
// readable metadata has its own names; otherwise the names are those of the other
// metadata.
func (s *Super) slotOf(name string) int {
	for i, m := range s.Slots[:min(len(s.Slots), 2)] {
		if m != nil && (strings.HasSuffix(name, slotSuffix(i)) || strings.HasSuffix(name, slotSuffix(i)+"-cow")) {
			return i
		}
	}
	return -1
}
