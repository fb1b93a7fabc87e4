package nand

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// worn is a chip of 32 blocks, the last 8 its pool, of which two stand in for others.
func worn(page, spare int) *chip {
	c := newChip(page, spare, 16, 32)
	c.boot("BOOTLOADER!")
	c.firmware(1, "LK")
	c.text(3)
	c.ubi(4, 20)
	for _, n := range []int{24, 25} {
		c.write(n, 0, imgtest.Noise("replacement", c.ppb*page))
	}
	c.bmt(30, 8, 12, 24, 5, 25)
	return c
}

func TestBMT(t *testing.T) {
	for _, p := range []pair{{2048, 64}, {4096, 224}, {16384, 128}} {
		c := worn(p.page, p.spare)
		c.marked[31] = true // the factory's: the table moved to the block before
		img := bytes.NewReader(c.dump())
		g := detect(t, c.dump())
		b, err := g.BMT(img)
		if err != nil {
			t.Fatal(err)
		}
		want := &BMT{Block: 30, Pool: 8, Trusted: true, Map: []Mapping{{5, 25, true}, {12, 24, true}}}
		if !reflect.DeepEqual(b, want) {
			t.Errorf("%s: %+v, want %+v", p, b, want)
		}
		bad, err := g.BadBlocks(img)
		if err != nil || !slices.Equal(bad, []int{5, 12, 31}) {
			t.Errorf("%s: bad blocks %v, %v", p, bad, err)
		}
		data, n := c.logical(), c.ppb*c.page
		copy(data[5*n:], data[25*n:26*n])
		copy(data[12*n:], data[24*n:25*n])
		if got := all(t, b.Remap(g.Logical(img), g.BlockSize())); !bytes.Equal(got, data) {
			t.Errorf("%s: remapped wrongly", p)
		}
	}
}

