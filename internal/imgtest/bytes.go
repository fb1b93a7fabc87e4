package imgtest

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

var le = binary.LittleEndian

// Noise returns n bytes that look like program code: 16 different lines of 8 words in
// random order. They can be compressed and contain no format's magic. The label is the
// seed; the same label always gives the same bytes.
func Noise(label string, n int) []byte {
	h := fnv.New64a()
	h.Write([]byte(label))
	r := rand.New(rand.NewPCG(h.Sum64(), 0x6d746b6b6974))
	const line = 8
	var words [16 * line]uint32
	for i := range words {
		words[i] = r.Uint32() | 1 // never zero: all words are data
	}
	b := make([]byte, 0, n+4*line)
	for len(b) < n {
		at := line * r.IntN(len(words)/line)
		for _, w := range words[at : at+line] {
			b = le.AppendUint32(b, w)
		}
	}
	return b[:n]
}

// put32 writes little-endian words one after the other from off on.
func put32(b []byte, off int, words ...uint32) {
	for i, w := range words {
		le.PutUint32(b[off+4*i:], w)
	}
}

// fill sets every byte of b to v.
func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// pad lengthens b with v to a multiple of to bytes.
func pad(b []byte, to int, v byte) []byte {
	for len(b)%to != 0 {
		b = append(b, v)
	}
	return b
}

// guidBytes turns a GUID's text into its bytes on disk: the first three groups are
// stored little-endian, the last two as written (UEFI specification, appendix A).
func guidBytes(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != 16 {
		panic("imgtest: bad GUID " + s)
	}
	for _, r := range [][2]int{{0, 3}, {1, 2}, {4, 5}, {6, 7}} {
		b[r[0]], b[r[1]] = b[r[1]], b[r[0]]
	}
	return b
}
