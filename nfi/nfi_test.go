package nfi

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// classic writes a header of the first kind, numbers from spare size on at off.
func classic(version string, off int, spare, pages, blocks uint16) []byte {
	b := make([]byte, 0x100)
	copy(b, "BOOTLOADER!\x00"+version+"NFIINFO\x00")
	le := binary.LittleEndian
	le.PutUint16(b[0x18:], 0x100)
	le.PutUint16(b[0x1A:], 4096)
	le.PutUint16(b[0x1C:], 5)
	for i, v := range []uint16{spare, pages, blocks} {
		le.PutUint16(b[off+2*i:], v)
	}
	return b
}

func wide(id string, at, width int, numbers ...uint32) []byte {
	b := make([]byte, 0x100)
	copy(b, id)
	for i, v := range numbers {
		binary.LittleEndian.PutUint32(b[at+4*i:], v)
	}
	return b[:width]
}

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		in           []byte
		want         Header
		sound        bool
		layout, file int64
		chip         int64
	}{
		"short":          {classic("V006", 0x1E, 256, 64, 2048), Header{Classic, "V006", 4096, 256, 64, 2048, false}, true, 1, 2, 512 << 20},
		"long":           {classic("V006", 0x2C, 256, 64, 2048), Header{Classic, "V006", 4096, 256, 64, 2048, false}, true, 1, 2, 512 << 20},
		"short, V004":    {classic("V004", 0x1E, 128, 64, 1024), Header{Classic, "V004", 4096, 128, 64, 1024, false}, true, 1, 2, 256 << 20},
		"long, V1":       {classic("V1\x00\x00", 0x2C, 128, 64, 1024), Header{Classic, "V1", 4096, 128, 64, 1024, false}, true, 1, 2, 256 << 20},
		"short, odd":     {classic("V006", 0x1E, 0, 64, 1024), Header{Classic, "V006", 4096, 0, 64, 1024, false}, true, 1, 2, 256 << 20},
		"neither form":   {classic("V006", 0x40, 256, 64, 2048), Header{Classic, "V006", 4096, 0, 0, 0, false}, false, 1, 2, 0},
		"impossible":     {classic("V006", 0x1E, 256, 63, 2048), Header{Classic, "V006", 4096, 256, 63, 2048, false}, false, 1, 2, 0},
		"spare too wide": {classic("V006", 0x1E, 2048, 64, 2048), Header{Classic, "V006", 4096, 2048, 64, 2048, false}, false, 1, 2, 0},
		"HSM":            {wide(HSM, 0x20, 0x100, 2048, 64, 64, 1024), Header{HSM, "", 2048, 64, 64, 1024, false}, true, 0, 1, 128 << 20},
		"SPI":            {wide(SPI, 0x10, 0x80, 2048, 64, 64), Header{SPI, "", 2048, 64, 64, 0, false}, true, 0, 1, 0},
		"no page":        {wide(SPI, 0x10, 0x80, 100, 64, 64), Header{SPI, "", 100, 64, 64, 0, false}, false, 0, 1, 0},
	} {
		h := Parse(c.in)
		if h == nil {
			t.Errorf("%s: not read", name)
			continue
		}
		if *h != c.want || h.Sound() != c.sound || h.LayoutPage() != c.layout || h.FilePage() != c.file || h.Chip() != c.chip {
			t.Errorf("%s: %+v, sound %t, layout %d, file %d, chip 0x%x", name, *h, h.Sound(), h.LayoutPage(), h.FilePage(), h.Chip())
		}
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "other": make([]byte, 0x100), "cut": classic("V006", 0x1E, 256, 64, 2048)[:Size-1],
	} {
		if h := Parse(b); h != nil {
			t.Errorf("%s: read as %+v", name, *h)
		}
	}
}

// The only real header at hand, of an MT7621: what it states is what its board has.
func TestRealHeader(t *testing.T) {
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS is not set")
	}
	b, err := os.ReadFile(filepath.Join(dir, "quoted-nand-boot-header-mt7621", "snand_hdr_2k_64.bin"))
	if err != nil {
		t.Fatal(err)
	}
	if h := Parse(b); h == nil || *h != (Header{Classic, "V006", 2048, 64, 64, 2048, false}) {
		t.Errorf("read %+v", h)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(classic("V006", 0x1E, 256, 64, 2048))
	f.Add(classic("V006", 0x2C, 256, 64, 2048))
	f.Add(wide(HSM, 0x20, 0x100, 2048, 64, 64, 1024))
	f.Add(wide(SPI, 0x10, 0x80, 2048, 64, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		h := Parse(b)
		if h == nil {
			return
		}
		if h.ID != ID(b) {
			t.Fatalf("%q is read as %q", ID(b), h.ID)
		}
		if h.Sound() && (h.Page() == 0 || h.Chip() < 0 || h.Chip() > maxBlocks*MaxPages*MaxPage) {
			t.Fatalf("sound, and no chip: %+v", *h)
		}
	})
}
