package flash_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// counting returns n bytes, each different from its neighbours and none zero.
func counting(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i%251) + 1
	}
	return b
}

func TestSection(t *testing.T) {
	b := counting(9000)
	img := bytes.NewReader(b)
	for _, c := range []struct {
		name string
		img  flash.Image
		want []byte
	}{
		{"inside", flash.Slice(img, flash.Extent{Offset: 100, Length: 5000}), b[100:5100]},
		{"all", flash.Slice(img, flash.Extent{Length: 9000}), b},
		{"cut at the end", flash.Slice(img, flash.Extent{Offset: 8000, Length: 5000}), b[8000:]},
		{"cut at the start", flash.Slice(img, flash.Extent{Offset: -10, Length: 30}), b[:20]},
		{"empty", flash.Slice(img, flash.Extent{Offset: 100}), nil},
		{"beyond the end", flash.Slice(img, flash.Extent{Offset: 9000, Length: 10}), nil},
		{"of a section", flash.Slice(flash.Slice(img, flash.Extent{Offset: 1000, Length: 600}),
			flash.Extent{Offset: 500, Length: 5000}), b[1500:1600]},
		{"of a section, beyond its end", flash.Slice(flash.Slice(img, flash.Extent{Offset: 1000, Length: 600}),
			flash.Extent{Offset: 700, Length: 100}), nil},
	} {
		t.Run(c.name, func(t *testing.T) { flashtest.TestImage(t, c.img, c.want) })
	}
}

// A section knows where data lie when its parent does.
func TestSectionNextData(t *testing.T) {
	want := make([]byte, 64<<10)
	copy(want[20000:], counting(100))
	copy(want[40000:], counting(9000))
	img := imgtest.NewSparse(int64(len(want)))
	img.Put(0, want)
	for _, e := range []flash.Extent{{0, 64 << 10}, {4096, 30000}, {20050, 20000}, {30000, 5000}, {45000, 19000}, {60000, 1000}} {
		flashtest.TestImage(t, flash.Slice(img, e), want[e.Offset:e.End()])
	}

	// Data that begins before the section and ends behind it.
	d, err := flash.Slice(img, flash.Extent{Offset: 42000, Length: 1000}).NextData(10)
	if err != nil || d != (flash.Extent{Offset: 10, Length: 990}) {
		t.Errorf("NextData(10) within data = %v, %v", d, err)
	}
	d, err = flash.Slice(img, flash.Extent{Offset: 24 << 10, Length: 8 << 10}).NextData(0)
	if err != nil || d != (flash.Extent{Offset: 8 << 10}) {
		t.Errorf("NextData(0) of an empty section = %v, %v; want nothing at its end", d, err)
	}
}

type brokenFinder struct{ flash.Image }

func (brokenFinder) NextData(int64) (flash.Extent, error) {
	return flash.Extent{}, io.ErrClosedPipe
}

func TestSectionPassesErrors(t *testing.T) {
	img := brokenFinder{bytes.NewReader(counting(100))}
	if _, err := flash.Slice(img, flash.Extent{Length: 50}).NextData(0); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("NextData = %v, want the parent's error", err)
	}
}

func TestRoot(t *testing.T) {
	img := bytes.NewReader(counting(1000))
	section := flash.Slice(flash.Slice(img, flash.Extent{Offset: 100, Length: 500}), flash.Extent{Offset: 50, Length: 10})
	if root, e := flash.Root(section); root != flash.Image(img) || e != (flash.Extent{Offset: 150, Length: 10}) {
		t.Errorf("Root(section of a section) = %T, %v", root, e)
	}
	if root, e := flash.Root(img); root != flash.Image(img) || e != (flash.Extent{Length: 1000}) {
		t.Errorf("Root(image) = %T, %v", root, e)
	}
}

