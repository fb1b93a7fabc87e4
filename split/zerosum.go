package split

import (
	_ "embed"
	"encoding"
	"encoding/binary"
	"hash"
)

// The userdata of a dump can be 100 GiB of zeros, and SHA-256 takes 0.7 s for each
// of them. What it comes to is the same every time, so it was computed once: the
// table holds the eight state words after 1, 2, 3 … GiB of zeros. It serves the zeros
// that a file begins with; behind other data nothing can be skipped.
//
//go:generate go run ./zerogen zerosum.bin
//go:embed zerosum.bin
var zeroStates []byte

const (
	zeroStep  = 1 << 30 // bytes of zeros from one row of the table to the next
	stateSize = 32      // bytes of a row: eight words, big endian
)

// skipZeros puts h, which must be a fresh SHA-256, into the state after a part of n
// zeros, and returns how long that part is. When this Go's hash does not take the
// state, the answer is 0 and nothing has changed.
func skipZeros(h hash.Hash, n int64) int64 {
	rows := min(n/zeroStep, int64(len(zeroStates)/stateSize))
	u, ok := h.(encoding.BinaryUnmarshaler)
	if rows == 0 || !ok || u.UnmarshalBinary(zeroState(rows)) != nil {
		return 0
	}
	return rows * zeroStep
}

// zeroState builds what crypto/sha256 marshals after rows*zeroStep zeros: the magic,
// the state words, a block not begun, the length in bytes.
func zeroState(rows int64) []byte {
	b := append([]byte("sha\x03"), zeroStates[(rows-1)*stateSize:rows*stateSize]...)
	b = append(b, make([]byte, 64)...)
	return binary.BigEndian.AppendUint64(b, uint64(rows*zeroStep))
}
