package image

import (
	"bytes"
	"context"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// Found is one content with its offset.
type Found struct {
	Content
	Offset int64 // bytes
}

// findStep is the alignment of contents in bytes: every known partition begins at a
// multiple of it.
const findStep = 4096

// Find looks for contents in an image without a partition table, at every 4 KiB. It
// skips the rest of a content that states its length, because a file system contains
// whole boot images. Kinds that occur anywhere (compressed data, boot sectors) are left
// out. It reads all data of the image once; seen, if not nil, gets the number of bytes
// read so far. The error comes from reading the image, or from ctx.
func Find(ctx context.Context, img flash.Image, seen func(done int64)) ([]Found, error) {
	var found []Found
	buf := make([]byte, 1<<20)
	for off := int64(0); off < img.Size(); {
		if err := ctx.Err(); err != nil {
			return found, err
		}
		d, err := flash.NextData(img, off)
		if err != nil {
			return found, err
		}
		if d.Length == 0 {
			break
		}
		// A magic may be 4 KiB behind the start, and the start may be in a hole.
		off = max(off, d.Offset/findStep*findStep-findStep)
		n, err := img.ReadAt(buf, off)
		if err != nil && err != io.EOF {
			return found, err
		}
		next := off + max(int64(n)-findStep, findStep)/findStep*findStep
		for at := off; at < next && at-off < int64(n); at += findStep {
			if !promising(buf[at-off : n]) {
				continue
			}
			c := Sniff(flash.Slice(img, flash.Extent{Offset: at, Length: img.Size() - at}))
			if !anchors[c.Kind] || c.Kind == Super && c.Stated == 0 {
				continue
			}
			found = append(found, Found{c, at})
			if end := align(at+max(c.Stated, 1), findStep); c.Stated < img.Size() && end > at+findStep {
				if end >= next {
					next = end
					break
				}
				at = end - findStep
			}
		}
		off = next
		if seen != nil {
			seen(off)
		}
	}
	return found, nil
}

// anchors are the kinds that begin partitions and are not part of another content.
var anchors = map[Kind]bool{
	AndroidBoot: true, VendorBoot: true, VBMeta: true, DTBO: true, MTKImage: true, SecRO: true,
	Ext4: true, F2FS: true, EROFS: true, SquashFS: true, Super: true,
}

// promising checks quickly for a magic in a block in memory, so that Sniff reads only
// where there is one.
func promising(b []byte) bool {
	for _, f := range formats {
		if anchors[f.kind] && f.at+len(f.magic) <= len(b) && bytes.HasPrefix(b[f.at:], []byte(f.magic)) {
			return true
		}
	}
	return false
}
