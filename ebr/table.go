package ebr

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// firstLogical is the number that Linux gives to the first partition in an EBR; 1 to 4
// belong to the slots of the MBR, used or not.
const firstLogical = 5

// Table returns the chain as rows, in chain order: each table sector, under its name
// and one sector long, then its data entries p2, p3 … size is that of the region in
// bytes, 0 if unknown: rows to the end are cut to it, and have length 0 without it. An
// entry without a length has no kernel number and is named by its sector and slot
// (EBR1.2). DeviceSize is 0, because no MBR contains it.
//
// A length in the chain is not cut: flash.Table.Check compares it with the size.
// A length the chain states is not cut: flash.Table.Check compares it with the size.
func (c *Chain) Table(region flash.Region, size int64) *flash.Table {
	t := &flash.Table{Format: "ebr", SectorSize: sectorSize}
	t.Problems = append(t.Problems, c.Problems...)
	add := func(p flash.Partition) {
		p.Index, p.Region = len(t.Partitions), region
		t.Partitions = append(t.Partitions, p)
	}
	logical := firstLogical
	for _, s := range c.Sectors {
		add(flash.Partition{Name: s.Name, Extent: flash.Extent{Offset: s.Offset, Length: sectorSize},
			File: s.Name, Type: "NORMAL_ROM", Operation: "UPDATE"})
		for slot, e := range s.Entries {
			if !e.used() || e.link() {
				continue
			}
			var p flash.Partition
			p.Name = s.rowName(slot, &logical)
			if p.Extent, p.ToEnd = s.place(e); p.ToEnd {
				p.Length = max(size-p.Offset, 0)
			}
			if p.ToEnd && size > 0 && p.Offset >= size {
				t.Problems.AddAt(flash.Warning, p.Name, p.Offset, "is behind the end of the image (0x%x): none of its bytes are available", size)
			}
			add(p)
		}
	}
	return t
}

// rowName returns the name of the data entry in a slot, as the kernel names it. For an
// EBR it uses the next logical number.
func (s Sector) rowName(slot int, logical *int) string {
	switch {
	case s.Entries[slot].Count == 0:
		return fmt.Sprintf("%s.%d", s.Name, slot)
	case s.Offset == 0:
		return fmt.Sprintf("p%d", slot+1)
	}
	*logical++
	return fmt.Sprintf("p%d", *logical-1)
}
