package preloader

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// TestWrap compares with regions put together by the test's own hand. For COMBO_BOOT
// and SDMMC_BOOT these are the only ones.
func TestWrap(t *testing.T) {
	file := plain().build()
	end := func(begin int) uint32 { return uint32(begin + len(file)) }
	round := (end(0x800) + 0x1FF) &^ 0x1FF
	build := func(name string, unit uint32, device uint16, begin int, boundary uint32, gap byte) []byte {
		b := region(name, unit, []entry{{device, 1, uint32(begin), boundary, 1}}, map[int][]byte{begin: file}, begin+len(file))
		fill(b[0x400:begin], gap)
		return b
	}
	padded := build("EMMC_BOOT", 0x200, 5, 0x800, round, 0)
	padded = append(padded, bytes.Repeat([]byte{0xFF}, int(round)-len(padded))...)
	for _, c := range []struct {
		name string
		o    WrapOptions
		want []byte
	}{
		{"default", WrapOptions{}, build("EMMC_BOOT", 0x200, 5, 0x800, 0x20800, 0)},
		{"emmc, file", WrapOptions{Boundary: BoundaryFile}, padded},
		{"sdmmc", WrapOptions{Medium: "SDMMC_BOOT"}, build("SDMMC_BOOT", 0x200, 8, 0x800, 0x20800, 0)},
		{"sf", WrapOptions{Medium: "SF_BOOT"}, build("SF_BOOT", 0x200, 7, 0x800, end(0x800), 0xFF)},
		{"ufs", WrapOptions{Medium: "UFS_BOOT"}, build("UFS_BOOT", 0x1000, 0xC, 0x1000, 0x21000, 0xFF)},
		{"combo", WrapOptions{Medium: "COMBO_BOOT"}, build("COMBO_BOOT", 0x1000, 0xE, 0x1000, 0x21000, 0xFF)},
	} {
		got, err := Wrap(image(file), c.o)
		if err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: %v, %s", c.name, err, firstDifference(got, c.want))
			continue
		}
		// And back, also from a padded file.
		x, ps := fixOne(t, got)
		if !bytes.Equal(bytesOf(t, x.Image), file) || len(ps) > 0 {
			t.Errorf("%s: does not come back: %v", c.name, ps)
		}
		again, err := Wrap(image(append(bytes.Clone(file), make([]byte, 300)...)), c.o)
		if err != nil || !bytes.Equal(again, c.want) {
			t.Errorf("%s: padded file: %v, %s", c.name, err, firstDifference(again, c.want))
		}
		// Like a region is that region.
		like, err := Wrap(image(file), WrapOptions{Like: image(c.want)})
		if err != nil || !bytes.Equal(like, c.want) {
			t.Errorf("%s: like itself: %v, %s", c.name, err, firstDifference(like, c.want))
		}
	}
}

// TestCOMBOVector is the header of a COMBO_BOOT region, number by number, for a file
// with room for 0x80000 bytes, as the OPPO A93s (MT6833) has it.
func TestCOMBOVector(t *testing.T) {
	g := plain()
	g.max = 0x80000
	got, err := Wrap(image(g.build()), WrapOptions{Medium: MediumCombo})
	if err != nil {
		t.Fatal(err)
	}
	want := "COMBO_BOOT\x00\x00" + "\x01\x00\x00\x00" + "\x00\x10\x00\x00" + strings.Repeat("\xFF", 0x200-0x14) +
		"BRLYT\x00\x00\x00" + "\x01\x00\x00\x00" + "\x00\x10\x00\x00" + "\x00\x10\x08\x00" +
		"BBBB" + "\x0E\x00\x01\x00" + "\x00\x10\x00\x00" + "\x00\x10\x08\x00" + "\x01\x00\x00\x00" +
		strings.Repeat("\x00", 7*20) + strings.Repeat("\xFF", 0x1000-0x2B4)
	if !bytes.Equal(got[:0x1000], []byte(want)) {
		t.Error(firstDifference(got[:0x1000], []byte(want)))
	}
}

