package imgtest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// bluChain is the table of a sold MT6592 phone; its numbers are public.
var bluChain = MBRSpec{
	Primary: []flash.Extent{{Offset: 0x900000, Length: 0xa00000}, {Offset: 0x1300000, Length: 0xa00000}, {Offset: 0x31a0000, Length: 0x600000}},
	EBRs: []EBRSpec{
		{0x80000, []flash.Extent{{Offset: 0x40a0000, Length: 0x100000}, {Offset: 0x5000000, Length: 0xc0000000}, {Offset: 0xc5000000, Length: 0x1a800000}}},
		{0x4020000, []flash.Extent{{Offset: 0xdf800000, Length: 0x60000000}}},
	},
	ToEnd: true,
}

var mobiwireChain = MBRSpec{
	Primary: []flash.Extent{{Offset: 0x900000, Length: 0xa00000}, {Offset: 0x1300000, Length: 0xa00000}, {Offset: 0x3740000, Length: 0x3b600000}},
	EBRs:    []EBRSpec{{0x80000, []flash.Extent{{Offset: 0x3ed40000, Length: 0xe200000}, {Offset: 0x4cf40000, Length: 0x9afe0000}}}},
	ToEnd:   true,
}

// Known entries of that phone's sectors: table, slot, type, LBA, count.
func TestMBRChain(t *testing.T) {
	sectors := MBRChain(bluChain)
	var got []string
	for _, s := range sectors {
		for slot := range 4 {
			e := s.Bytes[446+16*slot:]
			got = append(got, fmt.Sprintf("%s[%d] %02x %x %x", s.Name, slot, e[4], binary.LittleEndian.Uint32(e[8:]), binary.LittleEndian.Uint32(e[12:])))
		}
	}
	want := []string{
		"MBR[0] 05 400 ffffffff", "MBR[1] 83 4800 5000", "MBR[2] 83 9800 5000", "MBR[3] 83 18d00 3000",
		"EBR1[0] 83 20100 800", "EBR1[1] 83 27c00 600000", "EBR1[2] 83 627c00 d4000", "EBR1[3] 05 1fd00 ffffffff",
		"EBR2[0] 83 6dbf00 ff9043ff", "EBR2[1] 00 0 0", "EBR2[2] 00 0 0", "EBR2[3] 00 0 0",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("entries:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Where the sectors of those phones are at hand, ours are the same to the byte.
func TestMBRChainLikeReal(t *testing.T) {
	for dir, spec := range map[string]MBRSpec{
		"blu-s5260-mt6592": bluChain, "mobiwire-s10-mt6572": mobiwireChain,
	} {
		for _, s := range MBRChain(spec) {
			if real := sample(t, dir+"/"+s.Name); !bytes.Equal(s.Bytes, real[:512]) {
				t.Errorf("%s of %s differs", s.Name, dir)
			}
		}
	}
}

func TestGPTBySgdisk(t *testing.T) {
	sgdisk := tool(t, "sgdisk")
	p := MT6765()
	path := filepath.Join(t.TempDir(), "ROM_1")
	if err := p.User.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(sgdisk, "-v", path).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "No problems found") {
		t.Errorf("sgdisk -v: %v\n%s", err, out)
	}
	out, err = exec.Command(sgdisk, "-i", "22", path).CombinedOutput()
	for _, want := range []string{"'lk2'", basicData, mtkGUID(21), "First sector: 157696 ", "Last sector: 159743 "} {
		if !strings.Contains(string(out), want) {
			t.Errorf("sgdisk -i 22 does not say %s: %v\n%s", want, err, out)
		}
	}
}

// Both copies of a table with 4096-byte sectors and odd options hold their checksums
// and point at each other. No common tool reads such a table from a file.
func TestGPTCopies(t *testing.T) {
	for _, spec := range []GPTSpec{
		{SectorSize: 512, DeviceSize: mib},
		{SectorSize: 4096, DeviceSize: mib, DiskGUID: "01234567-89AB-CDEF-0123-456789ABCDEF"},
		{SectorSize: 512, DeviceSize: mib, Entries: 56, FirstUsable: 64},
		{SectorSize: 4096, DeviceSize: mib, Entries: 57, FirstUsable: 8},
	} {
		spec.Rows = []GPTRow{{Name: "boot", Extent: flash.Extent{Offset: 0x8000, Length: 0x8000}, Attributes: 4}}
		primary, backup := GPT(spec)
		img := NewSparse(spec.DeviceSize)
		img.PutGPT(spec)
		ss, last := spec.SectorSize, spec.DeviceSize/spec.SectorSize-1
		for _, at := range [][2]int64{{1, last}, {last, 1}} {
			h := img.Range(flash.Extent{Offset: at[0] * ss, Length: 92})
			u64 := func(off int) int64 { return int64(binary.LittleEndian.Uint64(h[off:])) }
			u32 := func(off int) int64 { return int64(binary.LittleEndian.Uint32(h[off:])) }
			if string(h[:8]) != "EFI PART" || u64(0x18) != at[0] || u64(0x20) != at[1] {
				t.Fatalf("%+v: header at %d says my %d, alternate %d", spec, at[0], u64(0x18), u64(0x20))
			}
			table := img.Range(flash.Extent{Offset: u64(0x48) * ss, Length: u32(0x50) * u32(0x54)})
			if int64(crc32.ChecksumIEEE(table)) != u32(0x58) {
				t.Errorf("%+v: table of header %d: CRC does not hold", spec, at[0])
			}
			stored := u32(0x10)
			clear(h[0x10:0x14])
			if int64(crc32.ChecksumIEEE(h)) != stored {
				t.Errorf("%+v: header %d: CRC does not hold", spec, at[0])
			}
			if first, end := u64(0x28), u64(0x30); first*ss < int64(len(primary)) || (end+1)*ss != spec.DeviceSize-int64(len(backup)) {
				t.Errorf("%+v: usable %d to %d beside tables of %d and %d bytes", spec, first, end, len(primary), len(backup))
			}
			if got := binary.LittleEndian.Uint64(table[0x28:]); int64(got) != 0x10000/ss-1 {
				t.Errorf("%+v: boot ends at LBA %d", spec, got)
			}
			if got := fmt.Sprintf("%x", table[:16]); got != "a2a0d0ebe5b9334487c068b6b72699c7" {
				t.Errorf("%+v: type GUID is %s", spec, got)
			}
		}
	}
}
