package gpt

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func repair(t *testing.T, img flash.Image) *Repaired {
	t.Helper()
	r, err := read(t, img).Repair(img.Size())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// onto returns a disk with the repaired table on it.
func (r *Repaired) onto() *sparseDisk {
	d := &sparseDisk{size: r.DeviceSize}
	d.put(0, r.Primary...)
	d.put(r.BackupOffset, r.Backup...)
	return d
}

// unusual is a table with what go-diskfs does not carry over by itself.
func unusual(sector int64) vector {
	v := phone(sector, gib31)
	v.rows[0].name, v.rows[0].units = "a\ufffdb", []uint16{'a', 0xd83d, 'b', 0, 'c'}
	v.rows[1].name, v.rows[1].untyped = "untyped", true
	v.rows[2].name = strings.Repeat("📱", 18)
	v.rows = append(v.rows, row{untyped: true, unnamed: true, attributes: 7})
	v.count = 26 // 6.5 sectors of 512 bytes
	v.firstUsable = 2 + v.arraySectors()
	return v
}

// TestRepairChangesNothing: a sound table comes back to the byte, also when one copy
// of it is lost.
func TestRepairChangesNothing(t *testing.T) {
	for _, sector := range sectorSizes {
		for name, v := range map[string]vector{"phone": phone(sector, gib31), "unusual": unusual(sector)} {
			for lost, hurt := range map[string]func(d *sparseDisk){
				"nothing": func(d *sparseDisk) {},
				"start":   func(d *sparseDisk) { d.zero(0, 64<<10) },
				"end":     func(d *sparseDisk) { d.zero(v.tailOffset(), v.size-v.tailOffset()) },
				"header":  func(d *sparseDisk) { d.put(sector+0x40, 0xff) },
				"tail":    func(d *sparseDisk) { d.size -= 1 << 30 },
			} {
				d := v.disk()
				hurt(d)
				r := repair(t, d)
				if !bytes.Equal(r.Primary, v.head()) {
					t.Errorf("%s/%d, %s lost: primary differs", name, sector, lost)
				}
				if !bytes.Equal(r.Backup, v.tail()) || r.BackupOffset != v.tailOffset() || r.DeviceSize != v.size {
					t.Errorf("%s/%d, %s lost: backup at 0x%x differs", name, sector, lost, r.BackupOffset)
				}
				if again := repair(t, r.onto()); !bytes.Equal(again.Primary, r.Primary) || !bytes.Equal(again.Backup, r.Backup) {
					t.Errorf("%s/%d, %s lost: repairing twice differs", name, sector, lost)
				}
			}
		}
	}
}

func TestRepairKeepsHeaderAndMBR(t *testing.T) {
	v := phone(512, gib31)
	d := v.disk()
	long := func(h []byte) { binary.LittleEndian.PutUint32(h[0x0c:], 256); h[200] = 9 }
	d.editHeader(512, long)
	d.editHeader(v.size-512, long)
	d.put(0, []byte("boot code")...)
	d.put(446, 0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff)
	r := repair(t, d)
	if !bytes.Equal(r.Primary, d.bytes(0, 0x4400)) || !bytes.Equal(r.Backup, d.bytes(v.tailOffset(), v.size)) {
		t.Error("differs")
	}
	// An MBR over another device is made anew, its boot code kept.
	d.put(458, 1, 2, 3, 4)
	r = repair(t, d)
	if !bytes.HasPrefix(r.Primary, []byte("boot code")) || !bytes.Equal(r.Primary[446:512], v.mbr()[446:]) {
		t.Errorf("MBR % x", r.Primary[446:512])
	}
}

// TestRepairUnproven repairs from a primary whose checksums fail, with no backup.
func TestRepairUnproven(t *testing.T) {
	v := phone(512, gib31)
	d := v.disk()
	d.zero(v.tailOffset(), v.size-v.tailOffset())
	d.put(0x228, 0xff, 0xff, 0xff) // first usable
	d.put(0x230, 0x41, 0, 0, 0)    // last usable
	d.put(2*512+0x38, 'B')         // name of row 0
	r := repair(t, d)
	v.rows[0].name = "Boot_para"
	if !bytes.Equal(r.Primary, v.head()) || !bytes.Equal(r.Backup, v.tail()) {
		t.Error("differs")
	}
	for _, say := range []string{"no copy has entries with a correct checksum", "first usable LBA 0xffffff becomes 0x22", "last usable LBA 0x41 becomes"} {
		if _, ok := findProblem(r.Problems, say); !ok {
			t.Errorf("no problem says %q: %v", say, r.Problems)
		}
	}
}

func TestRepairRefuses(t *testing.T) {
	le := binary.LittleEndian
	for _, tt := range []struct {
		name string
		edit func(e []byte)
		say  string
	}{
		{"overlap", func(e []byte) { le.PutUint64(e[32:], 0x100) }, "userdata overlaps boot_para by 32 KiB"},
		{"end before start", func(e []byte) { le.PutUint64(e[40:], 0x41) }, "userdata ends at LBA 0x41 before it starts"},
		{"over the table", func(e []byte) { le.PutUint64(e[32:], 0x21); le.PutUint64(e[40:], 0x22) }, "userdata starts at LBA 0x21, over the table itself"},
		{"over the backup", func(e []byte) { le.PutUint64(e[32:], gib31/512-2); le.PutUint64(e[40:], gib31/512-1) }, "userdata covers the table"},
		{"beyond the device", func(e []byte) { le.PutUint64(e[40:], gib31/512) }, "userdata ends at LBA"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, _ := edited(t, tt.edit)
			r, err := g.Repair(gib31)
			if err == nil || !contains(err.Error(), tt.say) {
				t.Errorf("%v, %v", r, err)
			}
		})
	}
	v := phone(512, gib31)
	for _, tt := range []struct {
		name string
		file []byte
		say  string
	}{
		{"entries alone", v.head()[1024:], "have no header"},
		{"entries missing", v.head()[:1024+2*128], "126 entries are missing"},
	} {
		if r, err := read(t, bytes.NewReader(tt.file)).Repair(gib31); err == nil || !contains(err.Error(), tt.say) {
			t.Errorf("%s: %v, %v", tt.name, r, err)
		}
	}
	if _, err := (&GPT{}).Repair(gib31); err == nil {
		t.Error("nothing was repaired")
	}
	v.entrySize = 256
	v.firstUsable = 66
	if _, err := read(t, v.disk()).Repair(gib31); err == nil || !contains(err.Error(), "entries of 256 bytes") {
		t.Error(err)
	}
}

