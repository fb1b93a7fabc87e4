package flash_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestDifferences(t *testing.T) {
	for name, tt := range map[string]struct {
		change  []int // bytes that differ
		most    int
		want    []flash.Extent
		sectors int64
	}{
		"none":             {nil, 9, nil, 0},
		"one byte":         {[]int{700_001}, 9, []flash.Extent{{Offset: 700_001, Length: 1}}, 1},
		"near":             {[]int{1000, 1300}, 9, []flash.Extent{{Offset: 1000, Length: 301}}, 2},
		"far":              {[]int{0, 999_999}, 9, []flash.Extent{{Length: 1}, {Offset: 999_999, Length: 1}}, 2},
		"across a block":   {[]int{262_143, 262_144}, 9, []flash.Extent{{Offset: 262_143, Length: 2}}, 2},
		"more than listed": {[]int{0, 100_000, 110_000, 900_000}, 3, []flash.Extent{{Length: 1}, {Offset: 100_000, Length: 10_001}, {Offset: 900_000, Length: 1}}, 4},
	} {
		a := make([]byte, 1_000_000)
		b := bytes.Clone(a)
		for _, at := range tt.change {
			b[at] = 1
		}
		got, sectors, err := flash.Differences(t.Context(), bytes.NewReader(a), bytes.NewReader(b), tt.most, nil)
		if err != nil || sectors != tt.sectors || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, %d sectors, %v", name, got, sectors, err)
		}
	}
}

// However many ranges differ, the list is short, and has every different byte.
func TestManyDifferences(t *testing.T) {
	a := make([]byte, 4<<20)
	b := bytes.Clone(a)
	n := int64(0)
	for at := 0; at < len(b); at += 1024 + at/4096 {
		b[at] = 1
		n++
	}
	got, sectors, err := flash.Differences(t.Context(), bytes.NewReader(a), bytes.NewReader(b), 10, nil)
	if err != nil || len(got) > 10 || len(got) < 2 || sectors != n {
		t.Fatalf("%d ranges, %d of %d sectors, %v", len(got), sectors, n, err)
	}
	for at, c := range b {
		if c == 1 && !slices.ContainsFunc(got, func(e flash.Extent) bool { return e.Contains(flash.Extent{Offset: int64(at), Length: 1}) }) {
			t.Fatalf("byte %d is in none of %v", at, got)
		}
	}
}

func TestDifferencesError(t *testing.T) {
	a, b := make([]byte, 1<<20), make([]byte, 1<<20)
	b[5] = 1
	list, _, err := flash.Differences(t.Context(), bytes.NewReader(a), broken{bytes.NewReader(b), 600_000, new(int64)}, 9, nil)
	if !errors.Is(err, errSector) || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

// The list is short when the last data are followed by zeros that both images know, too.
func TestDifferencesBeforeHole(t *testing.T) {
	a, b := sparse(), sparse(0, 1<<20, 2<<20, 3<<20)
	done := int64(0)
	list, sectors, err := flash.Differences(t.Context(), a, b, 2, func(n int64) { done = n })
	if err != nil || len(list) != 1 && len(list) != 2 || sectors != 4 || done < 3<<20 {
		t.Errorf("%v, %d sectors, %d seen, %v", list, sectors, done, err)
	}
}

func TestDifferencesCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	_, _, err := flash.Differences(ctx, bytes.NewReader(make([]byte, 4<<20)), bytes.NewReader(make([]byte, 4<<20)), 9, func(int64) { n++; cancel() })
	if n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d steps, %v", n, err)
	}
}

// Zeros and erased bytes are no content, in any mixture.
func TestContent(t *testing.T) {
	b := make([]byte, 1_000_000)
	for i := range b[300_000:600_000] {
		b[300_000+i] = 0xFF
	}
	if list, sectors, err := flash.Content(t.Context(), bytes.NewReader(b), 9); len(list) != 0 || sectors != 0 || err != nil {
		t.Errorf("padding: %v, %d, %v", list, sectors, err)
	}
	b[299_999], b[500_000], b[999_999] = 1, 0xFE, 0x7F
	want := []flash.Extent{{Offset: 299_999, Length: 1}, {Offset: 500_000, Length: 1}, {Offset: 999_999, Length: 1}}
	if list, sectors, err := flash.Content(t.Context(), bytes.NewReader(b), 9); !slices.Equal(list, want) || sectors != 3 || err != nil {
		t.Errorf("%v, %d, %v", list, sectors, err)
	}
	if list, _, err := flash.Content(t.Context(), sparse(5<<20), 9); len(list) != 1 || list[0] != (flash.Extent{Offset: 5 << 20, Length: 4}) || err != nil {
		t.Errorf("behind a hole: %v, %v", list, err)
	}
	if _, _, err := flash.Content(t.Context(), broken{bytes.NewReader(b), 600_000, new(int64)}, 9); !errors.Is(err, errSector) {
		t.Errorf("broken: %v", err)
	}
}

func TestShorten(t *testing.T) {
	list := []flash.Extent{{Offset: 0, Length: 1}, {Offset: 10, Length: 1}, {Offset: 100, Length: 1}}
	for most, want := range map[int]int{0: 1, 1: 1, 2: 2, 3: 3, 9: 3} {
		if got := flash.Shorten(slices.Clone(list), most); len(got) != want || got[0].Offset != 0 || got[len(got)-1].End() != 101 {
			t.Errorf("%d: %v", most, got)
		}
	}
}
