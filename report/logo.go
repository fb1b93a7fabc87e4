package report

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// The logo's row: a section header, then a list of zlib streams (see the package
// comment). Real files have 39 to 73 pictures; most are frames of the charging
// animation.
const (
	sectionMagic  = "\x88\x16\x88\x58"
	sectionSize   = 0x04
	sectionHeader = 0x200
	logoHead      = 8 // count and total

	maxLogo     = 32 << 20  // size limit of the packed section, bytes
	maxCount    = 1024      // number of pictures
	maxPixels   = 32 << 20  // size limit of one picture, bytes: 1440 by 3200 by 4 is 18 MiB
	maxUnpacked = 256 << 20 // size limit of all unpacked pictures, bytes
	maxShown    = 12        // number of pictures with a PNG
	smallest    = 16        // a picture of less than a sixteenth of the largest is a digit of a counter
	maxPNG      = 768 << 10 // size limit of all PNGs, bytes
)

// decodeLogo reads the pictures of a logo row. Note says what it cannot read. It returns nil if
// the row is not a logo.
func decodeLogo(ctx context.Context, row string, img flash.Image) *Logo {
	h, err := flash.ReadFull(img, 0, sectionHeader+logoHead)
	if err != nil || string(h[:4]) != sectionMagic {
		return nil
	}
	le := binary.LittleEndian
	l := &Logo{Row: row, Pictures: []Picture{}}
	size, count := int64(le.Uint32(h[sectionSize:])), int64(le.Uint32(h[sectionHeader:]))
	switch {
	case size > min(maxLogo, img.Size()-sectionHeader):
		l.Note = fmt.Sprintf("by its header, its section has 0x%x bytes, more than the row", size)
		return l
	case count == 0 || count > maxCount || logoHead+4*count > size:
		l.Note = fmt.Sprintf("by its header, it has %d pictures, which do not fit", count)
		return l
	}
	b, err := flash.ReadFull(img, sectionHeader, int(size))
	if err != nil {
		l.Note = "it could not be read"
		return l
	}
	l.Count = int(count)
	d := &logoReader{logo: l, seen: map[[sha256.Size]byte]int{}, budget: maxUnpacked, room: maxPNG}
	for i := range l.Count {
		start := int64(le.Uint32(b[logoHead+4*i:]))
		end := size
		if i+1 < l.Count {
			end = int64(le.Uint32(b[logoHead+4*(i+1):]))
		}
		if start < logoHead+4*count || end > size || start >= end {
			l.Note = fmt.Sprintf("picture %d is at 0x%x..0x%x, outside of the section", i, start, end)
			return l
		}
		if ctx.Err() != nil {
			break
		}
		d.picture(i, b[start:end])
	}
	return l
}

// logoReader unpacks the pictures of one logo, within size limits.
type logoReader struct {
	logo   *Logo
	seen   map[[sha256.Size]byte]int // packed bytes → index in Pictures
	format string                    // of the first picture whose format is certain
	shown  int                       // pictures with a PNG so far
	large  int                       // bytes of the largest picture so far
	budget int64                     // bytes that may still be unpacked
	room   int                       // bytes of PNG that may still be made
}

// picture adds picture i, or notes that it is equal to an earlier one.
func (d *logoReader) picture(i int, packed []byte) {
	sum := sha256.Sum256(packed)
	if at, ok := d.seen[sum]; ok {
		d.logo.Pictures[at].Also = append(d.logo.Pictures[at].Also, i)
		return
	}
	if d.budget <= 0 || d.shown >= maxShown {
		if d.logo.Note == "" {
			d.logo.Note = fmt.Sprintf("new pictures from number %d on are not unpacked", i)
		}
		return
	}
	raw, err := unpack(packed, min(d.budget, maxPixels))
	d.budget -= int64(len(raw))
	if err != nil {
		d.logo.Note = fmt.Sprintf("picture %d cannot be unpacked: %v", i, err)
		return
	}
	d.seen[sum] = len(d.logo.Pictures)
	d.logo.Pictures = append(d.logo.Pictures, d.develop(i, raw))
}

// develop guesses the width and format of a picture and makes its small PNG, as long as there is
// room.
func (d *logoReader) develop(i int, raw []byte) Picture {
	s := guess(raw, d.format)
	if s.sure && d.format == "" {
		d.format = s.format
	}
	p := Picture{Index: i, Bytes: int64(len(raw)), Width: s.width, Height: s.height, Format: s.format, Sure: s.sure}
	d.large = max(d.large, len(raw))
	if s.width == 0 || len(raw) < d.large/smallest {
		return p
	}
	if b := shrink(raw, s); len(b) <= d.room {
		p.PNG = b
		d.room -= len(b)
		d.shown++
	}
	return p
}

// unpack reads one zlib stream of at most limit bytes.
func unpack(packed []byte, limit int64) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	raw, err := io.ReadAll(io.LimitReader(z, limit+1))
	switch {
	case int64(len(raw)) > limit:
		return raw, fmt.Errorf("more than %v", flash.Size(limit))
	case err != nil:
		return raw, err
	case len(raw) == 0:
		return nil, fmt.Errorf("it is empty")
	}
	return raw, nil
}