// TestRepairBySize: a table that does not prove the device's size is repaired for the
// size of the image, or not at all.
func TestRepairBySize(t *testing.T) {
	v := phone(512, 64<<20)
	d := v.disk()
	d.editHeader(512, func(h []byte) { h[0x20] = 1; clear(h[0x21:0x28]) })
	d.zero(v.tailOffset(), v.size-v.tailOffset())
	r := repair(t, d)
	if !bytes.Equal(r.Primary, v.head()) || !bytes.Equal(r.Backup, v.tail()) {
		t.Error("differs")
	}
	for _, size := range []int64{0, -512, 0x4400, 32 << 20, 64<<20 + 1} {
		if r, err := read(t, d).Repair(size); err == nil {
			t.Errorf("size %d: %v", size, r.DeviceSize)
		}
	}
}

func TestRepairEmptyTable(t *testing.T) {
	v := phone(512, 64<<20)
	v.rows = nil
	d := v.disk()
	if r := repair(t, d); !bytes.Equal(r.Primary, v.head()) || !bytes.Equal(r.Backup, v.tail()) {
		t.Error("differs")
	}
	d.editHeader(512, func(h []byte) { h[0x20] = 1; clear(h[0x21:0x28]) })
	d.size = 0x8000
	for _, size := range []int64{0, 512, -512, 0x8000} {
		if r, err := read(t, d).Repair(size); err == nil {
			t.Errorf("size %d: device 0x%x", size, r.DeviceSize)
		}
	}
}

// TestRepairHuge has a device with more sectors than the protective MBR can count.
func TestRepairHuge(t *testing.T) {
	v := phone(512, 5<<40)
	r := repair(t, v.disk())
	if !bytes.Equal(r.Primary, v.head()) || !bytes.Equal(r.Backup, v.tail()) {
		t.Error("differs")
	}
	d := v.disk()
	d.zero(0, 1024)
	if r = repair(t, d); !bytes.Equal(r.Primary, v.head()) {
		t.Error("the new MBR differs")
	}
}
