package flash_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// broken fails to read at and behind a place, and counts what it was asked for.
type broken struct {
	flash.Image
	at   int64
	read *int64
}

var errSector = errors.New("bad sector")

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	*b.read += int64(len(p))
	if off+int64(len(p)) <= b.at {
		return b.Image.ReadAt(p, off)
	}
	n, _ := b.Image.ReadAt(p[:max(b.at-off, 0)], off)
	return n, errSector
}

func (b broken) NextData(off int64) (flash.Extent, error) { return flash.NextData(b.Image, off) }

func TestFirstDifference(t *testing.T) {
	want := counting(600 << 10) // more than two steps
	img := bytes.NewReader(want)
	for _, at := range []int{0, 1, 256<<10 - 1, 256 << 10, 512<<10 + 5, len(want) - 1} {
		other := bytes.Clone(want)
		other[at] ^= 1
		got, err := flash.FirstDifference(t.Context(), img, bytes.NewReader(other))
		if err != nil || got != int64(at) {
			t.Errorf("0x%x, %v; want 0x%x", got, err, at)
		}
		if same, err := flash.Equal(t.Context(), img, bytes.NewReader(other)); same || err != nil {
			t.Errorf("another byte at 0x%x: equal, %v", at, err)
		}
	}
	short := bytes.NewReader(want[:1000])
	if got, err := flash.FirstDifference(t.Context(), short, img); got != -1 || err != nil {
		t.Errorf("the beginning of it: 0x%x, %v", got, err)
	}
	if same, err := flash.Equal(t.Context(), img, short); same || err != nil {
		t.Errorf("two lengths: %v, %v", same, err)
	}
	for _, img := range []flash.Image{img, bytes.NewReader(nil)} {
		if same, err := flash.Equal(t.Context(), img, img); !same || err != nil {
			t.Errorf("%d bytes and themselves: %v, %v", img.Size(), same, err)
		}
	}
}

// What comes before an error is compared, whichever image has the error.
func TestFirstDifferenceBroken(t *testing.T) {
	want := counting(600 << 10)
	for _, bad := range []int64{0, 100, 256 << 10, 300 << 10} {
		for _, odd := range []int64{-1, bad - 1, bad} {
			other := bytes.Clone(want)
			if odd >= 0 {
				other[odd] ^= 1
			}
			a, b := broken{bytes.NewReader(want), bad, new(int64)}, flash.Image(bytes.NewReader(other))
			for _, pair := range [][2]flash.Image{{a, b}, {b, a}} {
				at, err := flash.FirstDifference(t.Context(), pair[0], pair[1])
				seen := odd >= 0 && odd < bad
				if seen && (at != odd || err != nil) || !seen && (at != -1 || !errors.Is(err, errSector)) {
					t.Errorf("bad at 0x%x, odd at 0x%x: 0x%x, %v", bad, odd, at, err)
				}
				if same, err := flash.Equal(t.Context(), pair[0], pair[1]); same || (err == nil) != seen {
					t.Errorf("bad at 0x%x, odd at 0x%x: equal %v, %v", bad, odd, same, err)
				}
			}
		}
	}
	if _, err := flash.FirstDifference(t.Context(), brokenFinder{bytes.NewReader(want)}, bytes.NewReader(want)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("where data lie cannot be told: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if at, err := flash.FirstDifference(ctx, bytes.NewReader(want), bytes.NewReader(want)); at != -1 || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: 0x%x, %v", at, err)
	}
}

// sparse is an image of 64 MiB with a few bytes at some places.
func sparse(at ...int64) *imgtest.Sparse {
	img := imgtest.NewSparse(64 << 20)
	for _, off := range at {
		img.Put(off, []byte("data"))
	}
	return img
}

// Holes of both are not read; what only one has as a hole is.
func TestCompareHoles(t *testing.T) {
	for _, c := range []struct {
		a, b []int64
		want int64
	}{
		{nil, nil, -1},
		{[]int64{1 << 20, 40 << 20}, []int64{1 << 20, 40 << 20}, -1},
		{[]int64{1 << 20, 40 << 20}, []int64{1 << 20}, 40 << 20},
		{[]int64{1 << 20}, []int64{1 << 20, 40<<20 + 5}, 40<<20 + 5},
	} {
		read := new(int64)
		a, b := broken{sparse(c.a...), 64 << 20, read}, broken{sparse(c.b...), 64 << 20, read}
		if at, err := flash.FirstDifference(t.Context(), a, b); at != c.want || err != nil {
			t.Errorf("%v and %v: 0x%x, %v", c.a, c.b, at, err)
		}
		if *read > 4*256<<10 {
			t.Errorf("%v and %v: 0x%x bytes were read", c.a, c.b, *read)
		}
	}
}

func TestOnlyZeros(t *testing.T) {
	for _, c := range []struct {
		img  flash.Image
		want bool
	}{
		{sparse(), true},
		{sparse(50 << 20), false},
		{bytes.NewReader(make([]byte, 600<<10)), true},
		{bytes.NewReader(append(make([]byte, 600<<10), 1)), false},
		{bytes.NewReader(nil), true},
	} {
		read := new(int64)
		if got, err := flash.OnlyZeros(t.Context(), broken{c.img, c.img.Size(), read}); got != c.want || err != nil {
			t.Errorf("0x%x bytes: %v, %v", c.img.Size(), got, err)
		}
		if *read > 1<<20 {
			t.Errorf("0x%x of 0x%x bytes were read", *read, c.img.Size())
		}
	}
	if got, err := flash.OnlyZeros(t.Context(), broken{bytes.NewReader(make([]byte, 1000)), 500, new(int64)}); got || !errors.Is(err, errSector) {
		t.Errorf("broken: %v, %v", got, err)
	}
	holes := flash.Known(sparse(), []flash.Extent{{Offset: 1 << 20, Length: 4096}})
	if got, err := flash.OnlyZeros(t.Context(), holes); got || !errors.Is(err, flash.ErrHole) {
		t.Errorf("not read from the phone: %v, %v", got, err)
	}
}

func ExampleFirstDifference() {
	a, b := bytes.NewReader([]byte("ROM_1 of a phone")), bytes.NewReader([]byte("ROM_1 of a Phone"))
	at, err := flash.FirstDifference(context.Background(), a, b)
	fmt.Println(at, err)
	// Output: 11 <nil>
}
