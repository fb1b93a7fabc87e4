package ramdisk

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/pierrec/lz4/v4"
)

// lz4Length returns the length of the lz4 frame that b begins with.
//
//	magic, flags, block size, [content size] [dictionary id] header's check
//	blocks: size (bit 31: stored) and data, [check]; size 0 ends them; [check]
func lz4Length(b []byte) (int, error) {
	const sized, named, blockSums, contentSum = 0x08, 0x01, 0x10, 0x04
	cut := errors.New("ramdisk: lz4 frame is cut")
	if len(b) < 7 {
		return 0, cut
	}
	flags, at := b[4], 7
	extra := func(bit byte, n int) int {
		if flags&bit != 0 {
			return n
		}
		return 0
	}
	at += extra(sized, 8) + extra(named, 4)
	for at+4 <= len(b) {
		n := int(binary.LittleEndian.Uint32(b[at:]) &^ (1 << 31))
		if at += 4; n == 0 {
			at += extra(contentSum, 4)
			break
		}
		if at += n + extra(blockSums, 4); at+4 > len(b) {
			return 0, cut
		}
	}
	if at > len(b) || at < 11 {
		return 0, cut
	}
	return at, nil
}

// The legacy lz4 frame of Linux: its magic, then blocks of at most 8 MiB of content,
// each after its packed size. Nothing marks the end: a size that no block can have, the
// magic again, or the end of the bytes does.
const legacyBlock = 8 << 20

const legacyMagic = "\x02\x21\x4C\x18"

func unpackLegacy(b []byte, limit int64) ([]byte, int, error) {
	most := lz4.CompressBlockBound(legacyBlock)
	var out []byte
	block := make([]byte, 0)
	at := len(legacyMagic)
	for at+4 <= len(b) {
		n := int(binary.LittleEndian.Uint32(b[at:]))
		if n == 0 || n > most || string(b[at:at+4]) == legacyMagic {
			break
		}
		if n > len(b)-at-4 {
			return out, at, fmt.Errorf("ramdisk: lz4 block of %d bytes at 0x%x is cut: %d are here", n, at, len(b)-at-4)
		}
		if len(block) == 0 {
			block = make([]byte, legacyBlock)
		}
		m, err := lz4.UncompressBlock(b[at+4:at+4+n], block)
		if err != nil {
			return out, at, fmt.Errorf("ramdisk: lz4 block at 0x%x: %w", at, err)
		}
		if int64(len(out)+m) > limit {
			return nil, at, &LimitError{limit}
		}
		out = append(out, block[:m]...)
		at += 4 + n
	}
	return out, at, nil
}

func packLegacy(b []byte) ([]byte, error) {
	out := []byte(legacyMagic)
	block := make([]byte, lz4.CompressBlockBound(legacyBlock))
	for len(b) > 0 {
		part := b[:min(len(b), legacyBlock)]
		c := lz4.CompressorHC{Level: lz4.Level9}
		n, err := c.CompressBlock(part, block)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, errors.New("ramdisk: lz4 cannot pack content that does not shrink")
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(n))
		out, b = append(out, block[:n]...), b[len(part):]
	}
	return out, nil
}
