package imgtest

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// MBRSpec describes a MediaTek partition chain: one MBR, and EBR1, EBR2 … as needed.
type MBRSpec struct {
	Primary []flash.Extent // rows of the MBR, at most 3
	EBRs    []EBRSpec      // EBR1 first
	ToEnd   bool           // the last row of the last EBR has no length
}

// EBRSpec is one extended boot record with its rows: up to 3, or 4 in the last one.
type EBRSpec struct {
	Offset int64 // of its sector, bytes
	Rows   []flash.Extent
}

// Sector is one table sector of 512 bytes with its offset.
type Sector struct {
	Name   string // "MBR", "EBR1", "EBR2" …
	Offset int64  // bytes
	Bytes  []byte
}

// MBRChain returns the sectors of a chain by the rules seen on phones (MediaTek's ptgen
// writes them): the MBR's addresses are absolute, a row in an EBR counts from that EBR,
// a link in an EBR counts from EBR1; links have length 0xffffffff, and a row to the end
// has 0xffffffff less its distance from EBR1.
func MBRChain(spec MBRSpec) []Sector {
	const data, link, noLength = 0x83, 0x05, 0xffffffff
	sectors := []Sector{{Name: "MBR", Bytes: tableSector()}}
	if len(spec.EBRs) > 0 {
		putEntry(sectors[0].Bytes, 0, link, spec.EBRs[0].Offset, noLength)
	}
	for i, e := range spec.Primary {
		putEntry(sectors[0].Bytes, i+1, data, e.Offset, uint32(e.Length/512))
	}
	for n, ebr := range spec.EBRs {
		s := Sector{fmt.Sprintf("EBR%d", n+1), ebr.Offset, tableSector()}
		base := spec.EBRs[0].Offset
		for i, e := range ebr.Rows {
			count := uint32(e.Length / 512)
			if spec.ToEnd && n == len(spec.EBRs)-1 && i == len(ebr.Rows)-1 {
				count = noLength - uint32((e.Offset-base)/512)
			}
			putEntry(s.Bytes, i, data, e.Offset-ebr.Offset, count)
		}
		if n+1 < len(spec.EBRs) {
			putEntry(s.Bytes, 3, link, spec.EBRs[n+1].Offset-base, noLength)
		}
		sectors = append(sectors, s)
	}
	return sectors
}

// PutSectors writes table sectors at their offsets.
func (s *Sparse) PutSectors(sectors []Sector) {
	for _, t := range sectors {
		s.Put(t.Offset, t.Bytes)
	}
}

// tableSector returns a sector with the signature and no entries: boot code, status
// and CHS are zero on these phones.
func tableSector() []byte {
	b := make([]byte, 512)
	b[510], b[511] = 0x55, 0xaa
	return b
}

func putEntry(sector []byte, slot int, kind byte, offset int64, count uint32) {
	if slot > 3 || offset%512 != 0 {
		panic(fmt.Sprintf("imgtest: MBR slot %d, offset 0x%x", slot, offset))
	}
	e := sector[446+16*slot:]
	e[4] = kind
	put32(e, 8, uint32(offset/512), count)
}