func TestWrapLikeForAnotherFile(t *testing.T) {
	small := plain()
	big := plain()
	big.content += strings.Repeat("more ", 1000)
	big.max = 0x40000
	for _, b := range []Boundary{BoundaryMax, BoundaryFile} {
		like, err := Wrap(image(small.build()), WrapOptions{Boundary: b})
		if err != nil {
			t.Fatal(err)
		}
		like[0x7FF] = 0x5A // something of the phone's own in front of the file
		got, err := Wrap(image(big.build()), WrapOptions{Like: image(like)})
		if err != nil {
			t.Fatal(err)
		}
		want, _ := Wrap(image(big.build()), WrapOptions{Boundary: b})
		want[0x7FF] = 0x5A
		if !bytes.Equal(got, want) {
			t.Errorf("%s: %s", b, firstDifference(got, want))
		}
	}
	// A boundary that nothing explains is kept, and then the file must fit.
	file := small.build()
	like := region("EMMC_BOOT", 0x200, []entry{{5, 1, 0x800, uint32(0x800 + len(file) + 8), 1}}, map[int][]byte{0x800: file}, 0x4000)
	if got, err := Wrap(image(file), WrapOptions{Like: image(like)}); err != nil || !bytes.Equal(got[:0x800], like[:0x800]) {
		t.Errorf("kept: %v", err)
	}
	if _, err := Wrap(image(big.build()), WrapOptions{Like: image(like)}); err == nil || !strings.Contains(err.Error(), "beyond the region's boundary") {
		t.Errorf("does not fit: %v", err)
	}
}

func TestWrapRefuses(t *testing.T) {
	file := plain().build()
	sf := plain()
	sf.max = 0xFFFFFFFF
	damaged := bytes.Clone(file)
	damaged[0x200] ^= 1
	for _, c := range []struct {
		name string
		in   []byte
		o    WrapOptions
		say  string
	}{
		{"a region", emmc(file), WrapOptions{}, "already a boot region (EMMC_BOOT)"},
		{"no file", []byte("nothing of the kind, and long enough for one"), WrapOptions{}, "neither"},
		{"cut file", file[:len(file)-1], WrapOptions{}, "is cut"},
		{"second part", gfh{fileType: 2, content: "x"}.build(), WrapOptions{}, "not a file that a BootROM starts"},
		{"medium", file, WrapOptions{Medium: "TAPE_BOOT"}, `unknown medium "TAPE_BOOT"`},
		{"boundary", file, WrapOptions{Boundary: "moon"}, `unknown boundary "moon"`},
		{"no maximum", sf.build(), WrapOptions{}, "gives no valid boundary"},
		{"like a file", file, WrapOptions{Like: image(file)}, "no header"},
		{"like nothing", file, WrapOptions{Like: image(nil)}, "model region"},
	} {
		out, err := Wrap(image(c.in), c.o)
		if err == nil || !strings.Contains(err.Error(), c.say) || !strings.HasPrefix(err.Error(), "preloader: ") || out != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	out, err := Wrap(image(damaged), WrapOptions{})
	refusal(t, err, flash.ReasonUnproven)
	if !bytes.Equal(out[0x800:], damaged) {
		t.Error("a caller who insists gets nothing")
	}
	if _, err := Wrap(image([]byte("no")), WrapOptions{}); !errors.Is(err, flash.ErrNotThis) {
		t.Errorf("not this format: %v", err)
	}
}

func TestMediumNamed(t *testing.T) {
	for s, want := range map[string]string{"emmc": MediumEMMC, "UFS": MediumUFS, "combo_boot": MediumCombo, "SF_BOOT": MediumSF, "floppy": "", "": "", "GFH": ""} {
		if got := MediumNamed(s); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
}
