package recovery

import (
	"strings"

	"github.com/mtkkit/mtkkit/ebr"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/recovery/fstab"
	"github.com/mtkkit/mtkkit/scatter"
)

// Target holds what is known of the phone that a recovery is for.
type Target struct {
	Name  string       // name of the table's source, for the user: "ROM_1"
	Table *flash.Table // nil if there is none
	User  flash.Image  // the user area, nil if only a table is available
	Chip  string       // "MT6582", "" if unknown
	Board string

	// Stock is the phone's own image if it is not read from the user area.
	Stock flash.Image

	// Systems has the file systems found in partitions: "ext4", "f2fs" …
	Systems map[string]string
}

// Row returns the partition with any of its names, of a pair of slots the first; nil if
// there is none, or no table.
func (p *Target) Row(name string) *flash.Partition {
	if p == nil || p.Table == nil {
		return nil
	}
	for _, want := range []string{scatter.Canonical(name), scatter.Canonical(name) + "_a"} {
		for i := range p.Table.Partitions {
			if r := &p.Table.Partitions[i]; scatter.Canonical(r.Name) == want {
				return r
			}
		}
	}
	return nil
}

// slots reports whether the phone has two of each system partition.
func (p *Target) slots() bool {
	row := p.Row("boot")
	return row != nil && strings.HasSuffix(scatter.Canonical(row.Name), "_a")
}

// RecoveryPartition returns the partition with the recovery: "recovery", "boot" (A/B
// phones without a recovery partition), "vendor_boot" (A/B phones since Android 12), or
// "" if there is no table.
func (p *Target) RecoveryPartition() string {
	switch {
	case p.Row("recovery") != nil:
		return "recovery"
	case p.Row("vendor_boot") != nil && p.vendorRecovery():
		return "vendor_boot"
	case p.slots():
		return "boot"
	}
	return ""
}

// vendorRecovery reports whether the phone's vendor_boot contains a recovery. If it is
// not available, the answer is true.
func (p *Target) vendorRecovery() bool {
	img := p.Image("vendor_boot")
	if img == nil {
		return true
	}
	b, err := boot.Read(img)
	if err != nil {
		return true
	}
	budget := newBudget(0)
	for _, part := range b.Ramdisks() {
		rd, err := budget.read(part.Payload())
		if err != nil || strings.HasPrefix(part.Label, "recovery") || program(rd) != "" {
			return true
		}
	}
	return false
}

// Image returns the available bytes of a partition, nil if there are none.
func (p *Target) Image(name string) flash.Image {
	row := p.Row(name)
	if row == nil || p.User == nil || !row.Placed() || !row.Region.IsUser() {
		return nil
	}
	if img := flash.Slice(p.User, row.Extent); img.Size() > 0 {
		return img
	}
	return nil
}

// partitions returns the partitions for package fstab, nil without a table.
func (p *Target) partitions() *fstab.Partitions {
	if p == nil || p.Table == nil {
		return nil
	}
	starts, mbr := p.numbers()
	return fstab.NewPartitions(p.Table, mbr, starts)
}

// numbers returns the start of each mmcblk0pN from the dump's own table, and whether
// the phone is of the MBR generation.
func (p *Target) numbers() (starts map[int]int64, mbr bool) {
	mbr = p.Row("mbr") != nil || p.Row("ebr1") != nil || p.Row("usrdata") != nil && p.Table.Find("userdata") == nil
	starts = map[int]int64{}
	if p.User == nil {
		return starts, mbr
	}
	if g, err := gpt.Read(p.User); err == nil {
		for _, r := range g.Table(flash.EMMCUser).Partitions {
			starts[r.Index+1] = r.Offset
		}
		return starts, false
	}
	c, err := ebr.Read(p.User)
	if err != nil {
		return starts, mbr
	}
	for _, r := range c.Table(flash.EMMCUser, p.User.Size()).Partitions {
		n := 0
		for _, d := range strings.TrimPrefix(r.Name, "p") {
			if d < '0' || d > '9' {
				n = 0
				break
			}
			n = n*10 + int(d-'0')
		}
		if n > 0 && strings.HasPrefix(r.Name, "p") {
			starts[n] = r.Offset
		}
	}
	return starts, true
}
