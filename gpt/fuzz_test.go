package gpt

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// small is a whole device of few bytes, which a fuzzer gets through quickly.
func small(sector int64) vector {
	v := vector{sector: sector, count: 8, entrySize: 128, rows: []row{{name: "a"}, {name: "b"}}}
	v.firstUsable = 2 + v.arraySectors()
	v.size = int64(v.firstUsable+4+v.arraySectors()+1) * sector
	for i := range v.rows {
		v.rows[i].first = v.firstUsable + 2*uint64(i)
		v.rows[i].last = v.rows[i].first + 1
	}
	return v
}

// seal returns b with right checksums in the header of LBA 1 and over its entries.
func seal(b []byte) []byte {
	b = bytes.Clone(b)
	for _, s := range sectorSizes {
		if int64(len(b)) < 3*s || !bytes.HasPrefix(b[s:], []byte(signature)) {
			continue
		}
		h := b[s : 2*s]
		n := uint64(binary.LittleEndian.Uint32(h[offCount:])) * uint64(binary.LittleEndian.Uint32(h[offEntrySize:]))
		n = min(n, uint64(len(b))-2*uint64(s))
		binary.LittleEndian.PutUint32(h[offEntriesCRC:], crc32.ChecksumIEEE(b[2*s:][:n]))
		binary.LittleEndian.PutUint32(h[offHeaderSize:], headerMin)
		reseal(h)
	}
	return b
}

// FuzzRead: whatever the bytes, no panic, no more allocated than the image has, rows
// that can be expressed, and a repaired table that reads as the rows it was made from.
//
// Bytes that are sealed get right checksums first, or no mutation would ever come
// before a reader that believes them.
func FuzzRead(f *testing.F) {
	for _, sector := range sectorSizes {
		v := small(sector)
		d := v.disk()
		whole := d.bytes(0, d.size)
		f.Add(whole, int64(0), false)
		f.Add(whole[:2*sector+1024], int64(1<<30), true)
		f.Add(whole[sector:], int64(0), false)
		f.Add(whole[2*sector:], int64(0), false)
		f.Add(v.tail(), int64(0), false)
		_, file := template(sector)
		f.Add(file[:sector+1024], int64(0), false)
		for _, tt := range damages {
			d := v.disk()
			tt.hurt(v, d)
			f.Add(d.bytes(0, min(d.size, 2*v.size)), d.size, true)
		}
	}
	if dir := os.Getenv("MTKKIT_CORPUS"); dir != "" {
		for _, s := range samples {
			b, err := os.ReadFile(filepath.Join(dir, s.file))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b, int64(0), false)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, size int64, sealed bool) {
		if sealed {
			b = seal(b)
		}
		Sniff(bytes.NewReader(b))
		g, err := Read(bytes.NewReader(b))
		if err != nil {
			if g != nil {
				t.Error("a table beside an error")
			}
			return
		}
		best, tab := g.Best(), g.Table(flash.EMMCUser)
		if best == nil || len(best.Entries) > maxEntries || len(tab.Partitions) > len(best.Entries) {
			t.Fatalf("best %v, %d rows", best, len(tab.Partitions))
		}
		for _, p := range tab.Partitions {
			if p.Offset < flash.Unplaced || p.Length < 0 || p.Placed() && p.End() < p.Offset {
				t.Errorf("row %q %v", p.Name, p.Extent)
			}
		}
		if x := g.Usable(); x.Offset < 0 || x.Length < 0 || x.End() < x.Offset || tab.DeviceSize < 0 {
			t.Errorf("usable %v, device %d", x, tab.DeviceSize)
		}
		r, err := g.Repair(size)
		if err != nil {
			return
		}
		again, err := Read(r.onto())
		if err != nil || again.Primary.rank() != proven || again.Backup.rank() != proven {
			t.Fatalf("the repaired table is not sound: %v", err)
		}
		same := again.Table(flash.EMMCUser).Partitions
		for i, p := range tab.Partitions {
			if same[i].Name != p.Name || same[i].Extent != p.Extent || same[i].GUID != p.GUID ||
				same[i].TypeGUID != p.TypeGUID || same[i].Attributes != p.Attributes {
				t.Errorf("row %d was %+v, is %+v", i, p, same[i])
			}
		}
	})
}
