package preloader

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// The builder here knows nothing of Wrap: it writes bytes at numbers, so that the
// package is not its own witness.

var le = binary.LittleEndian

// gfh describes a file to build.
type gfh struct {
	fileType uint16
	sigType  uint8
	sigLen   int
	max      uint32
	content  string // put in front of MTK_BLOADER_INFO
	board    string // whole file name; "" for no MTK_BLOADER_INFO
	emi      int    // DRAM entries
	sha1     bool   // digest of the MT6261 kind
	unsigned bool   // leave the signature block without a digest
	digest   int    // place of the digest, when it is none of the known ones
}

// emiSize is the length of a DRAM entry, bytes: that of MT6582 and many others.
const emiSize = 188

func (g gfh) build() []byte {
	if g.fileType == 0 {
		g.fileType = 1
	}
	if g.max == 0 {
		g.max = 0x20000
	}
	records := [][2]int{{0, 0x38}, {1, 0xC}, {7, 0x64}, {0x60, 0x10}}
	var head []byte
	for i, r := range records {
		b := make([]byte, r[1])
		copy(b, "MMM\x01")
		if i == 2 {
			b[3] = 3
		}
		le.PutUint16(b[4:], uint16(r[1]))
		le.PutUint16(b[6:], uint16(r[0]))
		head = append(head, b...)
	}
	f := append(head, g.content...)
	for len(f)%4 != 0 {
		f = append(f, 0)
	}
	if g.board != "" {
		b := make([]byte, 0x70+emiSize*g.emi)
		copy(b, "MTK_BLOADER_INFO_v35")
		copy(b[0x1B:], g.board)
		copy(b[0x64:], "MTK_BIN")
		le.PutUint32(b[0x6C:], uint32(g.emi))
		for i := range b[0x70:] {
			b[0x70+i] = byte(i/emiSize + 1)
		}
		f = append(f, b...)
		f = le.AppendUint32(f, uint32(len(b)))
	}
	at := len(f)
	f = append(f, make([]byte, g.sigLen)...)
	copy(f[8:], "FILE_INFO\x00\x00\x00")
	le.PutUint32(f[0x14:], 1)
	le.PutUint16(f[0x18:], g.fileType)
	f[0x1A], f[0x1B] = 5, g.sigType
	le.PutUint32(f[0x1C:], 0x200D00)
	le.PutUint32(f[0x20:], uint32(len(f)))
	le.PutUint32(f[0x24:], g.max)
	le.PutUint32(f[0x28:], uint32(len(head)))
	le.PutUint32(f[0x2C:], uint32(g.sigLen))
	le.PutUint32(f[0x30:], uint32(len(head)))
	place := map[uint8]int{1: 0, 3: 4, 5: 0x54C}[g.sigType] + g.digest
	switch s256, s1 := sha256.Sum256(f[:at]), sha1.Sum(f[:at]); {
	case g.unsigned || g.sigLen == 0:
	case g.sha1:
		copy(f[at+place:], s1[:])
	default:
		copy(f[at+place:], s256[:])
	}
	return f
}

// plain is the file most tests use.
func plain() gfh {
	return gfh{sigType: 5, sigLen: 0x66C, content: strings.Repeat("code ", 200), board: "preloader_k65v1_64_bsp.bin", emi: 3}
}

// entry is a BRLYT descriptor to write.
type entry struct {
	device, kind         uint16
	begin, boundary, att uint32
}

// region writes a boot region with files at their begins, and pads it to size with 0x00.
func region(name string, unit uint32, entries []entry, files map[int][]byte, size int) []byte {
	b := make([]byte, size)
	for i := range 0x400 {
		b[i] = 0xFF
	}
	copy(b, append([]byte(name), make([]byte, 12-len(name))...))
	le.PutUint32(b[0x0C:], 1)
	le.PutUint32(b[0x10:], unit)
	clear(b[0x200:0x2B4])
	copy(b[0x200:], "BRLYT")
	le.PutUint32(b[0x208:], 1)
	for i, e := range entries {
		at := 0x214 + 20*i
		if i == 0 {
			le.PutUint32(b[0x20C:], e.begin)
		}
		le.PutUint32(b[0x210:], e.boundary)
		copy(b[at:], "BBBB")
		le.PutUint16(b[at+4:], e.device)
		le.PutUint16(b[at+6:], e.kind)
		le.PutUint32(b[at+8:], e.begin)
		le.PutUint32(b[at+12:], e.boundary)
		le.PutUint32(b[at+16:], e.att)
	}
	for at, f := range files {
		copy(b[min(at, size):], f)
	}
	return b
}

// emmc is a region of one file at 0x800.
func emmc(file []byte) []byte {
	return region("EMMC_BOOT", 0x200, []entry{{5, 1, 0x800, 0x20800, 1}}, map[int][]byte{0x800: file}, 0x8000)
}

func image(b []byte) flash.Image { return bytes.NewReader(b) }

func bytesOf(t *testing.T, img flash.Image) []byte {
	t.Helper()
	b, err := flash.ReadFull(img, 0, int(img.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustRead(t *testing.T, b []byte) *Region {
	t.Helper()
	r, err := Read(image(b))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// problem returns the first problem whose text holds part, or fails.
func problem(t *testing.T, ps []flash.Problem, part string) flash.Problem {
	t.Helper()
	for _, p := range ps {
		if strings.Contains(p.Text, part) {
			return p
		}
	}
	t.Fatalf("no problem says %q: %v", part, ps)
	return flash.Problem{}
}
