package backup

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"
)

// Fields of zstd frames (RFC 8878 §3.1).
const (
	frameMagic = 0xFD2FB528
	skipMagic  = 0x184D2A5D // one of the sixteen magics of skippable frames
	seekMagic  = 0x184D2A5E // magic of the seek table
	seekFooter = 0x8F92EAB1
	skipHead   = 8
	blockHead  = 3
	blockMax   = 128 << 10
	frameCRC   = 4
	footerLen  = 9
	seekEntry  = 8
)

// appendRaw appends a frame with uncompressed content: header, blocks, checksum. An encoder
// returns the same for bytes that it cannot compress, but first tries to.
func appendRaw(b, content []byte) []byte {
	// Frame_Header_Descriptor: content size in 4 bytes, single segment, checksum.
	b = binary.LittleEndian.AppendUint32(b, frameMagic)
	b = append(b, 2<<6|1<<5|1<<2)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(content)))
	for rest := content; ; {
		n := min(len(rest), blockMax)
		head := uint32(n << 3)
		if n == len(rest) {
			head |= 1
		}
		b = append(b, byte(head), byte(head>>8), byte(head>>16))
		b = append(b, rest[:n]...)
		if rest = rest[n:]; len(rest) == 0 {
			break
		}
	}
	return binary.LittleEndian.AppendUint32(b, uint32(xxhash.Sum64(content)))
}

// rawLen is the length of a frame with n uncompressed bytes. A compressed frame is at most a few
// bytes longer.
func rawLen(n int) int {
	return 4 + 1 + 8 + n + blockHead*(n/blockMax+1) + frameCRC
}

// appendSkippable appends a frame that decoders ignore.
func appendSkippable(b []byte, magic uint32, content []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, magic)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(content)))
	return append(b, content...)
}

// seekPair is a line of the seek table: the length of a frame, and of its content.
type seekPair struct{ packed, plain uint32 }

// encodeSeekTable returns the table that ends a seekable zstd file.
func encodeSeekTable(pairs []seekPair) []byte {
	var b []byte
	for _, p := range pairs {
		b = binary.LittleEndian.AppendUint32(b, p.packed)
		b = binary.LittleEndian.AppendUint32(b, p.plain)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(pairs)))
	b = append(b, 0) // descriptor: no checksums here, because the frames have them
	b = binary.LittleEndian.AppendUint32(b, seekFooter)
	return appendSkippable(nil, seekMagic, b)
}

var errNoSeekTable = errors.New("no seek table at the end")

// seekTableLen returns the length of a file's seek table, from the last bytes of the file.
func seekTableLen(footer []byte, size int64) (int64, error) {
	if len(footer) != footerLen || binary.LittleEndian.Uint32(footer[5:]) != seekFooter {
		return 0, errNoSeekTable
	}
	entry := int64(seekEntry)
	if footer[4]&0x80 != 0 {
		entry += 4
	}
	n := skipHead + int64(binary.LittleEndian.Uint32(footer))*entry + footerLen
	if n > size {
		return 0, fmt.Errorf("the seek table has, by its footer, 0x%x bytes, but the file has 0x%x", n, size)
	}
	return n, nil
}

// decodeSeekTable reads the skippable frame with the seek table.
func decodeSeekTable(b []byte) ([]seekPair, error) {
	if len(b) < skipHead+footerLen || binary.LittleEndian.Uint32(b) != seekMagic ||
		int64(binary.LittleEndian.Uint32(b[4:])) != int64(len(b)-skipHead) {
		return nil, errNoSeekTable
	}
	footer := b[len(b)-footerLen:]
	if n, err := seekTableLen(footer, int64(len(b))); err != nil || n != int64(len(b)) {
		return nil, errNoSeekTable
	}
	count := int(binary.LittleEndian.Uint32(footer))
	entry := (len(b) - skipHead - footerLen) / max(count, 1)
	pairs := make([]seekPair, count) // the length proves count
	for i := range pairs {
		e := b[skipHead+i*entry:]
		pairs[i] = seekPair{binary.LittleEndian.Uint32(e), binary.LittleEndian.Uint32(e[4:])}
	}
	return pairs, nil
}
