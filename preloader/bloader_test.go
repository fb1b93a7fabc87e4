package preloader

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// TestBloaderPlaces moves MTK_BLOADER_INFO away from the content's end.
func TestBloaderPlaces(t *testing.T) {
	block := func(name string) string {
		g := gfh{board: name, content: ""}
		b := g.build()
		at := bytes.Index(b, []byte("MTK_BLOADER_INFO"))
		return string(b[at:])
	}
	g := gfh{sigType: 3, sigLen: 0x124}
	g.content = block("preloader_early.bin") + strings.Repeat("\x00", 0x800)
	if b := mustRead(t, g.build()).Main().Bloader; b == nil || b.Board != "early" {
		t.Errorf("0x800 before the end: %+v", b)
	}
	g.content = block("preloader_first.bin") + block("preloader_last.bin") + "\xFF\xFF\xFF\xFF"
	r := mustRead(t, g.build())
	if b := r.Main().Bloader; b == nil || b.Board != "last" {
		t.Errorf("by search: %+v", b)
	}
	if p := problem(t, r.Problems, "DRAM entries are not listed"); p.Severity != flash.Note {
		t.Errorf("severity: %v", p.Severity)
	}
}

// TestBloaderCount: version 12 writes the decimal digits of its count as hexadecimal ones.
func TestBloaderCount(t *testing.T) {
	for _, c := range []struct {
		stated  uint32
		entries int // in the block
		want    uint32
	}{
		{3, 3, 3}, {9, 9, 9}, {0x10, 10, 10}, {0x24, 24, 24},
		{0x10, 16, 16}, {12, 12, 12},
		{0x20202006, 6, 6}, {0x20202010, 10, 10}, // zeros written as blanks
		{0x10, 9, 0x10}, {0x1A, 11, 0x1A}, {1 << 31, 11, 1 << 31}, // make no sense either way
	} {
		g := plain()
		g.emi = c.entries
		b := g.build()
		at := bytes.Index(b, []byte("MTK_BLOADER_INFO"))
		le.PutUint32(b[at+0x6C:], c.stated)
		r := mustRead(t, b)
		got, sense := r.Main().Bloader, int(c.want) == c.entries
		if got.EMICount != c.want || len(got.EMI) > 0 != sense || sense && len(got.EMI) != c.entries {
			t.Errorf("0x%x before %d: %d, %d listed", c.stated, c.entries, got.EMICount, len(got.EMI))
		}
		if odd := slices.ContainsFunc(r.Problems, func(p flash.Problem) bool { return p.Place == "MTK_BLOADER_INFO" }); odd == sense {
			t.Errorf("0x%x before %d: problems %v", c.stated, c.entries, r.Problems)
		}
	}
}
