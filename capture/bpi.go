package capture

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/mtkkit/mtkkit/flash"
)

// The parts of a BPI that mtkclient's bpi.py knows, in bytes.
const (
	bpiEntries   = 0x800
	bpiEntry     = 0x80
	bpiMax       = 128 // entries
	bpiOffGUID   = 16
	bpiOffFirst  = 32
	bpiOffLast   = 40
	bpiOffFlags  = 48
	bpiOffName   = 56
	bpiSignature = "BPI\x00"
)

// ReadBPI reads a BPI header: "BPI\0", and at 0x800 entries of the same shape as those
// of a GPT, up to one without a GUID. Nothing states the size of a sector; mtkclient
// takes 512 bytes, and so does this. Neither more of the format nor a real sample is
// known, which a Warning in the result says.
//
// The error is a *flash.FormatError; it wraps flash.ErrNotThis when img does not
// begin so, or has no entry that makes sense.
func ReadBPI(img flash.Image) (*flash.Table, error) {
	n := min(img.Size(), bpiEntries+bpiMax*bpiEntry)
	b, err := flash.ReadFull(img, 0, int(n))
	if err != nil {
		return nil, &flash.FormatError{Format: "bpi", Offset: 0, Text: "cannot be read", Err: err}
	}
	if !strings.HasPrefix(string(b), bpiSignature) {
		return nil, &flash.FormatError{Format: "bpi", Offset: 0, Text: "no BPI signature", Err: flash.ErrNotThis}
	}
	t := &flash.Table{Format: "bpi", SectorSize: sectorSize, Problems: []flash.Problem{flash.NewProblem(flash.Warning, "bpi", 0, "this format is hardly known: unverified on real bytes, and the size of a sector is assumed")}}
	for at := bpiEntries; at+bpiEntry <= len(b); at += bpiEntry {
		e := b[at : at+bpiEntry]
		if string(e[bpiOffGUID:bpiOffFirst]) == strings.Repeat("\x00", 16) {
			break
		}
		p := flash.Partition{Index: len(t.Partitions), Region: flash.EMMCUser, Witness: "bpi", Name: bpiName(e[bpiOffName:])}
		p.Attributes = binary.LittleEndian.Uint64(e[bpiOffFlags:])
		p.GUID, p.TypeGUID = guid(e[bpiOffGUID:]), guid(e)
		first, last := binary.LittleEndian.Uint64(e[bpiOffFirst:]), binary.LittleEndian.Uint64(e[bpiOffLast:])
		var why string
		if p.Extent, why = bpiExtent(first, last); why != "" {
			t.Problems.AddAt(flash.Error, p.Name, int64(at), "%s", why)
		}
		t.Partitions = append(t.Partitions, p)
	}
	if len(t.Partitions) == 0 {
		return nil, &flash.FormatError{Format: "bpi", Offset: bpiEntries, Text: "no entries", Err: flash.ErrNotThis}
	}
	return t, nil
}

// bpiExtent makes bytes of the first and the last sector.
func bpiExtent(first, last uint64) (flash.Extent, string) {
	start, startOK := times(first, sectorSize)
	end, endOK := times(last, sectorSize)
	if first > last || !startOK || !endOK {
		return flash.Extent{Offset: flash.Unplaced}, fmt.Sprintf("sectors 0x%x to 0x%x are impossible", first, last)
	}
	e, err := flash.NewExtent(start, end-start+sectorSize)
	if err != nil {
		return flash.Extent{Offset: flash.Unplaced}, err.Error()
	}
	return e, ""
}

// bpiName decodes a name in UTF-16LE up to its first zero.
func bpiName(b []byte) string {
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		u := binary.LittleEndian.Uint16(b)
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}

// guid prints a GUID as GPTs store it: the first three groups little-endian.
func guid(b []byte) string {
	le := binary.LittleEndian
	return fmt.Sprintf("%08X-%04X-%04X-%04X-%012X", le.Uint32(b), le.Uint16(b[4:]), le.Uint16(b[6:]), b[8:10], b[10:16])
}
