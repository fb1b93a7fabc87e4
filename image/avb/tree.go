package avb

import (
	"bytes"
	"fmt"
	"hash"
	"math/bits"

	"github.com/mtkkit/mtkkit/flash"
)

// tree makes a dm-verity hash tree, level by level while the data are read, and
// compares it with the stored tree. It holds one block of each level.
type tree struct {
	h      hash.Hash
	salt   []byte
	block  int // bytes of a hash block
	digest int // bytes for each digest in a block: a power of two
	levels []level
	root   []byte

	stored   flash.Image // the tree behind the image; shorter if it is cut
	same     bool        // as far as is known
	bad      int64       // data blocks whose stored digest differs
	firstBad int64
}

// level is one level of the tree; the lowest has the digests of the data.
type level struct {
	at   int64 // its offset in the stored tree
	done int64 // bytes that are complete
	buf  []byte
}

// newTree computes the levels of the tree for that number of data blocks.
func (d *Descriptor) newTree(img flash.Image, h hash.Hash, blocks int64) *tree {
	t := &tree{h: h, salt: d.Salt, block: int(d.Tree.HashBlock), same: true}
	t.digest = 1 << bits.Len(uint(h.Size()-1))
	var sizes []int64
	for n := blocks; n > 1; {
		n = (n*int64(t.digest) + int64(t.block) - 1) / int64(t.block)
		sizes = append(sizes, n*int64(t.block))
	}
	t.levels = make([]level, len(sizes))
	at := int64(0)
	for i := len(sizes) - 1; i >= 0; i-- { // the top level is first
		t.levels[i].at = at
		at += sizes[i]
	}
	if e, err := flash.NewExtent(d.Tree.Offset, uint64(at)); err == nil {
		t.stored = flash.Slice(img, e)
	} else {
		t.stored = bytes.NewReader(nil)
	}
	return t
}

func (t *tree) sum(b []byte) []byte {
	t.h.Reset()
	t.h.Write(t.salt)
	t.h.Write(b)
	return t.h.Sum(nil)
}

// add appends a digest to a level; above the last level it is the root.
func (t *tree) add(i int, digest []byte) {
	if i == len(t.levels) {
		t.root = digest
		return
	}
	l := &t.levels[i]
	l.buf = append(l.buf, digest...)
	l.buf = append(l.buf, make([]byte, t.digest-len(digest))...)
	if len(l.buf) == t.block {
		t.flush(i)
	}
}

// flush completes a block of a level and adds its digest to the next level.
func (t *tree) flush(i int) {
	l := &t.levels[i]
	used := len(l.buf)
	l.buf = append(l.buf, make([]byte, t.block-used)...)
	t.compare(i, used)
	digest := t.sum(l.buf)
	l.done += int64(t.block)
	l.buf = l.buf[:0]
	t.add(i+1, digest)
}

// compare compares the block with the stored one.
func (t *tree) compare(i, used int) {
	l := &t.levels[i]
	b, err := flash.ReadFull(t.stored, l.at+l.done, t.block)
	if err == nil && bytes.Equal(b, l.buf) {
		return
	}
	t.same = false
	for at := 0; i == 0 && err == nil && at < used; at += t.digest {
		if !bytes.Equal(b[at:at+t.digest], l.buf[at:at+t.digest]) {
			if t.bad++; t.bad == 1 {
				t.firstBad = (l.done + int64(at)) / int64(t.digest)
			}
		}
	}
}

// finish completes the last blocks and returns the root.
func (t *tree) finish() []byte {
	for i := range t.levels {
		if len(t.levels[i].buf) > 0 {
			t.flush(i)
		}
	}
	return t.root
}

// checkTree makes the tree of the image and compares its root with the descriptor.
func (d *Descriptor) checkTree(r reader, img flash.Image, h hash.Hash) (Result, error) {
	data, block := int64(d.Tree.DataBlock), int64(d.Tree.HashBlock)
	switch {
	case !plausible(data) || !plausible(block):
		return Result{Unknown, fmt.Sprintf("a hash tree with blocks of %d and %d bytes cannot be checked", data, block)}, nil
	case d.ImageSize == 0 || d.ImageSize%uint64(data) != 0:
		return Result{Unknown, fmt.Sprintf("a hash tree over 0x%x bytes in blocks of %d cannot be checked", d.ImageSize, data)}, nil
	case len(d.Digest) != h.Size():
		return Result{Unknown, fmt.Sprintf("the root has %d bytes, but %s has %d", len(d.Digest), d.Hash, h.Size())}, nil
	}
	t := d.newTree(img, h, int64(d.ImageSize)/data)
	err := r.each(readSize, func(b []byte) error {
		for ; len(b) > 0; b = b[data:] {
			t.add(0, t.sum(b[:data]))
		}
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	root := t.finish()
	switch {
	case bytes.Equal(root, d.Digest) && t.same:
		return Result{Intact, fmt.Sprintf("%s hash tree over 0x%x bytes%s", d.Hash, d.ImageSize, d.Tree.fec())}, nil
	case bytes.Equal(root, d.Digest):
		return Result{Different, "its data are correct, but the hash tree behind them is damaged"}, nil
	}
	return Result{Different, fmt.Sprintf("the root of its hash tree is different%s", t.where(d))}, nil
}

// fec names the part that is not checked.
func (t *Tree) fec() string {
	if t.FECSize == 0 {
		return ""
	}
	return "; the error correction behind it is not checked"
}

// plausible limits the block size of a tree in bytes; readSize is a multiple of each.
func plausible(block int64) bool { return block >= 1024 && block <= 64<<10 && block&(block-1) == 0 }

// where reports how much of the data differs, if the stored tree is the right one: its
// top block then gives the root.
func (t *tree) where(d *Descriptor) string {
	if t.bad == 0 {
		return ""
	}
	top, err := flash.ReadFull(t.stored, 0, t.block)
	if err != nil || !bytes.Equal(t.sum(top), d.Digest) {
		return ""
	}
	return fmt.Sprintf(": %d of %d blocks differ, the first at 0x%x", t.bad, int64(d.ImageSize)/int64(d.Tree.DataBlock), t.firstBad*int64(d.Tree.DataBlock))
}
