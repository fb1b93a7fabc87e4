package flash

import (
	"fmt"
	"strconv"
	"strings"
)

// Size is a number of bytes, printed for people.
type Size int64

// String returns the size with its binary unit: exactly if this is short (512 KiB), otherwise
// with one decimal (1.5 GiB).
func (s Size) String() string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	v, div, u := int64(s), int64(1), 0
	for (v/div >= 1024 || v/div <= -1024) && u < len(units)-1 {
		div *= 1024
		u++
	}
	if v%div == 0 {
		return fmt.Sprintf("%d %s", v/div, units[u])
	}
	if x := float64(v) / float64(div); x >= 1023.95 && u < len(units)-1 { // it would be rounded to 1024.0
		return "1.0 " + units[u+1]
	}
	return fmt.Sprintf("%.1f %s", float64(v)/float64(div), units[u])
}

// ParseSize parses a number of bytes as people write it: decimal, 0x hexadecimal, or either with
// a binary unit K, M, G or T (also KiB, MB …; all are powers of 1024).
func ParseSize(s string) (int64, error) {
	t := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), "_", ""))
	shift := 0
	if !strings.HasPrefix(t, "0x") {
		for _, tail := range []string{"ib", "b"} {
			t = strings.TrimSuffix(t, tail)
		}
	}
	t = strings.TrimSpace(t)
	for i, u := range []string{"k", "m", "g", "t"} {
		if before, ok := strings.CutSuffix(t, u); ok {
			t, shift = strings.TrimSpace(before), 10*(i+1)
		}
	}
	base := 10
	if hex, ok := strings.CutPrefix(t, "0x"); ok {
		t, base = hex, 16
	}
	v, err := strconv.ParseInt(t, base, 64)
	if err != nil || v < 0 || v<<shift>>shift != v {
		return 0, fmt.Errorf("flash: %q is not a size (as in 4096, 0x1000, 512K, 3G)", s)
	}
	return v << shift, nil
}

// ParseExtent parses START+LENGTH, both as in ParseSize. An empty range is an error.
func ParseExtent(s string) (Extent, error) {
	from, length, ok := strings.Cut(s, "+")
	off, err := ParseSize(from)
	n, lerr := ParseSize(length)
	if !ok || err != nil || lerr != nil || n == 0 {
		return Extent{}, fmt.Errorf("flash: %q is not a range START+LENGTH (as in 0x100000+0x200)", s)
	}
	return NewExtent(uint64(off), uint64(n))
}
