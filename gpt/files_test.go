package gpt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// TestFiles reads what people have instead of a dump: files that hold a table alone.
func TestFiles(t *testing.T) {
	for _, sector := range sectorSizes {
		v := phone(sector, gib31)
		head, tail := v.head(), v.tail()
		rowsEnd := 2*sector + 4*128
		for _, tt := range []struct {
			name    string
			file    []byte
			witness flash.Witness
			rows    int
			device  int64
			say     string
		}{
			{"primary", head, "gpt primary", 4, gib31, "the image holds the table only"},
			{"header first", head[sector:], "gpt primary", 4, gib31, "contains only a partition table"},
			{"entries alone", head[2*sector:], "gpt primary", 4, 0, "have no usable header"},
			{"backup", tail, "gpt backup", 4, gib31, "contains only a backup copy"},
			{"backup, zeros before", append(make([]byte, 16*sector), tail...), "gpt backup", 4, gib31, "contains only a backup copy"},
			{"backup header first", append(tail[len(tail)-int(sector):], tail[:16384]...), "gpt backup", 4, gib31, "entries are here"},
			{"short array", head[:rowsEnd+128], "gpt primary", 4, gib31, "the checksum proves that these entries are empty"},
			{"array cut at a row", head[:rowsEnd-128], "gpt primary", 3, gib31, "125 of 128 entries are missing"},
			{"array cut in a row", head[:rowsEnd-100], "gpt primary", 3, gib31, "125 of 128 entries are missing"},
		} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, sector), func(t *testing.T) {
				g := read(t, bytes.NewReader(tt.file))
				tab := g.Table(flash.EMMCUser)
				if tab.DeviceSize != tt.device {
					t.Errorf("device size 0x%x, want 0x%x", tab.DeviceSize, tt.device)
				}
				w := v
				w.rows = v.rows[:tt.rows]
				w.wantRows(t, tab, tt.witness)
				if _, ok := findProblem(tab.Problems, tt.say); !ok {
					t.Errorf("no problem says %q: %v", tt.say, tab.Problems)
				}
				if got := 4 - tt.rows; got > 0 && g.Best().Missing != 125 {
					t.Errorf("%d missing", g.Best().Missing)
				}
			})
		}
	}
}

// template encodes what firmware packages call PGPT: no sector 0, no checksums, and
// the addresses of the last rows for the flash tool to fill in.
func template(sector int64) (vector, []byte) {
	v := phone(sector, gib31)
	v.rows[2].first, v.rows[2].last = 0, 0
	v.rows[3].first, v.rows[3].last = 0, uint64(16<<20/sector)
	h := v.header(1, uint64(0x8000/sector), 2)
	clear(h[0x10:0x14])
	clear(h[0x30:0x38])
	clear(h[0x58:0x5c])
	return v, append(h, v.array()...)
}

func TestTemplate(t *testing.T) {
	for _, sector := range sectorSizes {
		v, file := template(sector)
		for name, b := range map[string][]byte{"alone": file, "behind an MBR": append(v.mbr(), file...)} {
			t.Run(fmt.Sprintf("%s/%d", name, sector), func(t *testing.T) {
				g := read(t, bytes.NewReader(b))
				tab := g.Table(flash.EMMCUser)
				if c := g.Best(); !c.Template || c.HeaderOK || c.EntriesOK || tab.SectorSize != sector || tab.DeviceSize != 0 {
					t.Errorf("%+v, sector %d, device 0x%x", c, tab.SectorSize, tab.DeviceSize)
				}
				ps := tab.Partitions
				if len(ps) != 4 || ps[1].Offset != 0x8000+0x100*sector || ps[1].Length != 0x300*sector {
					t.Fatalf("rows %v", ps)
				}
				if ps[2].Placed() || ps[2].Length != 0 || ps[2].Reserved {
					t.Errorf("userdata %+v", ps[2])
				}
				if ps[3].Placed() || ps[3].Length != 16<<20 || !ps[3].Reserved {
					t.Errorf("flashinfo %+v", ps[3])
				}
				if _, ok := findProblem(tab.Problems, "template"); !ok || flash.Worst(tab.Problems) != flash.Warning {
					t.Errorf("problems %v", tab.Problems)
				}
				if _, err := g.Repair(gib31); err == nil || !contains(err.Error(), "template") {
					t.Errorf("repair: %v", err)
				}
			})
		}
	}
}

// TestSelfBackup has the table of evaluation boards, whose header names itself as its
// backup: it proves no device size.
func TestSelfBackup(t *testing.T) {
	v := phone(512, 64<<20)
	d := v.disk()
	d.editHeader(512, func(h []byte) { binary.LittleEndian.PutUint64(h[0x20:], 1) })
	d.size = 0x4400
	g := read(t, d)
	v.wantRows(t, g.Table(flash.EMMCUser), "gpt primary")
	if g.DeviceSize() != 0 || g.Backup != nil {
		t.Errorf("device 0x%x, backup %+v", g.DeviceSize(), g.Backup)
	}
}

// TestHeadlessDoubt: without a header, entries are believed only when there are
// several and all of them make sense.
func TestHeadlessDoubt(t *testing.T) {
	for name, edit := range map[string]func(b []byte){
		"one row":               func(b []byte) { clear(b[128:]) },
		"slot 0 unused":         func(b []byte) { clear(b[:128]) },
		"a row without a name":  func(b []byte) { clear(b[128+56 : 256]) },
		"a row without a type":  func(b []byte) { clear(b[128 : 128+16]) },
		"an unreadable name":    func(b []byte) { b[128+56] = 7 },
		"an end before a start": func(b []byte) { clear(b[128+41 : 128+48]) },
		"an end at 2^56":        func(b []byte) { b[128+47] = 1 },
	} {
		b := phone(512, gib31).array()
		read(t, bytes.NewReader(b))
		edit(b)
		if g, err := Read(bytes.NewReader(b)); !errors.Is(err, flash.ErrNotThis) {
			t.Errorf("%s: %v, %v", name, g, err)
		}
	}
}
