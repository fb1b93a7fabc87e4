package lp

import (
	"slices"
	"strings"
)

// Partitions lists the logical partitions as the phone sees them: those of slot a by
// slot a's metadata, those of slot b by slot b's, and those without a slot by the first
// that can be read. Slot is "a" or "b" to have only that slot's (and those without
// one), "" for all.
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

// Select is Partitions, or those of them that have the names, with or without the suffix of the
// slot. Missing is the first name that none has, "" for no such.
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

// Find returns the partition of that name, or the one of the slot when the name has
// none of its own; nil when there is none.
func (s *Super) Find(name, slot string) *Partition {
	for _, p := range s.Partitions(slot) {
		if p.Name == name || slot != "" && p.Name == name+"_"+slot {
			return p
		}
	}
	return nil
}

// slotOf returns the slot that a name belongs to, -1 when to none. Only a slot whose
// metadata can be read has names of its own: else they stay with those of others.
func (s *Super) slotOf(name string) int {
	for i, m := range s.Slots[:min(len(s.Slots), 2)] {
		if m != nil && (strings.HasSuffix(name, slotSuffix(i)) || strings.HasSuffix(name, slotSuffix(i)+"-cow")) {
			return i
		}
	}
	return -1
}
