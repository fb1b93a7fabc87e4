package erofs

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	blocklz4 "github.com/pierrec/lz4/v4"
	xzlzma "github.com/ulikunitz/xz/lzma"
)

// expand decompresses an extent into z.buf. The caller has checked both sizes.
func (z *compressed) expand(e extent) error {
	z.in, z.buf = grown(z.in, e.size), grown(z.buf, e.length)
	in := z.in
	if n, err := z.fs.img.ReadAt(in, e.at); n < len(in) {
		return z.fs.fail(e.at, fmt.Sprintf("compressed data of inode %d: %d of %d bytes", z.num, n, len(in)), err)
	}
	switch e.algorithm {
	case shifted:
		copy(z.buf, in)
		return nil
	case interlaced:
		in = in[:min(int64(len(in)), z.fs.block)]
		at := int(e.start & (z.fs.block - 1))
		if at >= len(in) {
			return z.fs.fail(e.at, fmt.Sprintf("inode %d: its data begin at 0x%x of a block of 0x%x bytes", z.num, at, len(in)), nil)
		}
		n := copy(z.buf, in[at:])
		if n += copy(z.buf[n:], in); n < len(z.buf) {
			return z.fs.fail(e.at, fmt.Sprintf("inode %d: only %d of %d bytes are in the block", z.num, n, len(z.buf)), nil)
		}
		return nil
	}
	if err := z.decompress(e, in); err != nil {
		return z.fs.fail(e.at, fmt.Sprintf("inode %d: %d compressed bytes do not expand to %d", z.num, e.size, e.length), err)
	}
	return nil
}

// grown returns a slice of n bytes; it is b itself if b is large enough.
func grown(b []byte, n int64) []byte {
	if int64(cap(b)) < n {
		return make([]byte, n)
	}
	return b[:n]
}

func (z *compressed) decompress(e extent, in []byte) error {
	padded := z.fs.incompatible&incompatZeroPadding != 0
	if padded || e.algorithm != lz4 {
		in = in[padding(in[:min(int64(len(in)), z.fs.block)]):]
	}
	switch e.algorithm {
	case lz4:
		if padded && !e.partial {
			if n, err := blocklz4.UncompressBlock(in, z.buf); err == nil && n == len(z.buf) {
				return nil
			}
		}
		return expandLZ4(z.buf, in)
	case lzma:
		return expandLZMA(z.buf, in)
	case deflate:
		_, err := io.ReadFull(flate.NewReader(bytes.NewReader(in)), z.buf)
		return err
	}
	r, err := zstd.NewReader(bytes.NewReader(in), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDecompressed))
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.ReadFull(r, z.buf)
	return err
}

// padding counts the zeros before compressed data, which end at the end of their last
// block.
func padding(b []byte) int {
	for i, c := range b {
		if c != 0 {
			return i
		}
	}
	return len(b)
}

// expandLZMA decompresses MicroLZMA, as liblzma names it: a stream of LZMA whose first
// byte, normally always 0, is the inverted properties byte. The library needs a header;
// its values are known from elsewhere or follow from the sizes.
func expandLZMA(out, in []byte) error {
	if len(in) == 0 {
		return io.ErrUnexpectedEOF
	}
	head := append([]byte{^in[0]}, le.AppendUint32(nil, uint32(max(len(out), xzlzma.MinDictCap)))...)
	head = append(le.AppendUint64(head, uint64(len(out))), 0)
	r, err := xzlzma.NewReader(io.MultiReader(bytes.NewReader(head), bytes.NewReader(in[1:])))
	if err != nil {
		return err
	}
	_, err = io.ReadFull(r, out)
	return err
}
