package gpt

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// TestUnprovenSize: what a header says of the device's size counts only when it can be
// true and something vouches for it.
func TestUnprovenSize(t *testing.T) {
	le := binary.LittleEndian
	for name, edit := range map[string]func(d *sparseDisk){
		"alternate within the partitions": func(d *sparseDisk) {
			d.editHeader(512, func(h []byte) { le.PutUint64(h[0x20:], 0x40) })
		},
		"alternate 1, no last usable": func(d *sparseDisk) {
			d.editHeader(512, func(h []byte) { le.PutUint64(h[0x20:], 1); le.PutUint64(h[0x30:], 0) })
		},
		"alternate damaged": func(d *sparseDisk) { d.put(512+0x24, 7) },
	} {
		v := phone(512, gib31)
		d := v.disk()
		d.zero(v.tailOffset(), v.size-v.tailOffset())
		edit(d)
		tab := read(t, d).Table(flash.EMMCUser)
		v.wantRows(t, tab, "gpt primary")
		if tab.DeviceSize != 0 {
			t.Errorf("%s: device size 0x%x", name, tab.DeviceSize)
		}
	}
}

// TestEntriesByShape: with all checksums lost and the header's own LBA wrong, the
// entries are where the most of them make sense.
func TestEntriesByShape(t *testing.T) {
	v := phone(512, gib31)
	v.rows = nil
	for i := range uint64(10) {
		v.rows = append(v.rows, row{name: fmt.Sprint("row", i), first: 0x40 + 16*i, last: 0x4f + 16*i})
	}
	d := v.disk()
	d.size = 1 << 20
	d.zero(512+0x18, 1) // as if the header lay at LBA 0, and the entries a sector further
	d.put(1024+0x1f, 1)
	g := read(t, d)
	v.wantRows(t, g.Table(flash.EMMCUser), "gpt primary")
	if g.Best().EntriesOffset != 1024 {
		t.Errorf("entries at 0x%x", g.Best().EntriesOffset)
	}
}

// TestEntriesElsewhere: entries are found by their checksum although the header's LBAs
// are damaged.
func TestEntriesElsewhere(t *testing.T) {
	v := phone(512, gib31)
	d := v.disk()
	d.zero(0, 64<<10)
	d.put(v.size-512+0x48, 0xff, 0xff, 0xff)
	g := read(t, d)
	v.wantRows(t, g.Table(flash.EMMCUser), "gpt backup")
	if c := g.Backup; !c.EntriesOK || c.HeaderOK || c.EntriesOffset != v.tailOffset() {
		t.Errorf("before the header: %+v", c)
	}

	d = v.disk()
	d.zero(0x400, 64<<10)
	d.zero(v.tailOffset(), v.size-v.tailOffset())
	d.put(0x5000, v.array()...)
	d.put(512+0x48, 0x28)
	d.put(512+0x18, 0x99)
	g = read(t, d)
	v.wantRows(t, g.Table(flash.EMMCUser), "gpt primary")
	if c := g.Primary; !c.EntriesOK || c.EntriesOffset != 0x5000 {
		t.Errorf("counted from the start of the image: %+v", c)
	}
}

// TestBackupElsewhere: a sound backup that is not where the primary says is used, and
// the difference told.
func TestBackupElsewhere(t *testing.T) {
	v := phone(512, gib31)
	d := v.disk()
	d.editHeader(512, func(h []byte) { binary.LittleEndian.PutUint64(h[0x20:], v.lastLBA()-8) })
	g := read(t, d)
	tab := g.Table(flash.EMMCUser)
	v.wantRows(t, tab, "gpt primary")
	if p, ok := findProblem(tab.Problems, "the backup is here"); !ok || p.Offset != v.size-512 || p.Severity != flash.Warning {
		t.Errorf("problems %v", tab.Problems)
	}
}
