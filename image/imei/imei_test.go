package imei

import (
	"bytes"
	"crypto/aes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// Numbers of the test TAC 00-440245, with right check digits; of no phone.
var made = []string{"004402450000017", "004402450000025"}

// pack writes digits as modems do, with what fills the last nibble.
func pack(digits string, fill byte) []byte {
	b := make([]byte, packedLen)
	for i, d := range digits {
		b[i/2] |= byte(d-'0') << (4 * (i % 2))
	}
	b[7] |= fill << 4
	return b
}

// plainOf makes a slot of MP0B_001 of packed digits.
func plainOf(packed []byte, mask int) []byte {
	b := append(bytes.Clone(packed), 0x57, 0xDB, 0, 0)
	for i, m := range masks[mask] {
		b[i] ^= m
	}
	for i := range 10 {
		b[10+i%2] += b[i]
	}
	return b
}

// lockedOf makes an LD0B_001 with those slots of packed digits; nil is an erased one.
func lockedOf(slots ...[]byte) []byte {
	c, _ := aes.NewCipher(lockedKey)
	out := make([]byte, lockedAt)
	copy(out, magicLocked)
	for _, s := range slots {
		b := make([]byte, lockedLen)
		if s != nil {
			copy(b, s)
			sum := folded(b[:10])
			copy(b[10:], sum[:])
			c.Encrypt(b, b)
			c.Encrypt(b[16:], b[16:])
		}
		out = append(out, b...)
	}
	return out
}

var none = bytes.Repeat([]byte{0xFF}, packedLen)

func TestDecode(t *testing.T) {
	flip := func(b []byte, i int) []byte { b = bytes.Clone(b); b[i] ^= 1; return b }
	two := append(plainOf(pack(made[0], 0), 0), plainOf(pack(made[1], 0), 0)...)
	for _, c := range []struct {
		name  string
		data  []byte
		state State
		held  int
	}{
		{"two SIMs", two, Held, 2},
		{"two SIMs and what signs them", append(bytes.Clone(two), bytes.Repeat([]byte("sign"), 24)...), Held, 2},
		{"the other mask", plainOf(pack(made[0], 0xF), 1), Held, 1},
		{"no mask", plainOf(pack(made[0], 0), 2), Held, 1},
		{"one of two", append(plainOf(pack(made[0], 0), 0), plainOf(none, 0)...), Held, 1},
		{"none written", append(plainOf(none, 0), plainOf(none, 0)...), Empty, 0},
		{"none written, the other mask", plainOf(none, 1), Empty, 0},
		{"zeros", make([]byte, 24), Empty, 0},
		{"erased", bytes.Repeat([]byte{0xFF}, 120), Empty, 0},
		{"zeros and then something else", append(make([]byte, 24), []byte("who knows what this is?")...), Unknown, 0},
		{"a wrong sum", flip(two, 3), Unknown, 0},
		{"a wrong check digit", plainOf(pack("004402450000018", 0), 0), Unknown, 0},
		{"another mask", plainOf([]byte{0xFA, 0xB5, 0xCC, 0xDD, 0xEE, 0xAF, 0xFA, 0xEB}, 0), Unknown, 0},
		{"too short", []byte{1, 2, 3}, Unknown, 0},
		{"nothing", nil, Unknown, 0},
		{"locked", lockedOf(pack(made[0], 0xF), pack(made[1], 0xF), nil), Held, 2},
		{"locked, none written", lockedOf(none, nil), Empty, 0},
		{"locked, erased", lockedOf(nil, nil), Empty, 0},
		{"locked, damaged", flip(lockedOf(pack(made[0], 0xF), nil), lockedAt), Unknown, 0},
		{"locked, no slot", lockedOf(), Unknown, 0},
	} {
		f := decided("x", decode(c.data))
		if f.State != c.state || len(f.Numbers) != c.held || (f.Why != "") != (c.state == Unknown) {
			t.Errorf("%s: %s, %d numbers, %q; want %s, %d", c.name, f.State, len(f.Numbers), f.Why, c.state, c.held)
		}
		for i, n := range f.Numbers {
			if n.Digits() != made[i] {
				t.Errorf("%s: number %d is %s", c.name, i, n.Digits())
			}
		}
	}
}

// The vector that WriteIMEI makes of its own example, and the one of no number that
// imei_gen_mt6xxx holds.
func TestVectors(t *testing.T) {
	if f := decided("", decode([]byte{0xE9, 0x1A, 0x0B, 0x2E, 0x17, 0x95, 0xBD, 0x0F, 0x8B, 0x86, 0x53, 0x72})); f.State != Empty {
		t.Errorf("no number: %+v", f)
	}
	if sum := folded([]byte{0x21, 0x43, 0x65, 0x87, 0x09, 0x21, 0x43, 0xF5, 0, 0}); sum != [8]byte{0xDF, 0xF6, 0xB0, 0xA2, 0xD8, 0x50, 0x96, 0x2A} {
		t.Errorf("sum %x", sum)
	}
}

// However it is printed, a number is masked.
func TestMasked(t *testing.T) {
	n := Number{made[0]}
	for _, s := range []string{n.String(), fmt.Sprint(n), fmt.Sprintf("%s %v", n, []Number{n}), fmt.Sprint(Finding{Numbers: []Number{n}})} {
		if strings.Contains(s, made[0][4:11]) || !strings.Contains(s, "00***********17") {
			t.Errorf("%s", s)
		}
	}
}

// system is a file system of a few files.
type system struct {
	files    map[string][]byte
	problems []flash.Problem
	bad      error
}

func (s *system) paths() (out []string) {
	out = []string{""}
	for p := range s.files {
		parts := strings.Split(p, "/")[1:]
		for i := range parts {
			out = append(out, "/"+strings.Join(parts[:i+1], "/"))
		}
	}
	return out
}

func (s *system) Root() uint64 { return 0 }
func (s *system) Inode(num uint64) (*files.Inode, error) {
	p := order(s)[num]
	if b, ok := s.files[p]; ok {
		return &files.Inode{Num: num, Size: int64(len(b))}, nil
	}
	return &files.Inode{Num: num, Mode: fs.ModeDir}, nil
}
func (s *system) Entries(dir *files.Inode, yield func(files.Entry) bool) error {
	all := order(s)
	for i, p := range all {
		if rest, ok := strings.CutPrefix(p, all[dir.Num]+"/"); ok && !strings.Contains(rest, "/") && !yield(files.Entry{Name: rest, Num: uint64(i)}) {
			return nil
		}
	}
	return nil
}
func (s *system) Content(f *files.Inode) (flash.Image, error) {
	return bytes.NewReader(s.files[order(s)[f.Num]]), s.bad
}
func (s *system) Target(*files.Inode) (string, error) { return "", nil }
func (s *system) Problems() []flash.Problem           { return s.problems }

func order(s *system) []string {
	seen, out := map[string]bool{}, []string{}
	for _, p := range s.paths() {
		if !seen[p] {
			seen[p], out = true, append(out, p)
		}
	}
	if len(s.files) > 1 {
		panic("one file, so that the order is the same each time")
	}
	return out
}

func TestRead(t *testing.T) {
	held := plainOf(pack(made[0], 0), 0)
	for _, c := range []struct {
		name  string
		sys   system
		state State
		path  string
	}{
		{"nvdata", system{files: map[string][]byte{"/md/NVRAM/NVD_IMEI/MP0B_001": held}}, Held, "/md/NVRAM/NVD_IMEI/MP0B_001"},
		{"later", system{files: map[string][]byte{"/md/NVRAM/NVD_IMEI/LD0B_001": lockedOf(pack(made[0], 0xF))}}, Held, "/md/NVRAM/NVD_IMEI/LD0B_001"},
		{"userdata", system{files: map[string][]byte{"/nvram/md/NVRAM/NVD_IMEI/MP0B_001": held}}, Held, "/nvram/md/NVRAM/NVD_IMEI/MP0B_001"},
		{"other files", system{files: map[string][]byte{"/md/NVRAM/NVD_IMEI/FILELIST": held}}, None, ""},
		{"damaged", system{files: map[string][]byte{"/x": nil}, problems: []flash.Problem{{Severity: flash.Warning}}}, Unknown, ""},
		{"unreadable", system{files: map[string][]byte{"/md/NVRAM/NVD_IMEI/MP0B_001": held}, bad: files.ErrEncrypted}, Unknown, ""},
	} {
		f := Read(&files.Tree{System: &c.sys})
		if f.State != c.state || f.Path != c.path {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// nvramOf makes an nvram partition whose map names a record.
func nvramOf(path string, at uint32, record []byte) []byte {
	b := make([]byte, mapLen, mapLen+0x1000)
	put := func(off int, at, size uint32, path string) {
		binary.LittleEndian.PutUint32(b[off+4:], 7)
		binary.LittleEndian.PutUint32(b[off+8:], at)
		binary.LittleEndian.PutUint32(b[off+12:], size)
		copy(b[off+16:], path)
	}
	put(0x10, 0, 0x40, "/data/nvram/APCFG/APRDEB/WIFI")
	put(0x70, at, uint32(len(record)), path)
	b = append(b, make([]byte, 0x40)...)
	return append(b, record...)
}

func TestReadNVRAM(t *testing.T) {
	held := plainOf(pack(made[0], 0), 0)
	for _, c := range []struct {
		name  string
		data  []byte
		state State
	}{
		{"older", nvramOf("/data/nvram/md/NVRAM/NVD_IMEI/MP0B_001", 0x40, held), Held},
		{"later", nvramOf("/mnt/vendor/nvdata/md/NVRAM/NVD_IMEI/LD0B_001", 0x40, lockedOf(pack(made[0], 0xF))), Held},
		{"none written", nvramOf("/data/nvram/md/NVRAM/NVD_IMEI/MP0B_001", 0x40, plainOf(none, 0)), Empty},
		{"behind the end", nvramOf("/data/nvram/md/NVRAM/NVD_IMEI/MP0B_001", 0xFFFFFF00, held), Unknown},
		{"elsewhere", nvramOf("/data/nvram/md/NVRAM/NVD_IMEI/MP0B_001", 0x41, append(held, 0)), Unknown},
		{"no such record", nvramOf("/data/nvram/md/NVRAM/NVD_CORE/MP00_000", 0x40, held), ""},
		{"blank", make([]byte, 0x40000), ""},
		{"nothing", nil, ""},
	} {
		f := ReadNVRAM(bytes.NewReader(c.data))
		switch {
		case f == nil && c.state != "", f != nil && f.State != c.state:
			t.Errorf("%s: %+v, want %q", c.name, f, c.state)
		}
	}
}

// Whatever the bytes, there is no panic, no number that does not prove, and nothing is held
// that is not shown masked.
func FuzzIMEI(f *testing.F) {
	f.Add(plainOf(pack(made[0], 0), 0))
	f.Add(lockedOf(pack(made[0], 0xF), nil))
	f.Add(nvramOf("/data/nvram/md/NVRAM/NVD_IMEI/MP0B_001", 0x40, plainOf(none, 0)))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, found := range []*Finding{decided("x", decode(b)), ReadNVRAM(bytes.NewReader(b))} {
			if found == nil {
				continue
			}
			if (found.State == Held) != (len(found.Numbers) > 0) {
				t.Errorf("%+v", found)
			}
			for _, n := range found.Numbers {
				if len(n.Digits()) != 15 || !strings.Contains(n.String(), "***********") {
					t.Errorf("%q", n.Digits())
				}
			}
		}
	})
}
