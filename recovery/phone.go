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

// Target is what is known of the phone that a recovery is for.
type Target struct {
	Name  string       // of the source of the table, for people: "ROM_1"
	Table *flash.Table // nil when none is at hand
	User  flash.Image  // the user area, nil when only a table is at hand
	Chip  string       // "MT6582", "" unknown
	Board string

	// Stock is the phone's own image when it is not to be taken from the user area.
	Stock flash.Image

	// Systems names the file systems that stand in partitions: "ext4", "f2fs" …
	Systems map[string]string
}

// Row finds a partition by any of its names, of a pair of slots the first; nil when
// there is none or no table.
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

// RecoveryPartition names the partition that holds the recovery: "recovery", "boot" (A/B phones without
// a recovery partition), "vendor_boot" (those with Android 12 and later), or "" when no
// table tells.
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

// vendorRecovery reports whether the phone's vendor_boot holds a recovery; one that is
// not at hand is taken for such.
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

// Image returns what is at hand of a partition, nil when that is nothing.
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

// partitions is the phone as fstab sees it, nil without a table.
func (p *Target) partitions() *fstab.Partitions {
	if p == nil || p.Table == nil {
		return nil
	}
	starts, mbr := p.numbers()
	return fstab.NewPartitions(p.Table, mbr, starts)
}

// numbers tells where each mmcblk0pN begins, as the dump's own table has it, and
// whether the phone is of the MBR era.
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
