package scripttest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// SameFiles finds a difference of one byte, inside a hole and outside of it; a copy is equal.
func TestSameFiles(t *testing.T) {
	const size = 3<<20 + 5
	dir := t.TempDir()
	name := func(s string) string { return filepath.Join(dir, s) }
	put := func(s string, data map[int64]byte, size int64) {
		f, err := os.Create(name(s))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for off, b := range data {
			if _, err := f.WriteAt([]byte{b}, off); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Truncate(size); err != nil {
			t.Fatal(err)
		}
	}
	put("a", map[int64]byte{100: 1, 2<<20 + 7: 2}, size)
	put("zeros", map[int64]byte{100: 1, 1 << 20: 0, 2<<20 + 7: 2}, size)
	put("more", map[int64]byte{1<<20 + 100: 1, 3<<20 + 7: 2, 5 << 20: 3}, 6<<20)
	if err := CopyHoled(name("a"), name("copy")); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"copy": SameFiles(name("copy"), name("a")), "zeros": SameFiles(name("a"), name("zeros")),
		"from": sameFrom(name("a"), name("more"), 1<<20, true),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, off := range []int64{0, 99, 101, 1 << 20, 2<<20 + 8, size - 1} {
		put("other", map[int64]byte{100: 1, 2<<20 + 7: 2, off: 9}, size)
		if !errors.Is(SameFiles(name("a"), name("other")), ErrDiffer) || !errors.Is(SameFiles(name("other"), name("a")), ErrDiffer) {
			t.Errorf("a byte at 0x%x is not seen", off)
		}
	}
	put("longer", map[int64]byte{100: 1, 2<<20 + 7: 2}, size+1)
	for what, err := range map[string]error{
		"longer": SameFiles(name("longer"), name("a")), "shorter": SameFiles(name("a"), name("longer")),
		"behind the end": sameFrom(name("a"), name("more"), 4<<20, true), "all of the rest": sameFrom(name("a"), name("more"), 1<<20, false),
	} {
		if !errors.Is(err, ErrDiffer) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
