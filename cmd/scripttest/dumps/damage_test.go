package dumps

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// A damaged dump gives all that is right, names the rest, and ends with exit code 3.
// Each case says what must be written and what must be said.
func TestDamagedDumps(t *testing.T) {
	const mib = 1 << 20
	cases := []struct {
		name   string
		phone  func() *imgtest.Phone
		damage func(*imgtest.Sparse)
		code   int
		says   string   // on stderr, or stdout
		whole  []string // rows whose files must hold exactly the phone's bytes
		absent []string // files that must not be there
	}{
		{"cut in userdata", imgtest.MT6765, func(s *imgtest.Sparse) { s.Truncate(0xb400000) }, words.ExitProblems,
			"still to be read: region EMMC_USER, start address 0xb400000, length 0x4c00000", []string{"boot", "cache"}, []string{"flashinfo.bin"}},
		{"cut inside boot", imgtest.MT6765, func(s *imgtest.Sparse) { s.Truncate(0x4e80000) }, words.ExitProblems,
			"boot: is cut", []string{"lk", "recovery"}, []string{"system.img"}},
		{"cut, MBR", imgtest.MT6592, func(s *imgtest.Sparse) { s.Truncate(0x5000000) }, words.ExitProblems,
			"shorter than the phone", nil, nil},
		{"longer than the phone", imgtest.MT6765, func(s *imgtest.Sparse) { s.Truncate(300 * mib) }, words.ExitProblems,
			"longer than the phone", []string{"boot", "flashinfo"}, nil},
		{"primary header gone", imgtest.MT6765, func(s *imgtest.Sparse) { s.Zero(0, 0x8000) }, words.ExitProblems,
			"backup", []string{"boot", "userdata"}, nil},
		{"backup gone", imgtest.MT6765, func(s *imgtest.Sparse) { s.Zero(s.Size()-0x4200, 0x4200) }, words.ExitProblems,
			"backup", []string{"boot", "userdata"}, nil},
		{"header CRC wrong", imgtest.MT6765, func(s *imgtest.Sparse) { s.Put(512+16, []byte{1, 2, 3, 4}) }, words.ExitProblems,
			"CRC", []string{"boot", "userdata"}, nil},
		{"2^32 entries", imgtest.MT6765, header(func(h []byte) { binary.LittleEndian.PutUint32(h[80:], 0xFFFFFFFF) }), words.ExitProblems,
			"backup", []string{"boot", "userdata"}, nil},
		{"entry size 1", imgtest.MT6765, header(func(h []byte) { binary.LittleEndian.PutUint32(h[84:], 1) }), words.ExitProblems,
			"backup", []string{"boot", "userdata"}, nil},
		{"end before start", imgtest.MT6765, entry(5, func(e []byte) { binary.LittleEndian.PutUint64(e[40:], 1) }), words.ExitProblems,
			"frp", []string{"boot", "userdata"}, nil},
		{"row beyond the image", imgtest.MT6765, entry(5, func(e []byte) {
			binary.LittleEndian.PutUint64(e[32:], 1<<40)
			binary.LittleEndian.PutUint64(e[40:], 1<<40+100)
		}), words.ExitProblems, "frp", []string{"boot", "userdata"}, nil},
		{"overlapping rows", imgtest.MT6765, entry(2, func(e []byte) {
			binary.LittleEndian.PutUint64(e[40:], binary.LittleEndian.Uint64(e[40:])+100)
		}), words.ExitProblems, "overlaps", []string{"boot", "userdata"}, nil},
		{"EBR1 links to itself", imgtest.MT6592, func(s *imgtest.Sparse) {
			s.Put(0x80000+446+3*16+8, []byte{0, 0, 0, 0})
		}, words.ExitProblems, "0x800", nil, nil},
		{"EBR1 zeroed", imgtest.MT6592, func(s *imgtest.Sparse) { s.Zero(0x80000, 512) }, words.ExitProblems, "0x80000", nil, nil},
		{"odd length", imgtest.MT6592, func(s *imgtest.Sparse) { s.Truncate(s.Size() + 100) }, words.ExitProblems, "512-byte sectors", nil, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := c.phone()
			truth := p.User.Clone()
			c.damage(p.User)
			dir := t.TempDir()
			path := filepath.Join(dir, "ROM_1")
			if err := p.User.WriteFile(path); err != nil {
				t.Fatal(err)
			}
			parts := filepath.Join(dir, "parts")
			out, errs := must(t, c.code, "split", path, "-o", parts)
			if !strings.Contains(out+errs, c.says) {
				t.Errorf("%q is not said in\n%s%s", c.says, out, errs)
			}
			for _, name := range c.whole {
				row := p.Row(name)
				got, err := os.ReadFile(filepath.Join(parts, fileOf(t, parts, name)))
				if err != nil {
					t.Fatal(err)
				}
				if string(got) != string(truth.Range(row.Extent)) {
					t.Errorf("%s: not the phone's bytes", name)
				}
			}
			for _, name := range c.absent {
				if _, err := os.Stat(filepath.Join(parts, name)); err == nil {
					t.Errorf("%s was written", name)
				}
			}
			code := words.ExitOK // a damaged table is in the parts as it was
			if strings.HasPrefix(c.name, "cut") {
				code = words.ExitProblems
			}
			joinsTo(t, code, parts, path)
			must(t, words.ExitProblems, "verify", path)
		})
	}
}