func TestNewExtent(t *testing.T) {
	for _, c := range []struct {
		offset, length uint64
		ok             bool
	}{
		{0, 0, true},
		{0x80000, 0x1000, true},
		{0, math.MaxInt64, true},
		{math.MaxInt64, 0, true},
		{math.MaxInt64 - 1, 1, true},
		{math.MaxInt64, 1, false},
		{1, math.MaxInt64, false},
		{0, 1 << 63, false},
		{1 << 63, 0, false},
		{math.MaxUint64, 2, false}, // the sum alone would look small
		{math.MaxUint64, math.MaxUint64, false},
	} {
		e, err := flash.NewExtent(c.offset, c.length)
		if (err == nil) != c.ok {
			t.Errorf("NewExtent(0x%x, 0x%x): %v", c.offset, c.length, err)
		}
		if c.ok && (e.Offset != int64(c.offset) || e.Length != int64(c.length) || e.End() < e.Offset) {
			t.Errorf("NewExtent(0x%x, 0x%x) = %v", c.offset, c.length, e)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "flash: ") {
			t.Errorf("error without its package: %v", err)
		}
	}
}

func TestExtentClip(t *testing.T) {
	for _, c := range []struct{ e, want flash.Extent }{
		{flash.Extent{0, 100}, flash.Extent{0, 100}},
		{flash.Extent{90, 20}, flash.Extent{90, 10}},
		{flash.Extent{100, 20}, flash.Extent{100, 0}},
		{flash.Extent{500, 20}, flash.Extent{100, 0}},
		{flash.Extent{-10, 20}, flash.Extent{0, 10}},
		{flash.Extent{-30, 20}, flash.Extent{0, 0}},
		{flash.Extent{-30, 500}, flash.Extent{0, 100}},
		{flash.Extent{50, -20}, flash.Extent{50, 0}},
		{flash.Extent{0, math.MaxInt64}, flash.Extent{0, 100}},
	} {
		if got := c.e.Clip(100); got != c.want {
			t.Errorf("%v clipped to 100 = %v, want %v", c.e, got, c.want)
		}
	}
}

func TestExtentRelations(t *testing.T) {
	e := flash.Extent{Offset: 100, Length: 50}
	for _, c := range []struct {
		o                  flash.Extent
		contains, overlaps bool
	}{
		{flash.Extent{100, 50}, true, true},
		{flash.Extent{110, 10}, true, true},
		{flash.Extent{99, 2}, false, true},
		{flash.Extent{149, 2}, false, true},
		{flash.Extent{150, 10}, false, false},
		{flash.Extent{90, 10}, false, false},
		{flash.Extent{0, 1000}, false, true},
		{flash.Extent{120, 0}, true, false}, // nothing, but inside
	} {
		if e.Contains(c.o) != c.contains || e.Overlaps(c.o) != c.overlaps || c.o.Overlaps(e) != c.overlaps {
			t.Errorf("%v and %v: contains %v, overlaps %v and %v", e, c.o, e.Contains(c.o), e.Overlaps(c.o), c.o.Overlaps(e))
		}
	}
	if got := e.String(); got != "0x64..0x96" {
		t.Errorf("String() = %s", got)
	}
}

// A length that runs over the number range means "to the end", not "nothing".
func TestClipRunsOver(t *testing.T) {
	if got := (flash.Extent{Offset: 100, Length: math.MaxInt64}).Clip(1000); got != (flash.Extent{Offset: 100, Length: 900}) {
		t.Errorf("Clip = %v", got)
	}
}

func TestSetStorage(t *testing.T) {
	d := flash.Device{Storage: flash.EMMC, Parts: []flash.Part{{Region: flash.EMMCUser}, {Region: flash.EMMCBoot1}, {Region: flash.EMMCRPMB}}}
	d.SetStorage(flash.UFS)
	if d.Parts[0].Region != flash.UFSLU2 || d.Parts[1].Region != flash.UFSLU0 || d.Parts[2].Region != flash.EMMCRPMB || d.User() == nil {
		t.Errorf("%+v", d)
	}
	for _, to := range []flash.Storage{flash.NAND, flash.NOR, flash.EMMC, flash.NAND, flash.UFS} {
		d.SetStorage(to)
		if d.Parts[0].Region != to.User() || d.Parts[1].Region != to.BootAlone() || !d.Parts[1].Region.IsBoot() {
			t.Errorf("%s: %+v", to, d)
		}
	}
}
