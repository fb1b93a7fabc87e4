package fstab

import (
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Partitions holds what is known of a phone's partitions.
type Partitions struct {
	Table *flash.Table
	MBR   bool // MBR generation: names are the kernel's, and upper and lower case are equal

	// Numbers names the partition of each mmcblk0pN, as far as it is proven.
	Numbers map[int]string
	whole   bool // there are no other numbers
}

// NewPartitions makes Partitions from a table. starts are the offsets in the user area
// of the partition of each number, from the dump's own GPT or MBR. Without them, only
// what all MBR layouts of MediaTek have in common is known.
func NewPartitions(t *flash.Table, mbr bool, starts map[int]int64) *Partitions {
	p := &Partitions{Table: t, MBR: mbr, Numbers: map[int]string{}, whole: len(starts) > 0}
	for n, off := range starts {
		for _, r := range t.Partitions {
			if r.Region.IsUser() && r.Placed() && r.Offset == off && !strings.EqualFold(r.Name, "pgpt") {
				p.Numbers[n] = r.Name
			}
		}
	}
	if mbr && len(starts) == 0 {
		// The MBR's slots: in every known layout the link to EBR1, then these two.
		for n, name := range map[int]string{2: "protect1", 3: "protect2"} {
			if row := p.row(name); row != nil {
				p.Numbers[n] = row.Name
			}
		}
	}
	return p
}

// row returns the partition with that canonical name; of a pair of slots the first.
func (p *Partitions) row(canonical string) *flash.Partition {
	if canonical == "" {
		return nil
	}
	for _, want := range []string{canonical, canonical + "_a"} {
		for i := range p.Table.Partitions {
			if r := &p.Table.Partitions[i]; scatter.Canonical(r.Name) == want {
				return r
			}
		}
	}
	return nil
}

// Row returns the partition that has this name, or an equivalent one; nil if there is
// none.
func (p *Partitions) Row(name string) *flash.Partition { return p.row(scatter.Canonical(name)) }

// resolve returns the partition that a device path means on this phone. known is false
// if the meaning of a number is not known.
func (p *Partitions) resolve(d Device) (row *flash.Partition, known bool) {
	if d.Style == Number {
		name, ok := p.Numbers[d.Number]
		if !ok {
			return nil, p.whole
		}
		return p.Table.Find(name), true
	}
	for _, name := range []string{d.Name, d.Name + "_a"} {
		if r := p.Table.Find(name); r != nil {
			return r, true
		}
	}
	if p.MBR {
		return p.Row(d.Name), true
	}
	return nil, true // names of a GPT are exact
}

// number returns the N of the row's mmcblk0pN, 0 if it is not proven.
func (p *Partitions) number(row *flash.Partition) int {
	for n, name := range p.Numbers {
		if name == row.Name {
			return n
		}
	}
	return 0
}
