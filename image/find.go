package image

import (
	"bytes"
	"context"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// Found is one content and where it begins.
type Found struct {
	Content
	Offset int64 // bytes
}

// findStep is how contents are aligned: no partition of the field begins off it.
const findStep = 4096

// Find looks for contents in an image without a partition table, at every 4 KiB. What
// lies inside a content that states its length is passed over: a file system holds
// whole boot images. Kinds that occur anywhere (compressed data, boot sectors) are
// left out. It reads all of the image's data once; seen, if not nil, is told how far
// it has come.
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
		// A magic may stand 4 KiB behind the start, which may be in a hole.
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

// anchors are the kinds that begin partitions and are not part of something else.
var anchors = map[Kind]bool{
	AndroidBoot: true, VendorBoot: true, VBMeta: true, DTBO: true, MTKImage: true, SecRO: true,
	Ext4: true, F2FS: true, EROFS: true, SquashFS: true, Super: true,
}

// promising is a quick look at a block in memory, so that Sniff's reads are spent
// where a magic stands.
func promising(b []byte) bool {
	for _, f := range formats {
		if anchors[f.kind] && f.at+len(f.magic) <= len(b) && bytes.HasPrefix(b[f.at:], []byte(f.magic)) {
			return true
		}
	}
	return false
}
