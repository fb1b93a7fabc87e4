package backup

import (
	"context"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

const (
	grain     = 4 << 10   // the unit of holes, bytes
	leastHole = 64 << 10  // smallest range of zeros that gets a line in the map, bytes
	scanBlock = 256 << 10 // size of one read, bytes: fits into one core's cache
)

var zeros [scanBlock]byte

// findData returns the ranges of an image that have data. The image's own holes are used; an
// image without any is read once. Fewer than leastHole zeros count as data.
func findData(ctx context.Context, img flash.Image) ([]flash.Extent, error) {
	data, err := knownData(img)
	if err != nil || len(data) == 0 {
		return nil, err
	}
	if size := img.Size(); data[0] != (flash.Extent{Length: size}) {
		return data, nil
	}
	return scanData(ctx, img)
}

// knownData returns the data of an image by its own holes.
func knownData(img flash.Image) (data []flash.Extent, err error) {
	size := img.Size()
	for off := int64(0); off < size; {
		d, err := flash.NextData(img, off)
		if err != nil {
			return nil, err
		}
		if d.Offset < off || d.Length < 0 || d.Length > size-d.Offset {
			return nil, fmt.Errorf("an image of 0x%x bytes reports its data after 0x%x at %v", size, off, d)
		}
		if d.Length == 0 {
			break
		}
		data = addData(data, d, size)
		off = d.End()
	}
	return data, nil
}

// scanData returns the data of an image by reading it.
func scanData(ctx context.Context, img flash.Image) (data []flash.Extent, err error) {
	size := img.Size()
	buf := make([]byte, min(scanBlock, size))
	for off := int64(0); off < size; off += scanBlock {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b := buf[:min(scanBlock, size-off)]
		if err := flash.ReadInto(img, b, off); err != nil {
			return nil, err
		}
		for i := 0; i < len(b); i += grain {
			if g := b[i:min(i+grain, len(b))]; !flash.IsZero(g) {
				data = addData(data, flash.Extent{Offset: off + int64(i), Length: int64(len(g))}, size)
			}
		}
	}
	return data, nil
}

// addData appends a range of data, widened to whole grains and over holes that are too small.
func addData(data []flash.Extent, d flash.Extent, size int64) []flash.Extent {
	start, end := d.Offset/grain*grain, min((d.End()+grain-1)/grain*grain, size)
	if n := len(data); n > 0 && start-data[n-1].End() < leastHole {
		data[n-1].Length = max(end, data[n-1].End()) - data[n-1].Offset
		return data
	}
	if start < leastHole {
		start = 0
	}
	return append(data, flash.Extent{Offset: start, Length: end - start})
}

// The pages of a chunk that are tested to find out whether it can be compressed.
const (
	probes    = 16
	probeSize = 4 << 10
	evenChi   = 400 // random bytes have 255 ± 23
)

// looksRandom reports whether b is encrypted or looks so: then compressing it saves nothing and
// takes the longest. The bytes of every tested page must be evenly distributed, by a chi-squared
// test.
func looksRandom(b []byte) bool {
	if len(b) < probes*probeSize {
		return false
	}
	step := (len(b) - probeSize) / (probes - 1)
	for i := range probes {
		if !isEven(b[i*step : i*step+probeSize]) {
			return false
		}
	}
	return true
}

func isEven(page []byte) bool {
	var count [256]int32
	for _, c := range page {
		count[c]++
	}
	const expected = probeSize / 256
	chi := int32(0)
	for _, n := range count {
		chi += (n - expected) * (n - expected)
	}
	return chi/expected < evenChi
}
