package gpt

import (
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// withAlternate changes where the primary header says its backup is, checksum included.
func withAlternate(s *imgtest.Sparse, sector int64, lba uint64) {
	h := s.Range(flash.Extent{Offset: sector, Length: sector})
	binary.LittleEndian.PutUint64(h[offAlternate:], lba)
	binary.LittleEndian.PutUint32(h[offHeaderCRC:], 0)
	binary.LittleEndian.PutUint32(h[offHeaderCRC:], crc32.ChecksumIEEE(h[:headerMin]))
	s.Put(sector, h)
}

// A header whose backup is in no place still says how far partitions may reach: so large
// is the device at least.
func TestAtLeast(t *testing.T) {
	const size = 64 << 20
	for _, sector := range []int64{512, 4096} {
		spec := imgtest.GPTSpec{SectorSize: sector, DeviceSize: size, Rows: []imgtest.GPTRow{
			{Name: "boot_para", Extent: flash.Extent{Offset: 0x8000, Length: 1 << 20}},
			{Name: "lk", Extent: flash.Extent{Offset: 0x108000, Length: 2 << 20}}}}
		whole := imgtest.NewSparse(size)
		whole.PutGPT(spec)
		table := 128*128/sector + 1 // sectors of the backup
		for name, c := range map[string]struct {
			lba         uint64
			flip        bool
			size, least int64
		}{
			"sound":           {uint64(size/sector - 1), false, size, size},
			"itself":          {1, false, 0, size - table*sector},
			"zero":            {0, false, 0, size - table*sector},
			"inside":          {1000, false, 0, size - table*sector},
			"beyond all":      {1 << 60, false, 0, size - table*sector},
			"not vouched for": {1, true, 0, 0},
		} {
			s := whole.Clone()
			s.Zero(size-table*sector, table*sector)
			withAlternate(s, sector, c.lba)
			if c.flip {
				s.Put(sector+offDiskGUID, []byte{0x55})
			}
			s.Truncate(4 << 20)
			g, err := Read(s)
			if err != nil {
				t.Fatal(err)
			}
			if g.DeviceSize() != c.size || g.AtLeast() != c.least {
				t.Errorf("%d, %s: size 0x%x, at least 0x%x; want 0x%x, 0x%x", sector, name, g.DeviceSize(), g.AtLeast(), c.size, c.least)
			}
		}
	}
}
