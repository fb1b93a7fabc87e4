package nand

import (
	"bytes"
	"github.com/mtkkit/mtkkit/nfi"
	"os"
	"path/filepath"
	"testing"
)

// tiny is a chip of few bytes, which a fuzzer gets through quickly.
func tiny(page, spare, sector int, kind string) *chip {
	c := newChip(page, spare, 16, 4)
	c.sector = sector
	c.boot(kind)
	c.ubi(1, 3)
	c.write(1, 4, bytes.Repeat([]byte("text"), page))
	c.bmt(3, 2, 1, 2)
	return c
}

// bases are dumps that fuzzers hurt. Whole dumps as seeds are too long to be mutated
// with any luck.
func bases() (out [][]byte) {
	for _, kind := range headers {
		out = append(out,
			tiny(512, 16, 0, kind).dump(),
			tiny(2048, 64, 0, kind).dump(),
			tiny(2048, 64, 512, kind).dump(),
			tiny(2048, 64, 0, kind).logical())
	}
	return append(out, nil)
}

// hurt writes b over base at a place of it and cuts the end off.
func hurt(base, b []byte, at, cut uint) []byte {
	out := bytes.Clone(base)
	at %= uint(len(out)) + 1
	if n := copy(out[at:], b); n < len(b) {
		out = append(out, b[n:]...)
	}
	return out[:uint(len(out))-min(cut, uint(len(out)))]
}

// realHeader is the head of a real chip, when the corpus is here.
func realHeader(f *testing.F) []byte {
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(dir, "quoted-nand-boot-header-mt7621", "snand_hdr_2k_64.bin"))
	if err != nil {
		f.Fatal(err)
	}
	return b
}

// FuzzDetect: whatever the bytes, no panic, a geometry that a chip can have, reasons for
// it, and two views that make the dump again.
func FuzzDetect(f *testing.F) {
	bases := bases()
	for i := range bases {
		f.Add([]byte{}, uint(i), uint(0), uint(0))
	}
	f.Add(realHeader(f), uint(1), uint(0), uint(2112))
	f.Add([]byte("\x00\x00\xff\xff"), uint(5), uint(0x1A), uint(1))
	f.Fuzz(func(t *testing.T, b []byte, which, at, cut uint) {
		b = hurt(bases[which%uint(len(bases))], b, at, cut)
		img := bytes.NewReader(b)
		g, err := Detect(img)
		if err != nil {
			if g != nil {
				t.Fatal("a geometry and an error")
			}
			return
		}
		if g.Page < 512 || g.Page > nfi.MaxPage || g.Spare < 0 || g.Spare > g.Page || g.PagesPerBlock < 0 || g.PagesPerBlock > nfi.MaxPages {
			t.Fatalf("no chip has %+v", g)
		}
		if len(g.Evidence) < enough || len(g.Problems) == 0 {
			t.Fatalf("found for no reason: %+v", g)
		}
		logical, spares := g.Logical(img), g.Spares(img)
		if !bytes.Equal(all(t, g.Join(logical, spares)), b) {
			t.Fatal("the views do not make the dump again")
		}
		if _, err := g.BadBlocks(img); err != nil && g.Spare == 0 {
			t.Fatal(err)
		}
	})
}

// FuzzBMT: whatever the bytes, no panic, only mappings that can be, and a view of the
// same size that can be read.
func FuzzBMT(f *testing.F) {
	base := tiny(2048, 64, 0, "").dump()
	at := uint(3 * 16 * 2112) // where its table stands
	for _, b := range []string{"", "BMT\x02", "BMT\x01\x00\x09\x10", "BMT\x01\x00\x01\xff"} {
		f.Add([]byte(b), at, 2048, 64, 16, 0)
		f.Add([]byte(b), at, 512, 16, 64, 0)
		f.Add([]byte(b), at, 2048, 64, 16, 512)
	}
	f.Fuzz(func(t *testing.T, b []byte, at uint, page, spare, pages, sector int) {
		b = hurt(base, b, at, 0)
		if page < 512 || page > nfi.MaxPage || page&(page-1) != 0 || spare < 0 || spare > page || pages < 0 || pages > nfi.MaxPages {
			return
		}
		g := &Geometry{Page: page, Spare: spare, PagesPerBlock: pages}
		if (sector == 512 || sector == 1024) && page%sector == 0 && page > sector && spare%(page/sector) == 0 {
			g.Sector = sector
		}
		img := bytes.NewReader(b)
		table, err := g.BMT(img)
		if err != nil {
			return
		}
		logical := g.Sectors().Logical(img)
		for _, m := range table.Map {
			if int64(max(m.Bad, m.Mapped)+1)*g.BlockSize() > logical.Size() {
				t.Fatalf("mapping %+v is outside of the dump", m)
			}
		}
		if got := all(t, table.Remap(logical, g.BlockSize())); int64(len(got)) != logical.Size() {
			t.Fatalf("remapped to %d bytes of %d", len(got), logical.Size())
		}
	})
}
