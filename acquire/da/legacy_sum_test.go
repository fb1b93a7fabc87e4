package da

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// The sum of bytes, of every length around the width and the capacity of a lane.
func TestByteSum(t *testing.T) {
	b := bytes.Repeat([]byte{0xff}, 3<<10)
	noise := rand.New(rand.NewPCG(1, 2))
	for len(b) < 6<<10 {
		b = binary.LittleEndian.AppendUint64(b, noise.Uint64())
	}
	for _, n := range []int{0, 1, 7, 8, 9, 1023, 1024, 1025, 2047, 2048, 3<<10 + 5, len(b)} {
		var want uint16
		for _, c := range b[:n] {
			want += uint16(c)
		}
		if got := byteSum(b[:n]); got != want {
			t.Errorf("%d bytes: 0x%04x, want 0x%04x", n, got, want)
		}
	}
}

func BenchmarkByteSum(b *testing.B) {
	data := make([]byte, lPacket)
	b.SetBytes(lPacket)
	for b.Loop() {
		byteSum(data)
	}
}
