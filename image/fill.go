package image

import (
	"math"

	"github.com/mtkkit/mtkkit/flash"
)

const (
	sampleCount = 64
	sampleSize  = 4096

	// randomBits is a little less than the entropy per byte of 256 KiB of random bytes.
	// A program has 6, a compressed file system with its tables less than 7.98.
	randomBits = 7.99
)

// fill judges a slice without a header: zeros, erased flash, or bytes that look random.
// It looks at samples from the whole slice.
func (i *Info) fill() {
	var counts [256]int64
	zero, erased, total := 0, 0, 0
	buf := make([]byte, sampleSize)
	for n := range int64(sampleCount) {
		off := n * max(i.Size/sampleCount, sampleSize) / sampleSize * sampleSize
		if off >= i.Size {
			break
		}
		b := buf[:min(sampleSize, i.Size-off)]
		if m, _ := i.img.ReadAt(b, off); m < len(b) {
			b = b[:m]
		}
		total++
		switch {
		case flash.IsFill(b, 0x00):
			zero++
		case flash.IsFill(b, 0xFF):
			erased++
		}
		for _, c := range b {
			counts[c]++
		}
	}
	i.Kind, i.Known = Unknown, "no header states a length"
	switch {
	case total == 0:
		i.Known = "the slice is empty"
	case zero == total:
		i.Kind = Zero
	case erased == total:
		i.Kind = Erased
	case zero+erased == 0 && entropy(&counts) >= randomBits:
		i.Kind = HighEntropy
		i.add("looks like", "encrypted data, or compressed without a header")
	case zero > 0 || erased > 0:
		i.add("samples", "%d of %d hold data, %d zeros, %d erased flash", total-zero-erased, total, zero, erased)
	}
	if i.Kind == Zero || i.Kind == Erased {
		i.add("seen", "%d samples of %s each, from the whole slice", total, flash.Size(sampleSize))
	}
}

// entropy returns the bits per byte of a histogram.
func entropy(counts *[256]int64) float64 {
	var n, bits float64
	for _, c := range counts {
		n += float64(c)
	}
	for _, c := range counts {
		if c > 0 {
			p := float64(c) / n
			bits -= p * math.Log2(p)
		}
	}
	return bits
}
