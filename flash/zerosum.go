package flash

import (
	_ "embed"
	"encoding"
	"encoding/binary"
	"hash"
)

// The userdata of a dump can be 100 GiB of zeros, and SHA-256 takes 0.7 s for each GiB. The
// result is always the same, so it was computed once: the table has the eight state words after
// 1, 2, 3 … GiB of zeros. It is used for zeros at the start of a file; behind other data nothing
// can be skipped.
//
//go:generate go run ./zerogen zerosum.bin
//go:embed zerosum.bin
var zeroStates []byte

const (
	zeroStep  = 1 << 30 // bytes of zeros from one row of the table to the next
	stateSize = 32      // bytes of a row: eight words, big endian
)

// SkipZeros sets h, which must be a new SHA-256, to the state after a part of n zeros, and
// returns the length of this part. If this version of Go does not accept the state, it returns 0
// and changes nothing.
func SkipZeros(h hash.Hash, n int64) int64 {
	rows := min(n/zeroStep, int64(len(zeroStates)/stateSize))
	u, ok := h.(encoding.BinaryUnmarshaler)
	if rows == 0 || !ok || u.UnmarshalBinary(zeroState(rows)) != nil {
		return 0
	}
	return rows * zeroStep
}

// zeroState returns what crypto/sha256 marshals after rows*zeroStep zeros: the magic, the state
// words, an empty block, and the length in bytes.
func zeroState(rows int64) []byte {
	b := append([]byte("sha\x03"), zeroStates[(rows-1)*stateSize:rows*stateSize]...)
	b = append(b, make([]byte, 64)...)
	return binary.BigEndian.AppendUint64(b, uint64(rows*zeroStep))
}
