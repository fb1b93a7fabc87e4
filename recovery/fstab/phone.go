package fstab

import (
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Partitions is what is known of a phone's partitions.
type Partitions struct {
	Table *flash.Table
	MBR   bool // of the MBR era: names are the kernel's, in which case does not count

	// Numbers names the partition behind each mmcblk0pN, as far as it is proven.
	Numbers map[int]string
	whole   bool // there are no other numbers
}

// NewPartitions takes a table. The dump's own GPT or MBR, when it is at hand, tells where the
// partition of each number begins in the user area. Without it, only what all MBR
// layouts of MediaTek share is known.
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
		// The MBR's slots: the link to EBR1, then these two, in every layout known.
		for n, name := range map[int]string{2: "protect1", 3: "protect2"} {
			if row := p.row(name); row != nil {
				p.Numbers[n] = row.Name
			}
		}
	}
	return p
}

// row finds a partition by its canonical name; of a pair of slots the first.
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

// Row finds a partition under any of its names.
func (p *Partitions) Row(name string) *flash.Partition { return p.row(scatter.Canonical(name)) }

// resolve finds the partition that a device path means on this phone. It is not known
// when nothing tells what a number stands for.
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

// number returns the mmcblk0pN of a row, 0 when it is not proven.
func (p *Partitions) number(row *flash.Partition) int {
	for n, name := range p.Numbers {
		if name == row.Name {
			return n
		}
	}
	return 0
}
