package dump

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
)

// Copy writes the bytes of a partition that the dump has, in pieces of 1 MiB. The problems list
// damage that may affect any byte of the dump, the unread ranges, a cut, and a difference from the
// hash in the dump's manifest.
func (d *Dump) Copy(ctx context.Context, out io.Writer, it *plan.Item) ([]flash.Problem, error) {
	sum := sha256.New()
	if n, err := CopyImage(ctx, io.MultiWriter(out, sum), flash.Slice(it.Image, flash.Extent{Length: it.Present})); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s: %d of %d bytes written: %w", it.Name, n, it.Present, err)
	}
	found := d.Doubts(it)
	switch old := d.Recorded(it.Region, it.Offset, it.Present); {
	case old != nil && old.SHA256 != hex.EncodeToString(sum.Sum(nil)):
		found.Add(flash.Error, it.Name, "%s has changed since it was written: its hash differs from the manifest's", old.File)
	case old == nil && it.Present > 0 && d.Source.NotCompared() > 0 && !d.Source.Proves:
		found.Add(flash.Note, it.Name, "it is only a part of a file with a hash, so it was not compared with one")
	}
	return found, nil
}

// Doubts lists what is known to be wrong with the bytes of a partition before they are read: damage
// that may affect any byte of the dump, the unread ranges, and a cut.
func (d *Dump) Doubts(it *plan.Item) flash.Problems {
	found := flash.Problems(slices.Clone(d.Source.Damaged))
	for _, h := range it.Unread {
		found.AddAt(flash.Error, it.Name, h.Offset, "0x%x bytes (%s) were not read from the phone; the zeros there are not its data", h.Length, flash.Size(h.Length))
	}
	if it.Present < it.Length {
		found.AddAt(flash.Error, it.Name, it.Offset, "is cut: only %s of %s are in the dump", flash.Size(it.Present), flash.Size(it.Length))
	}
	return found
}

// CopyImage writes all of an image, in pieces of 1 MiB, until ctx ends. It returns the number of
// bytes written.
func CopyImage(ctx context.Context, out io.Writer, img flash.Image) (done int64, err error) {
	r := io.NewSectionReader(img, 0, img.Size())
	for done < img.Size() && err == nil {
		if err = ctx.Err(); err != nil {
			break
		}
		var n int64
		n, err = io.CopyN(out, r, min(1<<20, img.Size()-done))
		done += n
	}
	return done, err
}
