package gpt

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// FuzzRead: whatever the bytes, no panic, no more allocated than the image has, rows
// that can be expressed, and a repaired table that reads as the rows it was made from.
func FuzzRead(f *testing.F) {
	for _, sector := range sectorSizes {
		v := phone(sector, 256<<10)
		d := v.disk()
		whole := d.bytes(0, d.size)
		f.Add(whole, int64(0))
		f.Add(whole[:2*sector+1024], int64(1<<30))
		f.Add(whole[sector:], int64(0))
		f.Add(whole[2*sector:], int64(0))
		f.Add(v.tail(), int64(0))
		_, file := template(sector)
		f.Add(file, int64(0))
		for _, tt := range damages {
			d := phone(sector, 256<<10).disk()
			tt.hurt(v, d)
			f.Add(d.bytes(0, min(d.size, 1<<20)), d.size)
		}
	}
	if dir := os.Getenv("MTKKIT_CORPUS"); dir != "" {
		for _, s := range samples {
			b, err := os.ReadFile(filepath.Join(dir, s.file))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b, int64(0))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, size int64) {
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
