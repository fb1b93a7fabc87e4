package ramdisk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/pierrec/lz4/v4"

	"github.com/mtkkit/mtkkit/flash"
)

// lz4Length returns the length of the lz4 frame at the start of img, in bytes.
//
//	magic, flags, block size, [content size] [dictionary id] header's check
//	blocks: size (bit 31: stored) and data, [check]; size 0 ends them; [check]
func lz4Length(img flash.Image) (int64, error) {
	const sized, named, blockSums, contentSum = 0x08, 0x01, 0x10, 0x04
	cut := errors.New("ramdisk: lz4 frame is cut")
	size := img.Size()
	if size < 7 {
		return 0, cut
	}
	w := &window{img: img}
	flags, at := w.bytes(4, 1)[0], int64(7)
	extra := func(bit byte, n int64) int64 {
		if flags&bit != 0 {
			return n
		}
		return 0
	}
	at += extra(sized, 8) + extra(named, 4)
	for at+4 <= size {
		n := int64(binary.LittleEndian.Uint32(w.bytes(at, 4)) &^ (1 << 31))
		if at += 4; n == 0 {
			at += extra(contentSum, 4)
			break
		}
		if at += n + extra(blockSums, 4); at+4 > size {
			return 0, cut
		}
	}
	if at > size || at < 11 {
		return 0, cut
	}
	return at, w.err
}

// The legacy lz4 frame of Linux: its magic, then blocks of at most 8 MiB of content,
// each after its packed size. There is no end mark: the frame ends at a size that is
// impossible for a block, at another magic, or at the end of the bytes.
const legacyBlock = 8 << 20

const legacyMagic = "\x02\x21\x4C\x18"

// legacyReader unpacks a legacy frame block by block.
//
// LG's kernels need the unpacked length behind the last block, a u32. A word is this
// length if it equals the number of unpacked bytes and is not the size of a block that
// can be unpacked.
type legacyReader struct {
	img    flash.Image
	at     int64 // of the next block; at the end, behind the frame
	length bool  // the length belongs to the frame and is required
	chain  bool  // a frame that follows continues the same archive

	block, packed []byte
	rest          []byte // of the block, not read yet
	total         int64
	end           error
}

// Read implements io.Reader.
func (l *legacyReader) Read(b []byte) (int, error) {
	for len(l.rest) == 0 && l.end == nil {
		l.end = l.next()
	}
	n := copy(b, l.rest)
	if l.rest = l.rest[n:]; n == 0 && len(b) > 0 {
		return 0, l.end
	}
	return n, nil
}

// next unpacks a block; io.EOF means that there is none.
func (l *legacyReader) next() error {
	word := make([]byte, 4)
	left := l.img.Size() - l.at - int64(len(word))
	if left < 0 {
		return l.finish(0)
	}
	if _, err := l.img.ReadAt(word, l.at); err != nil && err != io.EOF {
		return err
	}
	n := int64(binary.LittleEndian.Uint32(word))
	if l.chain && string(word) == legacyMagic {
		l.at += 4
		return nil
	}
	if n == 0 || n > int64(lz4.CompressBlockBound(legacyBlock)) || string(word) == legacyMagic {
		return l.finish(n)
	}
	if n > left {
		if n == l.total {
			return l.finish(n)
		}
		return fmt.Errorf("ramdisk: lz4 block of %d bytes at 0x%x is cut: %d bytes follow", n, l.at, left)
	}
	m, err := l.unpack(l.at+4, int(n))
	if err != nil {
		if n == l.total {
			return l.finish(n)
		}
		return fmt.Errorf("ramdisk: lz4 block at 0x%x: %w", l.at, err)
	}
	l.rest = l.block[:m]
	l.total += int64(m)
	l.at += 4 + n
	return nil
}

// unpack unpacks the n bytes at off into the block.
func (l *legacyReader) unpack(off int64, n int) (int, error) {
	if l.block == nil {
		l.block = make([]byte, legacyBlock)
	}
	if cap(l.packed) < n {
		l.packed = make([]byte, n)
	}
	if err := flash.ReadInto(l.img, l.packed[:n], off); err != nil {
		return 0, err
	}
	return lz4.UncompressBlock(l.packed[:n], l.block)
}

// finish ends the frame before a word that is not a block's size.
func (l *legacyReader) finish(word int64) error {
	if l.length {
		if word != l.total&most32 || word == 0 {
			return fmt.Errorf("ramdisk: the length behind the lz4 blocks is 0x%x, but they have 0x%x bytes", word, l.total)
		}
		l.at += 4
	}
	return io.EOF
}

const most32 = 1<<32 - 1

// statesLength reports whether the unpacked length is at off, with nothing behind it.
func statesLength(img flash.Image, off, length int64) bool {
	w := &window{img: img}
	if off+4 > img.Size() || length == 0 || int64(binary.LittleEndian.Uint32(w.bytes(off, 4))) != length {
		return false
	}
	end, err := zerosFrom(img, off+4)
	return err == nil && end == img.Size()
}

func packLegacy(out io.Writer, plain io.Reader, length bool) error {
	if _, err := io.WriteString(out, legacyMagic); err != nil {
		return err
	}
	part, block := make([]byte, legacyBlock), make([]byte, lz4.CompressBlockBound(legacyBlock))
	total := 0
	for {
		m, err := io.ReadFull(plain, part)
		if m == 0 && err == io.EOF {
			break
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return err
		}
		c := lz4.CompressorHC{Level: lz4.Level9}
		n, err := c.CompressBlock(part[:m], block)
		if err != nil {
			return err
		}
		if n == 0 {
			return errors.New("ramdisk: lz4 cannot pack content that does not become smaller")
		}
		total += m
		if _, err := out.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(n)), block[:n]...)); err != nil {
			return err
		}
	}
	if !length {
		return nil
	}
	_, err := out.Write(binary.LittleEndian.AppendUint32(nil, uint32(total)))
	return err
}
