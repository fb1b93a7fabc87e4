package flash_test

import (
	"bytes"
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
		got, sectors, err := flash.Differences(t.Context(), bytes.NewReader(a), bytes.NewReader(b), tt.most)
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
	got, sectors, err := flash.Differences(t.Context(), bytes.NewReader(a), bytes.NewReader(b), 10)
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
	list, _, err := flash.Differences(t.Context(), bytes.NewReader(a), broken{bytes.NewReader(b), 600_000, new(int64)}, 9)
	if !errors.Is(err, errSector) || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}
