package avb

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"

	"github.com/mtkkit/mtkkit/flash"
)

// Verdict is the result of checking an image.
type Verdict int

// The verdicts. Unknown is not a fault of the image: something that the check needs is
// missing.
const (
	Unknown Verdict = iota
	Intact
	Different
)

// String returns the verdict as a word, such as "intact".
func (v Verdict) String() string {
	return [...]string{"unknown", "intact", "different"}[min(max(v, Unknown), Different)]
}

// MarshalText writes the word, for JSON.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Result is a verdict with its reason.
type Result struct {
	Verdict Verdict `json:"verdict"`
	Text    string  `json:"text"`
}

// readSize is how much of an image is read at a time, bytes.
const readSize = 1 << 20

// Check compares a partition with its descriptor; img is the whole partition. seen, if
// not nil, gets the number of bytes read so far. An error comes from reading img, or
// from ctx.
func (d *Descriptor) Check(ctx context.Context, img flash.Image, seen func(done int64)) (Result, error) {
	sum, ok := hashes[d.Hash]
	switch {
	case len(d.Digest) == 0:
		return Result{Unknown, "its digest is not in the block; it is elsewhere on the phone"}, nil
	case !ok:
		return Result{Unknown, fmt.Sprintf("the hash %q is not known", d.Hash)}, nil
	case d.ImageSize > uint64(img.Size()):
		return Result{Different, fmt.Sprintf("it is shorter than its image: it has 0x%x bytes of 0x%x", img.Size(), d.ImageSize)}, nil
	}
	r := reader{ctx, flash.Slice(img, flash.Extent{Length: int64(d.ImageSize)}), seen}
	if d.Tree != nil {
		return d.checkTree(r, img, sum())
	}
	h := sum()
	h.Write(d.Salt)
	if err := r.each(readSize, func(b []byte) error { h.Write(b); return nil }); err != nil {
		return Result{}, err
	}
	if !bytes.Equal(h.Sum(nil), d.Digest) {
		return Result{Different, fmt.Sprintf("the %s digest of its 0x%x bytes is different", d.Hash, d.ImageSize)}, nil
	}
	return Result{Intact, fmt.Sprintf("%s digest of 0x%x bytes", d.Hash, d.ImageSize)}, nil
}

var hashes = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

// reader reads an image from its start to its end.
type reader struct {
	ctx  context.Context
	img  flash.Image
	seen func(done int64)
}

func (r reader) each(step int64, do func([]byte) error) error {
	buf := make([]byte, min(step, r.img.Size()))
	for off := int64(0); off < r.img.Size(); {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		b := buf[:min(step, r.img.Size()-off)]
		if err := flash.ReadInto(r.img, b, off); err != nil {
			return fmt.Errorf("avb: %w", err)
		}
		if err := do(b); err != nil {
			return err
		}
		if off += int64(len(b)); r.seen != nil {
			r.seen(off)
		}
	}
	return nil
}
