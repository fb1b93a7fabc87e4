package erofs

// extent is a range of a file that is decompressed in one step.
type extent struct {
	start, length int64 // in the file
	at, size      int64 // of the compressed data, in the image
	algorithm     int
	partial       bool // the data expand to more than length
	packed        bool // the bytes are in the packed inode
	inline        bool // the data are behind the index
}

// The algorithms of a HEAD; the last two are data without compression.
const (
	lz4 = iota
	lzma
	deflate
	zstandard
	shifted    // from the start of the block
	interlaced // each byte at its own offset within a block
)

const (
	maxCompressed   = 1 << 20  // bytes of compressed data of one extent, as in Linux
	maxDecompressed = 16 << 20 // bytes of an extent; Linux accepts 12 MiB
	maxHops         = 1 << 14  // distances that are followed to find the ends of one extent
)

// find returns the extent with the byte at off of the file.
func (z *compressed) find(off int64) (extent, error) {
	head, end, err := z.headOf(off)
	if err != nil {
		return extent{}, err
	}
	e := extent{start: head.lcn<<z.bits | head.offset, partial: head.partial}
	if e.length = end - e.start; end < 0 {
		if e.length, err = z.lengthOf(head, e.start); err != nil {
			return e, err
		}
	}
	if e.length <= 0 || e.start+e.length <= off {
		return e, z.damaged(head.lcn, "an extent of %d bytes is impossible", e.length)
	}
	switch tail := head.lcn == z.tailHead; {
	case tail && z.inlineSize > 0:
		e.at, e.size, e.inline = z.inlineAt, z.inlineSize, true
		if z.inlineAt%z.fs.block+z.inlineSize > z.fs.block {
			return e, z.damaged(head.lcn, "%d bytes of data in the index end behind their block", z.inlineSize)
		}
	case tail && z.advise&adviseFragment != 0:
		e.packed = true
		return e, nil
	default:
		e.at = head.block << z.fs.bits
		if e.size, err = z.compressedSize(head); err != nil {
			return e, err
		}
	}
	return z.withAlgorithm(e, head)
}

func (z *compressed) withAlgorithm(e extent, head cluster) (extent, error) {
	if e.size > maxCompressed || e.length > maxDecompressed {
		return e, z.damaged(head.lcn, "0x%x compressed bytes for 0x%x are impossible", e.size, e.length)
	}
	switch head.kind {
	case typePlain:
		e.algorithm = shifted
		if z.advise&adviseInterlaced != 0 {
			e.algorithm = interlaced
		}
		if e.length > e.size {
			return e, z.damaged(head.lcn, "%d uncompressed bytes do not fit into %d", e.length, e.size)
		}
		return e, nil
	case typeHead2:
		e.algorithm = z.algorithms[1]
	default:
		e.algorithm = z.algorithms[0]
	}
	if e.algorithm > zstandard || z.fs.algorithms&(1<<e.algorithm) == 0 {
		return e, z.damaged(head.lcn, "it is compressed with algorithm %d, which the file system does not list", e.algorithm)
	}
	return e, nil
}

// headOf finds the head of the extent that contains off. If the extent ends in the same
// cluster, end is its end, else -1.
func (z *compressed) headOf(off int64) (head cluster, end int64, err error) {
	c, err := z.load(off>>z.bits, false)
	if err != nil {
		return c, -1, err
	}
	end = -1
	back := c.back
	if c.kind != typeNonhead {
		if off&(1<<z.bits-1) >= c.offset {
			return c, -1, nil
		}
		end, back = c.lcn<<z.bits|c.offset, 1
	}
	for range maxHops {
		if back == 0 || back > c.lcn {
			return c, -1, z.damaged(c.lcn, "its head is %d clusters before it", back)
		}
		if c, err = z.load(c.lcn-back, false); err != nil || c.kind != typeNonhead {
			return c, end, err
		}
		back = c.back
	}
	return c, -1, z.damaged(c.lcn, "there is no head within %d hops", maxHops)
}

// lengthOf follows the distances from a head to the next one.
func (z *compressed) lengthOf(head cluster, start int64) (int64, error) {
	lcn := head.lcn + 1
	for range maxHops {
		if lcn<<z.bits >= z.size {
			return z.size - start, nil
		}
		c, err := z.load(lcn, true)
		if err != nil {
			return 0, err
		}
		if c.kind != typeNonhead {
			return lcn<<z.bits + c.offset - start, nil
		}
		lcn += max(c.ahead, 1) // mkfs.erofs before 1.0 wrote 0
	}
	return 0, z.damaged(head.lcn, "there is no end within %d hops", maxHops)
}

// compressedSize returns the number of bytes of compressed data of a head: one block,
// or the number in the entry behind it.
func (z *compressed) compressedSize(head cluster) (int64, error) {
	big := uint16(adviseBig2)
	if head.kind == typeHead1 {
		big = adviseBig1
	}
	if z.advise&big == 0 || (head.lcn+1)<<z.bits >= z.size {
		return z.fs.block, nil
	}
	c, err := z.load(head.lcn+1, false)
	switch {
	case err != nil:
		return 0, err
	case c.kind != typeNonhead:
		return z.fs.block, nil
	case c.count == 0:
		return 0, z.damaged(c.lcn, "a number of blocks is missing")
	}
	return c.count << z.fs.bits, nil
}
