package capture

import (
	"bytes"
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
)

// pmtMax is the largest size of one table, bytes: 128 entries of 96 after a head of 8, in whole
// pages.
const pmtMax = 0x4000

// maxPMTRows is the largest number of rows; boot loaders have 20, 40 or 128.
const maxPMTRows = 128

// nameSize is the length of an entry's name with its zeros, bytes.
const nameSize = 64

// pmtForm is one layout of a table.
type pmtForm struct {
	head  int  // bytes before the first entry
	width int  // bytes of a number: 8, or 4 on the first NAND phones
	part  bool // an entry has the id of its region between size and offset
	nand  bool
	block int // length of a block that repeats the signature at its end; 0 none
}

func (f pmtForm) entry() int {
	n := nameSize + 3*f.width
	if f.part {
		n += f.width
	}
	return n
}

// The layouts, in pmt.c of several generations of boot loaders.
var (
	formV10   = pmtForm{head: 8, width: 8, block: pmtRegion}             // version "1.0"
	formV11   = pmtForm{head: 8, width: 8, part: true, block: pmtRegion} // version "1.1"
	formOld64 = pmtForm{head: 4, width: 8, block: pmtOld}                // chips of 4 GiB and more
	formOld32 = pmtForm{head: 4, width: 4, block: pmtOld}                // smaller ones
	formNAND  = pmtForm{head: 4, width: 4, nand: true}
	formNAND2 = pmtForm{head: 4, width: 8, nand: true}
	formV3    = pmtForm{head: 4, width: 8, part: true, nand: true}
	formV3TLC = pmtForm{head: 8, width: 8, part: true, nand: true} // with the ratio of SLC
)

// pmt is a table that was found.
type pmt struct {
	offset int64
	mirror bool
	form   pmtForm
	tail   int // offset at which the signature should be repeated, 0 for none
	tailOK bool
	rows   []pmtRow
}

type pmtRow struct {
	name                      string
	size, part, offset, flags uint64
}

// pmtSignature reads the first four bytes of a block. They are the number 'PTv1' in little-endian
// order.
func pmtSignature(b []byte) (version byte, mirror, ok bool) {
	if len(b) < 4 || b[0] < '1' || b[0] > '3' {
		return 0, false, false
	}
	switch string(b[1:4]) {
	case "vTP":
		return b[0], false, true
	case "TPM":
		return b[0], true, true
	}
	return 0, false, false
}

// parsePMT reads the table that begins at b[0]. It returns nil if it is not valid in any layout.
func parsePMT(b []byte, offset int64) *pmt {
	version, mirror, ok := pmtSignature(b)
	if !ok || len(b) < 8 {
		return nil
	}
	var forms []pmtForm
	switch {
	case string(b[4:8]) == "1.0\x00":
		forms = []pmtForm{formV10}
	case string(b[4:8]) == "1.1\x00":
		forms = []pmtForm{formV11}
	case version == '3':
		forms = []pmtForm{formV3TLC, formV3}
	default: // a page of NAND does not repeat the signature
		forms = []pmtForm{formNAND, formNAND2}
		if _, ok := formOld64.tail(b); ok {
			forms = []pmtForm{formOld64, formOld32}
		}
	}
	for _, f := range forms {
		t := &pmt{offset: offset, mirror: mirror, form: f}
		t.tail, t.tailOK = f.tail(b)
		if t.rows = f.rows(b); t.rows != nil {
			return t
		}
	}
	return nil
}

// tail finds the signature at the end of the block.
func (f pmtForm) tail(b []byte) (at int, ok bool) {
	if f.block == 0 {
		return 0, false
	}
	at = f.block - 4
	return at, len(b) >= f.block && bytes.Equal(b[at:f.block], b[:4])
}

// rows decodes the entries up to one without a name. It returns nil unless all of them are valid.
func (f pmtForm) rows(b []byte) (rows []pmtRow) {
	last := uint64(0)
	at, end := f.head, len(b)
	if f.block > 0 {
		end = min(end, f.block-4)
	}
	for len(rows) < maxPMTRows {
		if at+f.entry() > end {
			if at, end = f.next(b, end); at == 0 {
				break
			}
		}
		e := b[at : at+f.entry()]
		if e[0] == 0 || e[0] == 0xFF {
			break
		}
		row, ok := f.row(e)
		if !ok {
			return nil
		}
		if !counted(row.name, row.offset) {
			if row.offset < last {
				return nil
			}
			last = row.offset
		}
		rows = append(rows, row)
		at += f.entry()
	}
	if len(rows) < 3 {
		return nil
	}
	return rows
}

// next returns the start and the end of the entries in the next block, which the first eMMC phones
// used when one block was full, or 0.
func (f pmtForm) next(b []byte, end int) (int, int) {
	at := f.block
	if f.block != pmtOld || end > f.block || len(b) < 2*f.block ||
		!bytes.Equal(b[at:at+4], b[:4]) || !bytes.Equal(b[at+f.block-4:at+f.block], b[:4]) {
		return 0, 0
	}
	return at + f.head, at + f.block - 4
}

// row decodes one entry and reports whether it is valid.
func (f pmtForm) row(e []byte) (row pmtRow, ok bool) {
	row.name, ok = pmtName(e[:nameSize])
	at := nameSize
	num := func() (v uint64) {
		if f.width == 4 {
			v = uint64(binary.LittleEndian.Uint32(e[at:]))
		} else {
			v = binary.LittleEndian.Uint64(e[at:])
		}
		at += f.width
		return v
	}
	row.size = num()
	if f.part {
		row.part = num()
	}
	row.offset, row.flags = num(), num()
	if !ok || row.size%pmtStep != 0 || row.size > 1<<62 {
		return row, false
	}
	if _, err := flash.NewExtent(row.offset, row.size); err != nil {
		return row, counted(row.name, row.offset)
	}
	return row, row.offset%pmtStep == 0 || counted(row.name, row.offset)
}

// pmtName returns a name that is plain text. Bytes after its zero are ignored: writers copy all 64
// bytes, with whatever is after a shorter name.
func pmtName(b []byte) (string, bool) {
	n := bytes.IndexByte(b, 0)
	if n <= 0 {
		return "", false
	}
	for _, c := range b[:n] {
		if c <= ' ' || c > '~' {
			return "", false
		}
	}
	return string(b[:n]), true
}

// pageMode reports whether the id of a region is a mode of NAND pages.
func pageMode(part uint64) bool {
	switch uint32(part) {
	case 0x004C4F57, 0x46554C4C, 0x00534C43, 0x00544C43: // LOW, FULL, SLC, TLC
		return true
	}
	return false
}
