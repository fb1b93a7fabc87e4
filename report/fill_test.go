package report

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func measured(t *testing.T, img flash.Image, length int64, full bool) Fill {
	t.Helper()
	f, err := newMeter(context.Background(), Input{Full: full}).measure(img, length)
	if err != nil {
		t.Fatal(err)
	}
	if present := min(img.Size(), length); f.Data+f.Zero+f.Erased+f.Bad != present {
		t.Errorf("amounts of %+v do not add up to %d", f, present)
	}
	if n := len(f.Map); n > cells {
		t.Errorf("map of %d cells", n)
	}
	return f
}

// plain hides what an image knows of its holes.
type plain struct{ flash.Image }

func TestFill(t *testing.T) {
	const mib = 1 << 20
	zero := make([]byte, mib)
	some := bytes.Clone(zero)
	copy(some[0x10000:], imgtest.Noise("some", 0x8000))
	for _, c := range []struct {
		name   string
		img    []byte
		length int64
		full   bool
		want   Fill
	}{
		{"nothing", nil, 0, false, Fill{Exact: true}},
		{"nothing, full", nil, 0, true, Fill{Exact: true}},
		{"one byte", []byte{7}, 1, false, Fill{Data: 1, Exact: true, Map: "d", DataEnd: 1}},
		{"zeros, sampled", zero, mib, false, Fill{Zero: mib, Map: strings.Repeat("z", 64), Exact: true}},
		{"zeros, full", zero, mib, true, Fill{Zero: mib, Map: strings.Repeat("z", 64), Exact: true}},
		{"erased", bytes.Repeat([]byte{0xFF}, 3*spot), 3 * spot, false, Fill{Erased: 3 * spot, Map: "eee", Exact: true}},
		{"data, full", some, mib, true, Fill{Data: 0x8000, Zero: mib - 0x8000, Exact: true, DataEnd: 0x18000,
			Map: "zzzzdd" + strings.Repeat("z", 58)}},
		{"cut", some[:0x11000], mib, true, Fill{Data: 0x1000, Zero: 0x10000, Exact: true, DataEnd: 0x11000,
			Map: "zzzzd" + strings.Repeat("-", 59)}},
		{"not there", nil, mib, false, Fill{Exact: true, Map: strings.Repeat("-", 64)}},
		{"beyond any flash", []byte{1}, math.MaxInt64, false, Fill{Data: 1, Exact: true, DataEnd: 1, Map: "d" + strings.Repeat("-", 63)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := measured(t, plain{bytes.NewReader(c.img)}, c.length, c.full); got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// A large row costs a look into each cell, and holes cost nothing.
func TestFillSamples(t *testing.T) {
	const size = 64 << 30
	s := imgtest.NewSparse(size)
	for off := int64(0); off < size; off += size / 32 {
		s.Put(off, imgtest.Noise("at", 64<<10))
	}
	img := &counting{Image: s}
	f := measured(t, img, size, false)
	if f.Exact || f.Data != 32*64<<10 || strings.Count(f.Map, "d") != 32 || f.DataEnd != 0 {
		t.Errorf("%+v", f)
	}
	if img.bytes > cells*short {
		t.Errorf("read %d bytes for a map", img.bytes)
	}
	if g := measured(t, s, size, true); !g.Exact || g.Data != f.Data || g.Map != f.Map {
		t.Errorf("full: %+v, sampled %+v", g, f)
	}
}

// Stretches of data without number are no reason to read without end.
func TestFillScattered(t *testing.T) {
	const size = 256 << 20
	s := imgtest.NewSparse(size)
	for off := int64(0); off < size; off += 32 << 10 {
		s.Put(off, []byte{1})
	}
	img := &counting{Image: s}
	f := measured(t, img, size, false)
	if img.bytes > cells*(maxRuns+1)*short {
		t.Errorf("read %d bytes", img.bytes)
	}
	if f.Exact || strings.Trim(f.Map, "d") != "" {
		t.Errorf("%+v", f)
	}
	if g := measured(t, s, size, true); g.Data != size/(32<<10)*spot {
		t.Errorf("full: %+v", g)
	}
}

type counting struct {
	flash.Image
	bytes int64
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	c.bytes += int64(len(p))
	return c.Image.ReadAt(p, off)
}

func (c *counting) NextData(off int64) (flash.Extent, error) { return flash.NextData(c.Image, off) }

// broken cannot read a range of itself, as a file on a dying disk.
type broken struct {
	flash.Image
	bad flash.Extent
}

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	here := flash.Extent{Offset: off, Length: int64(len(p))}
	if !here.Overlaps(b.bad) {
		return b.Image.ReadAt(p, off)
	}
	n := 0
	if off < b.bad.Offset {
		n, _ = b.Image.ReadAt(p[:b.bad.Offset-off], off)
	}
	return n, errors.New("input/output error")
}

func TestFillUnreadable(t *testing.T) {
	img := broken{bytes.NewReader(imgtest.Noise("x", 1<<20)), flash.Extent{Offset: 0x40000, Length: 0x10000}}
	f := measured(t, img, 1<<20, true)
	want := strings.Repeat("d", 16) + "xxxx" + strings.Repeat("d", 44)
	if f.Bad != 0x10000 || f.Map != want {
		t.Errorf("full: %+v", f)
	}
	if g := measured(t, img, 1<<20, false); g.Map != want {
		t.Errorf("sampled: %+v", g)
	}

	p := imgtest.MT6592()
	facts := facts(t, p)
	for i := range facts.Rows {
		if s := &facts.Rows[i]; s.Name == "ANDROID" {
			s.Image = broken{s.Image, flash.Extent{Offset: 0x10000, Length: 0x100000}}
		}
	}
	facts.Full = true
	r := build(t, facts)
	if len(r.Problems) != 1 || r.Problems[0].Severity != flash.Error || r.Problems[0].Place != "ANDROID" {
		t.Errorf("problems %v, want an error about ANDROID", r.Problems)
	}
	if page := pageOf(t, r); !strings.Contains(page, "st-x") {
		t.Error("the page does not show what could not be read")
	}
}

// lying says things about its data that lead nowhere.
type lying struct {
	flash.Image
	next flash.Extent
	err  error
}

func (l lying) NextData(int64) (flash.Extent, error) { return l.next, l.err }

func TestFillLies(t *testing.T) {
	b := imgtest.Noise("x", 3*spot)
	for _, l := range []lying{
		{next: flash.Extent{Offset: 0, Length: -1}},
		{next: flash.Extent{Offset: -spot, Length: spot}},
		{next: flash.Extent{Offset: 0, Length: spot}},
		{err: io.ErrClosedPipe},
	} {
		l.Image = bytes.NewReader(b)
		if f := measured(t, l, 3*spot, true); f.Data != 3*spot {
			t.Errorf("%+v: %+v", l.next, f)
		}
	}
}

// The segments of a region follow each other from 0 to its end, whatever the rows are.
func TestSegments(t *testing.T) {
	row := func(name string, start, length int64) Row {
		return Row{Kind: "partition", Name: name, Region: "R", Start: start, Length: length, Fill: Fill{Map: "dz"}}
	}
	reg := Region{Name: "R", Have: 900, Size: 1000}
	for name, rows := range map[string][]Row{
		"none":        nil,
		"holes":       {row("a", 10, 100), row("b", 500, 100)},
		"overlap":     {row("a", 0, 300), row("b", 200, 300), row("c", 250, 20)},
		"outside":     {row("a", 950, 300), row("b", 2000, 10), row("c", flash.Unplaced, 10)},
		"whole":       {{Kind: "region", Name: "boot1", Region: "R", Length: 1000, Fill: Fill{Map: "d"}}, row("p", 2, 3)},
		"no numbers":  {row("a", 0, math.MaxInt64), row("b", math.MaxInt64-1, 1)},
		"of no bytes": {row("a", 5, 0)},
	} {
		at := int64(0)
		for _, s := range (&Report{Rows: rows}).segments(reg) {
			if s.Start != at || s.End <= s.Start {
				t.Errorf("%s: segment %+v at %d", name, s, at)
			}
			at = s.End
			in := s.Start
			for _, run := range s.Runs {
				if run.Start != in || run.End <= run.Start {
					t.Errorf("%s: run %+v at %d of %+v", name, run, in, s)
				}
				in = run.End
			}
			if in != s.End {
				t.Errorf("%s: runs of %+v end at %d", name, s, in)
			}
		}
		if at != reg.Size {
			t.Errorf("%s: segments end at %d", name, at)
		}
	}
}
