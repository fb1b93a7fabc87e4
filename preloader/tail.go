package preloader

import (
	"bytes"

	"github.com/mtkkit/mtkkit/flash"
)

// Tail is the range between the end of a file and the next file, or the region's end. Flash tools
// leave 0xFF up to the end of their last packet and 0x00 after it. Some phones have other data
// there, which do not belong to the preloader.
type Tail struct {
	Extent    flash.Extent   `json:"extent"`         // in the image
	Fill      string         `json:"fill"`           // "00", "FF", "mixed", or "" if there is no tail
	DataBytes int64          `json:"data_bytes"`     // bytes other than 0x00 and 0xFF, including short ranges of fill between them
	Data      []flash.Extent `json:"data,omitempty"` // the ranges of these bytes in the image
}

const (
	// maxRegion is larger than any boot region, bytes. A larger image is a whole dump that begins
	// with a boot region, and its other partitions are not a tail.
	maxRegion = 64 << 20

	dataGap  = 64 // so many fill bytes end a range of data
	maxRuns  = 16 // further ranges are joined to the last one
	fillZero = "00"
	fillOnes = "FF"
	fillMix  = "mixed"
)

// readTail examines the image from the file's end up to limit.
func (f *File) readTail(img flash.Image, limit int64) ([]flash.Problem, error) {
	end := f.Extent.End()
	if img.Size() > maxRegion {
		room := end
		if f.Entry != nil {
			room = max(room, int64(f.Entry.Boundary))
		}
		limit = min(limit, room)
	}
	if limit <= end {
		return nil, nil
	}
	f.Tail.Extent = flash.Extent{Offset: end, Length: limit - end}
	if err := f.Tail.survey(img); err != nil {
		return nil, err
	}
	if f.Tail.DataBytes == 0 {
		return nil, nil
	}
	at, what := f.Tail.Data[0].Offset, ""
	if _, err := readInfo(img, at); err == nil {
		what = ", another GFH file first"
	} else if !isFormat(err) {
		return nil, err
	}
	return []flash.Problem{warn(f.Kind, at, "0x%x bytes of data follow the file and are not part of it%s",
		f.Tail.DataBytes, what)}, nil
}

// survey finds the ranges of data and the kind of fill.
func (t *Tail) survey(img flash.Image) error {
	var zeros, ones int64
	err := windows(img, t.Extent, 0, func(w window) error {
		nulls, erased := bytes.Count(w.bytes, []byte{0x00}), bytes.Count(w.bytes, []byte{0xFF})
		if nulls+erased == len(w.bytes) { // most of a boot region is fill, and this is faster
			zeros, ones = zeros+int64(nulls), ones+int64(erased)
			return nil
		}
		for i, c := range w.bytes {
			switch c {
			case 0x00:
				zeros++
			case 0xFF:
				ones++
			default:
				t.add(w.offset + int64(i))
			}
		}
		return nil
	})
	for _, e := range t.Data {
		t.DataBytes += e.Length
	}
	switch {
	case t.DataBytes == 0 && ones == 0 && zeros > 0:
		t.Fill = fillZero
	case t.DataBytes == 0 && zeros == 0 && ones > 0:
		t.Fill = fillOnes
	case t.Extent.Length > 0:
		t.Fill = fillMix
	}
	return err
}

// add records a byte of data at off, which must increase from call to call.
func (t *Tail) add(off int64) {
	if n := len(t.Data); n > 0 && (off-t.Data[n-1].End() < dataGap || n == maxRuns) {
		t.Data[n-1].Length = off + 1 - t.Data[n-1].Offset
		return
	}
	t.Data = append(t.Data, flash.Extent{Offset: off, Length: 1})
}