// fileOf looks up in the manifest which file a partition became.
func fileOf(t *testing.T, dir, name string) string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, flash.ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := flash.ReadManifest(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range m.Entries {
		if e.Name == name {
			return e.File
		}
	}
	t.Fatalf("%s is not in the manifest", name)
	return ""
}

// header damages the primary GPT header and makes its CRC right again.
func header(change func([]byte)) func(*imgtest.Sparse) {
	return func(s *imgtest.Sparse) {
		h := s.Range(flash.Extent{Offset: 512, Length: 512})
		change(h)
		reseal(h)
		s.Put(512, h)
	}
}

func reseal(h []byte) {
	clear(h[16:20])
	binary.LittleEndian.PutUint32(h[16:], crc32.ChecksumIEEE(h[:92]))
}

// entry damages one entry of both copies and makes all CRCs right again.
func entry(i int, change func([]byte)) func(*imgtest.Sparse) {
	return func(s *imgtest.Sparse) {
		for _, at := range []struct{ header, entries int64 }{{512, 1024}, {s.Size() - 512, s.Size() - 33*512}} {
			array := s.Range(flash.Extent{Offset: at.entries, Length: 128 * 128})
			change(array[i*128:])
			s.Put(at.entries, array)
			h := s.Range(flash.Extent{Offset: at.header, Length: 512})
			binary.LittleEndian.PutUint32(h[88:], crc32.ChecksumIEEE(array))
			reseal(h)
			s.Put(at.header, h)
		}
	}
}

// Names from a table are data from a stranger: made safe, told, never outside the
// folder.
func TestHostileNames(t *testing.T) {
	names := []string{"../../etc/passwd", "/abs", "con", "BOOT", "boot", "", "a:b", "nul.txt", "dots...", "-rf", "x\ty", "manifest.json", "SHA256SUMS"}
	spec := imgtest.GPTSpec{SectorSize: 512, DeviceSize: 64 << 20}
	rom := imgtest.NewSparse(spec.DeviceSize)
	for i, n := range names {
		at := flash.Extent{Offset: 0x8000 + int64(i)*0x100000, Length: 0x100000}
		spec.Rows = append(spec.Rows, imgtest.GPTRow{Name: n, Extent: at})
		rom.Put(at.Offset+100, []byte("row "+n))
	}
	rom.PutGPT(spec)
	dir := t.TempDir()
	path := filepath.Join(dir, "in", "ROM_1")
	if err := os.Mkdir(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := rom.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	_, errs := must(t, words.ExitProblems, "split", path, "-o", filepath.Join(dir, "deep", "er", "parts"))
	for _, n := range []string{`\"../../etc/passwd`, `/abs`, `"con`, "boot_2.img"} {
		if !strings.Contains(errs, strings.ReplaceAll(n, `\"`, `"`)) {
			t.Errorf("nothing is said of %s:\n%s", n, errs)
		}
	}
	joinsTo(t, words.ExitOK, filepath.Join(dir, "deep", "er", "parts"), path)
	var files []string
	filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if !d.IsDir() && !strings.HasPrefix(p, filepath.Join(dir, "deep", "er", "parts")) && p != path {
			files = append(files, p)
		}
		return err
	})
	if len(files) > 0 {
		t.Errorf("written outside the folder: %q", files)
	}
}
