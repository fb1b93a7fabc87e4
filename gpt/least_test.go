package gpt

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
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
			"rows behind it":  {0x208000/uint64(sector) - 1, false, 0, size - table*sector},
			"not vouched for": {1, true, 0, 0x308000}, // but for the rows, which have a checksum of their own
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
			if g.DeviceSize() != c.size || g.atLeast() != c.least {
				t.Errorf("%d, %s: size 0x%x, at least 0x%x; want 0x%x, 0x%x", sector, name, g.DeviceSize(), g.atLeast(), c.size, c.least)
			}
		}
	}
}

// Rows that a checksum vouches for are on the device, whatever both headers say of its size.
func TestRowsBehindTheDevice(t *testing.T) {
	const size = 64 << 20
	for _, sector := range []int64{512, 4096} {
		s := imgtest.NewSparse(size)
		s.PutGPT(imgtest.GPTSpec{SectorSize: sector, DeviceSize: size, Rows: []imgtest.GPTRow{
			{Name: "lk", Extent: flash.Extent{Offset: 0x108000, Length: 2 << 20}},
			{Name: "userdata", Extent: flash.Extent{Offset: 0x308000, Length: 2 * size}}}})
		g, err := Read(s)
		if err != nil {
			t.Fatal(err)
		}
		if want := int64(0x308000 + 2*size); g.DeviceSize() != 0 || g.atLeast() != want {
			t.Errorf("%d: size 0x%x, at least 0x%x; want 0 and 0x%x", sector, g.DeviceSize(), g.atLeast(), want)
		}
	}
}

// Two headers that are sound and say different things are told of, and so is a backup that
// is nowhere.
func TestHeadersDisagree(t *testing.T) {
	const size, sector = 64 << 20, 512
	whole := imgtest.NewSparse(size)
	whole.PutGPT(imgtest.GPTSpec{SectorSize: sector, DeviceSize: size, Rows: []imgtest.GPTRow{
		{Name: "lk", Extent: flash.Extent{Offset: 0x108000, Length: 2 << 20}}}})
	for says, edit := range map[string]func(h []byte){
		"of disk":                            func(h []byte) { h[offDiskGUID] ^= 1 },
		"sectors 0x22 to 0x3ffde are usable": func(h []byte) { binary.LittleEndian.PutUint64(h[offLast:], 2*size/sector-34) },
	} {
		s := whole.Clone()
		h := s.Range(flash.Extent{Offset: sector, Length: sector})
		edit(h)
		s.Put(sector, h)
		withAlternate(s, sector, size/sector-1) // and the checksum
		g, err := Read(s)
		if err != nil {
			t.Fatal(err)
		}
		if !warns(g, "the copies disagree", says) {
			t.Errorf("%s: %v", says, g.Problems)
		}
	}
	for _, lba := range []uint64{0, 1, 1 << 60} {
		s := whole.Clone()
		s.Zero(size-33*sector, 33*sector)
		withAlternate(s, sector, lba)
		g, err := Read(s)
		if err != nil {
			t.Fatal(err)
		}
		if !warns(g, "there is no backup copy") {
			t.Errorf("%x: %v", lba, g.Problems)
		}
	}
}

// warns reports whether one warning of the table has all the words.
func warns(g *GPT, words ...string) bool {
	return slices.ContainsFunc(g.Problems, func(p flash.Problem) bool {
		for _, w := range words {
			if !strings.Contains(p.Text, w) {
				return false
			}
		}
		return p.Severity == flash.Warning
	})
}