// The table is found without spare bytes, and between interleaved ones, but then no
// spare bytes confirm it and no marker counts.
func TestBMTWithoutSpare(t *testing.T) {
	c := worn(2048, 64)
	want := []Mapping{{5, 25, false}, {12, 24, false}}
	sectors := worn(2048, 64)
	sectors.sector = 512
	for name, dump := range map[string][]byte{"pages": c.logical(), "sectors": sectors.dump()} {
		g, img := detect(t, dump), bytes.NewReader(dump)
		b, err := g.BMT(img)
		if err != nil || !b.Trusted || !slices.Equal(b.Map, want) {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
		if bad, err := g.BadBlocks(img); bad != nil || err != nil {
			t.Errorf("%s: bad blocks %v, %v", name, bad, err)
		}
	}
}

// A damaged table is passed over for an older copy. When there is none, it is reported
// as it is and not followed.
func TestBMTDamage(t *testing.T) {
	for name, tt := range map[string]struct {
		hurt func(c *chip, table []byte)
		says string
	}{
		"flipped bit":         {func(_ *chip, b []byte) { b[22] ^= 1 }, "has checksum 0x"},
		"count":               {func(_ *chip, b []byte) { b[5], b[6] = 9, b[6]+7 }, "counts 9 mapped blocks in a pool of 8"},
		"version":             {func(_ *chip, b []byte) { b[3] = 2 }, "version 2"},
		"bad block":           {func(c *chip, _ []byte) { c.bmt(30, 8, 32, 24) }, "maps block 32 to 24"},
		"outside the pool":    {func(c *chip, _ []byte) { c.bmt(30, 8, 5, 23) }, "maps block 5 to 23"},
		"onto itself":         {func(c *chip, _ []byte) { c.bmt(30, 8, 5, 30) }, "maps block 5 to 30"},
		"same block twice":    {func(c *chip, _ []byte) { c.bmt(30, 8, 5, 24, 5, 25) }, "twice"},
		"same replacement":    {func(c *chip, _ []byte) { c.bmt(30, 8, 5, 24, 6, 24) }, "twice"},
		"table before pool":   {func(c *chip, _ []byte) { c.data[30*c.ppb] = nil; c.bmt(20, 8, 5, 24) }, "outside its pool"},
		"pool without an end": {func(_ *chip, b []byte) { clear(b[20:]) }, "has checksum 0x"},
	} {
		c := worn(2048, 64)
		g := detect(t, c.dump())
		tt.hurt(c, c.data[30*c.ppb])
		img := bytes.NewReader(c.dump())
		b, err := g.BMT(img)
		if err != nil || b.Trusted || len(b.Problems) == 0 || b.Problems[0].Severity != flash.Warning || !strings.Contains(b.Problems[0].Text, tt.says) {
			t.Errorf("%s: %+v, %v; want %q", name, b, err, tt.says)
			continue
		}
		if l := g.Logical(img); b.Remap(l, g.BlockSize()) != l {
			t.Errorf("%s: was followed", name)
		}
		c.bmt(29, 8, 5, 25)
		if b, err = g.BMT(bytes.NewReader(c.dump())); err != nil || b.Block != 29 && tt.says != "outside its pool" || !b.Trusted {
			t.Errorf("%s: the copy was not taken: %+v, %v", name, b, err)
		}
	}
}

func TestBMTDisagrees(t *testing.T) {
	c := worn(2048, 64)
	g := detect(t, c.dump())
	c.index[25] = 7
	delete(c.index, 24)
	b, err := g.BMT(bytes.NewReader(c.dump()))
	if err != nil || b.Map[0].Confirmed || b.Map[1].Confirmed || len(b.Problems) != 1 || !strings.Contains(b.Problems[0].Text, "name block 7") {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestNoBMT(t *testing.T) {
	c := phone(2048, 64, 16, "")
	g := detect(t, c.dump())
	if b, err := g.BMT(bytes.NewReader(c.dump())); !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("%+v, %v", b, err)
	}
	g.PagesPerBlock = 0
	if b, err := g.BMT(bytes.NewReader(c.dump())); err == nil || errors.Is(err, flash.ErrNotThis) {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestRemap(t *testing.T) {
	const block = 8192
	whole := imgtest.Noise("remap", 20*block+1000)
	for _, rows := range [][]Mapping{
		{{Bad: 0, Mapped: 19}},
		{{Bad: 3, Mapped: 15}, {Bad: 4, Mapped: 18}, {Bad: 16, Mapped: 19}},
	} {
		for _, holes := range []bool{false, true} { // with holes, block 3 is one and block 15 is none
			var img flash.Image = bytes.NewReader(whole)
			want := bytes.Clone(whole)
			if holes {
				img, want = sparse(whole)
			}
			orig := bytes.Clone(want)
			for _, m := range rows {
				copy(want[m.Bad*block:], orig[m.Mapped*block:][:block])
			}
			table := &BMT{Trusted: true, Map: rows}
			flashtest.TestImage(t, table.Remap(img, block), want)
		}
	}
	img := bytes.NewReader(whole)
	if table := (&BMT{Trusted: true, Map: []Mapping{{Bad: 1, Mapped: 20}}}); table.Remap(img, block) != img {
		t.Error("a block that is not whole stands in for another")
	}
}

// Chips with small pages have the marker elsewhere, and a byte that no good block has
// anywhere is no marker.
func TestBadBlocks(t *testing.T) {
	c := phone(512, 16, 32, "")
	c.marked[14] = true
	g := detect(t, c.dump())
	if bad, err := g.BadBlocks(bytes.NewReader(c.dump())); err != nil || !slices.Equal(bad, []int{14}) {
		t.Errorf("%v, %v", bad, err)
	}
	for n := range 5 {
		c.marked[n] = true
	}
	if bad, err := g.BadBlocks(bytes.NewReader(c.dump())); err == nil || len(bad) != 6 {
		t.Errorf("%v, %v", bad, err)
	}
}
