package imgtest

import (
	"fmt"
	"hash/crc32"
	"unicode/utf16"

	"github.com/mtkkit/mtkkit/flash"
)

// basicData is the type GUID of every row in a GPT that MediaTek's tools wrote.
const basicData = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"

// GPTSpec describes a GPT. The zero values of the options are those of a phone.
type GPTSpec struct {
	SectorSize  int64 // bytes, 512 or 4096
	DeviceSize  int64 // bytes
	Rows        []GPTRow
	Entries     int    // slots in the table; 0 means 128
	FirstUsable int64  // LBA; 0 means directly behind the table
	DiskGUID    string // "" means all zero
}

// GPTRow is one partition. Its extent is in bytes and consists of whole sectors.
type GPTRow struct {
	Name string
	flash.Extent
	GUID       string // unique GUID; "" means mtkGUID of its index
	Attributes uint64
}

// mtkGUID returns the unique GUID of row i: MediaTek's tools use a fixed list by index,
// the same on every phone. The first three are publicly known; from the fourth on they
// are invented.
func mtkGUID(i int) string {
	known := []string{
		"F57AD330-39C2-4488-9BB0-00CB43C9CCD4",
		"FE686D97-3544-4A41-BE21-167E25B61B6F",
		"1CB143A8-B1A8-4B57-B251-945C5119E8FE",
	}
	if i < len(known) {
		return known[i]
	}
	return fmt.Sprintf("5A4D504C-%04X-4000-8000-%012X", i, 0x1000+i)
}

// GPT returns the two copies of a table: primary is protective MBR, header and
// entries, for offset 0; backup is entries and header, for the device's last bytes.
func GPT(spec GPTSpec) (primary, backup []byte) {
	if spec.Entries == 0 {
		spec.Entries = 128
	}
	ss := spec.SectorSize
	entries := gptEntries(spec)
	total := spec.DeviceSize / ss
	span := int64(len(entries)) / ss // sectors of the entries
	if spec.FirstUsable == 0 {
		spec.FirstUsable = 2 + span
	}
	h := gptHeader{spec: spec, entries: entries, lastUsable: total - 2 - span}

	primary = pad(protectiveMBR(total), int(ss), 0)
	primary = append(primary, h.encode(1, total-1, 2)...)
	primary = append(primary, entries...)
	backup = append(backup, entries...)
	backup = append(backup, h.encode(total-1, 1, total-1-span)...)
	return primary, backup
}

// PutGPT writes both copies of a table to s.
func (s *Sparse) PutGPT(spec GPTSpec) {
	primary, backup := GPT(spec)
	s.Put(0, primary)
	s.Put(spec.DeviceSize-int64(len(backup)), backup)
}

// gptEntries returns the table of entries, padded to whole sectors.
func gptEntries(spec GPTSpec) []byte {
	b := make([]byte, spec.Entries*128)
	for i, r := range spec.Rows {
		e := b[i*128 : (i+1)*128]
		guid := r.GUID
		if guid == "" {
			guid = mtkGUID(i)
		}
		copy(e[0x00:], guidBytes(basicData))
		copy(e[0x10:], guidBytes(guid))
		le.PutUint64(e[0x20:], uint64(r.Offset/spec.SectorSize))
		le.PutUint64(e[0x28:], uint64(r.End()/spec.SectorSize-1))
		le.PutUint64(e[0x30:], r.Attributes)
		for j, c := range utf16.Encode([]rune(r.Name)) {
			le.PutUint16(e[0x38+2*j:], c)
		}
	}
	return pad(b, int(spec.SectorSize), 0)
}

type gptHeader struct {
	spec       GPTSpec
	entries    []byte
	lastUsable int64
}

// encode returns a header sector for LBA my.
func (h gptHeader) encode(my, alternate, table int64) []byte {
	b := make([]byte, h.spec.SectorSize)
	copy(b, "EFI PART")
	put32(b, 0x08, 0x00010000, 92)
	for i, v := range []int64{my, alternate, h.spec.FirstUsable, h.lastUsable} {
		le.PutUint64(b[0x18+8*i:], uint64(v))
	}
	if h.spec.DiskGUID != "" {
		copy(b[0x38:], guidBytes(h.spec.DiskGUID))
	}
	le.PutUint64(b[0x48:], uint64(table))
	put32(b, 0x50, uint32(h.spec.Entries), 128,
		crc32.ChecksumIEEE(h.entries[:h.spec.Entries*128]))
	put32(b, 0x10, crc32.ChecksumIEEE(b[:92]))
	return b
}

// protectiveMBR has one entry EE for the whole device, with CHS zero, as on phones.
func protectiveMBR(total int64) []byte {
	b := tableSector()
	b[446+4] = 0xee
	put32(b, 446+8, 1, uint32(min(total-1, 0xffffffff)))
	return b
}
