package layout

import (
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// Names that mean the same stand for several rows; each is compared with the one that
// begins where it does.
func TestRowsOfOneName(t *testing.T) {
	table := func(names ...string) *flash.Table {
		t := &flash.Table{}
		for i, n := range names {
			t.Partitions = append(t.Partitions, flash.Partition{Name: n, File: n + ".bin", Region: flash.EMMCUser, Extent: flash.Extent{Offset: int64(i) << 20, Length: 1 << 20}})
		}
		return t
	}
	m := &merger{l: &Layout{User: flash.EMMCUser}, own: table("boot", "BOOT", "", "nvram", "Boot", ""), claim: table("boot", "BOOT", "", "nvram", "Boot", ""), name: "scatter"}
	for i := range m.own.Partitions {
		m.own.Partitions[i].File = ""
	}
	m.byName()
	if len(m.differ) > 0 {
		t.Errorf("a table does not agree with itself: %+v", m.differ)
	}
	for _, p := range m.l.Table.Partitions {
		if p.File != p.Name+".bin" {
			t.Errorf("%q at 0x%x has the file %q", p.Name, p.Offset, p.File)
		}
	}
}
