package ramdisk

import (
	"bytes"
	"errors"
	"runtime"
	"testing"
)

// allocated is how much memory f takes, all in all.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What unpacks to more than the limit is refused before as much memory is taken. What is
// within the limit takes its size, and not a multiple of it.
func TestBombMemory(t *testing.T) {
	const (
		look  = 1 << 20
		own   = 12 << 20 // what decoders take for themselves, and twice the look
		limit = 14 << 20
	)
	zeros := record{Header{Name: "zeros", Mode: File | 0o644, Links: 1}, make([]byte, limit)}.encode()
	small, err := Pack(record{Header{Name: "small", Mode: File | 0o644, Links: 1}, nil}.encode(), Gzip)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Compression{Gzip, LZ4Legacy, LZ4LG, LZ4, XZ, LZMA} {
		packed, err := Pack(zeros, c)
		if err != nil {
			t.Fatal(err)
		}
		inputs := map[string][]byte{"alone": packed}
		if c == Gzip || c == LZ4Legacy { // the others are slow
			inputs["behind another"] = append(bytes.Clone(small), packed...)
		}
		for name, in := range inputs {
			used := allocated(func() { _, err = read(bytes.NewReader(in), limit, look) })
			var tooMuch *LimitError
			if !errors.As(err, &tooMuch) || tooMuch.Limit != limit {
				t.Errorf("%s, %s: %v", c, name, err)
			}
			if used > own {
				t.Errorf("%s, %s: 0x%x bytes of memory before 0x%x are refused", c, name, used, limit)
			}
		}
		used := allocated(func() { _, err = read(bytes.NewReader(packed), limit+1<<10, look) })
		if err != nil || used > limit+2*own {
			t.Errorf("%s: 0x%x bytes of memory for 0x%x, %v", c, used, limit, err)
		}
	}
	if firstLook > DefaultLimit/8 {
		t.Error("the first look takes a large part of the limit")
	}
}
