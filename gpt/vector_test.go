package gpt

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"
	"unicode/utf16"

	"github.com/mtkkit/mtkkit/flash"
)

// basicData is the type GUID of nearly every row MediaTek writes, in its stored form.
var basicData = GUID{0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44, 0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7}

// row is an entry to be encoded. A row without a type gets basicData unless untyped.
type row struct {
	name        string
	units       []uint16 // the name as it is stored, instead of name
	first, last uint64
	attributes  uint64
	untyped     bool
	unnamed     bool
}

// vector is a table that the tests encode themselves, so that the package's encoder
// and its reader do not vouch for each other.
type vector struct {
	sector      int64
	size        int64 // of the device, bytes
	count       uint32
	entrySize   uint32
	firstUsable uint64
	rows        []row
}

func phone(sector, size int64) vector {
	last := uint64(size/sector) - 1
	reserve := uint64(16384/sector) + 1
	first := uint64(0x8000 / sector)
	return vector{sector: sector, size: size, count: 128, entrySize: 128, firstUsable: reserve + 1, rows: []row{
		{name: "boot_para", first: first, last: first + 0xff},
		{name: "proinfo", first: first + 0x100, last: first + 0x3ff, attributes: 4},
		{name: "userdata", first: first + 0x400, last: last - reserve - 0x100},
		{name: "flashinfo", first: last - reserve - 0xff, last: last - reserve},
	}}
}

func (v vector) lastLBA() uint64 { return uint64(v.size/v.sector) - 1 }

func (v vector) arraySectors() uint64 {
	n := int64(v.count) * int64(v.entrySize)
	return uint64((n + v.sector - 1) / v.sector)
}

func (v vector) array() []byte {
	b := make([]byte, int(v.count)*int(v.entrySize))
	for i, r := range v.rows {
		e := b[i*int(v.entrySize):]
		if !r.untyped {
			copy(e, basicData[:])
		}
		binary.LittleEndian.PutUint32(e[16:], uint32(0xcafe0000+i))
		if r.untyped && r.unnamed {
			clear(e[16:32])
		}
		binary.LittleEndian.PutUint64(e[32:], r.first)
		binary.LittleEndian.PutUint64(e[40:], r.last)
		binary.LittleEndian.PutUint64(e[48:], r.attributes)
		units := r.units
		if units == nil {
			units = utf16.Encode([]rune(r.name))
		}
		for j, u := range units {
			binary.LittleEndian.PutUint16(e[56+2*j:], u)
		}
	}
	return b
}

func (v vector) header(mine, other, entries uint64) []byte {
	b := make([]byte, v.sector)
	copy(b, "EFI PART\x00\x00\x01\x00\x5c\x00\x00\x00")
	le := binary.LittleEndian
	le.PutUint64(b[0x18:], mine)
	le.PutUint64(b[0x20:], other)
	le.PutUint64(b[0x28:], v.firstUsable)
	le.PutUint64(b[0x30:], v.lastLBA()-v.arraySectors()-1)
	le.PutUint64(b[0x48:], entries)
	le.PutUint32(b[0x50:], v.count)
	le.PutUint32(b[0x54:], v.entrySize)
	le.PutUint32(b[0x58:], crc32.ChecksumIEEE(v.array()))
	reseal(b)
	return b
}

// reseal gives a header its checksum again, over the size it states.
func reseal(b []byte) {
	clear(b[0x10:0x14])
	n := binary.LittleEndian.Uint32(b[0x0c:])
	binary.LittleEndian.PutUint32(b[0x10:], crc32.ChecksumIEEE(b[:n]))
}

func (v vector) mbr() []byte {
	b := make([]byte, v.sector)
	copy(b[446:], []byte{0, 0, 0, 0, 0xee, 0, 0, 0, 1})
	binary.LittleEndian.PutUint32(b[458:], uint32(min(v.lastLBA(), 0xffffffff)))
	b[510], b[511] = 0x55, 0xaa
	return b
}

// head is LBA 0 to the end of the primary entries.
func (v vector) head() []byte {
	b := append(v.mbr(), v.header(1, v.lastLBA(), 2)...)
	b = append(b, v.array()...)
	return append(b, make([]byte, int64(2+v.arraySectors())*v.sector-int64(len(b)))...)
}

// tail is the backup copy.
func (v vector) tail() []byte {
	b := make([]byte, int64(v.arraySectors())*v.sector)
	copy(b, v.array())
	return append(b, v.header(v.lastLBA(), 1, v.lastLBA()-v.arraySectors())...)
}

func (v vector) tailOffset() int64 { return int64(v.lastLBA()-v.arraySectors()) * v.sector }

func (v vector) disk() *sparseDisk {
	d := &sparseDisk{size: v.size}
	d.put(0, v.head()...)
	d.put(v.tailOffset(), v.tail()...)
	return d
}

// Size makes the disk a flash.Image.
func (d *sparseDisk) Size() int64 { return d.size }

// put writes bytes in place, whatever the size of the disk.
func (d *sparseDisk) put(off int64, b ...byte) {
	d.pieces = append(d.pieces, piece{off, b})
}

func (d *sparseDisk) zero(off, n int64) { d.put(off, make([]byte, n)...) }

// editHeader changes the header at off and gives it a right checksum.
func (d *sparseDisk) editHeader(off int64, edit func(h []byte)) {
	h := d.bytes(off, off+512)
	edit(h)
	reseal(h)
	d.put(off, h...)
}

// editEntry changes a slot in both copies and makes all checksums right.
func (v vector) editEntry(d *sparseDisk, i int, edit func(e []byte)) {
	for _, at := range []struct{ header, entries int64 }{
		{v.sector, 2 * v.sector}, {v.size - v.sector, v.tailOffset()},
	} {
		n := int64(v.count) * int64(v.entrySize)
		array := d.bytes(at.entries, at.entries+n)
		edit(array[i*int(v.entrySize):])
		d.put(at.entries, array...)
		d.editHeader(at.header, func(h []byte) {
			binary.LittleEndian.PutUint32(h[0x58:], crc32.ChecksumIEEE(array))
		})
	}
}

// wantRows checks that the rows are exactly those of the vector.
func (v vector) wantRows(t *testing.T, tab *flash.Table, witness flash.Witness) {
	t.Helper()
	if len(tab.Partitions) != len(v.rows) {
		t.Fatalf("%d rows, want %d: %v", len(tab.Partitions), len(v.rows), tab.Partitions)
	}
	for i, r := range v.rows {
		p := tab.Partitions[i]
		want := flash.Extent{Offset: int64(r.first) * v.sector, Length: int64(r.last-r.first+1) * v.sector}
		if p.Name != r.name || p.Extent != want || p.Witness != witness || p.Attributes != r.attributes ||
			p.TypeGUID != "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7" || p.Index != i || p.Region != flash.EMMCUser {
			t.Errorf("row %d is %+v, want %q %v of %s", i, p, r.name, want, witness)
		}
	}
	if tab.Format != "gpt" || tab.SectorSize != v.sector {
		t.Errorf("format %q, sector size %d", tab.Format, tab.SectorSize)
	}
}

// findProblem returns the first problem whose text contains text.
func findProblem(ps []flash.Problem, text string) (flash.Problem, bool) {
	i := slices.IndexFunc(ps, func(p flash.Problem) bool { return contains(p.String(), text) })
	if i < 0 {
		return flash.Problem{}, false
	}
	return ps[i], true
}
