package nand

import (
	"bytes"
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

func seeds(f *testing.F, add func(b []byte)) {
	for _, kind := range headers {
		add(tiny(512, 16, 0, kind).dump())
		add(tiny(2048, 64, 0, kind).dump())
		add(tiny(2048, 64, 512, kind).dump())
		add(tiny(2048, 64, 0, kind).logical())
	}
	if dir := os.Getenv("MTKKIT_CORPUS"); dir != "" {
		b, err := os.ReadFile(filepath.Join(dir, "quoted-nand-boot-header-mt7621", "snand_hdr_2k_64.bin"))
		if err != nil {
			f.Fatal(err)
		}
		add(b)
	}
}

// FuzzDetect: whatever the bytes, no panic, a geometry that a chip can have, reasons for
// it, and two views that make the dump again.
func FuzzDetect(f *testing.F) {
	seeds(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		img := bytes.NewReader(b)
		g, err := Detect(img)
		if err != nil {
			if g != nil {
				t.Fatal("a geometry and an error")
			}
			return
		}
		if g.Page < 512 || g.Page > maxPage || g.Spare < 0 || g.Spare > g.Page || g.PagesPerBlock < 0 || g.PagesPerBlock > maxBlock {
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
	seeds(f, func(b []byte) { f.Add(b, 2048, 64, 16, 0); f.Add(b, 512, 16, 32, 0); f.Add(b, 2048, 64, 16, 512) })
	f.Fuzz(func(t *testing.T, b []byte, page, spare, pages, sector int) {
		if page < 512 || page > maxPage || page&(page-1) != 0 || spare < 0 || spare > page || pages < 0 || pages > maxBlock {
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
