package backup

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// A member is hashed once, from start to end, and this hash also proves each of its chunks
// alone: the index has the state of the hash (the eight words H of FIPS 180-4 §6.2) at the
// borders of chunks, which are multiples of the hash's block.
//
//	0         4 MiB       8 MiB           16 MiB      end
//	│ chunk 0  │ chunk 1   │ hole           │ chunk 2   │
//	IV ───────►to 0 ──────►to 1 ··········►from 2 ────►sha-256 of the member
//
// A reader of a chunk continues from the state before it, and must get the state behind it.

// stateSize is the length of a state, bytes.
const stateSize = 32

// marshalled is what crypto/sha256 writes before and behind the state: a magic, an empty block,
// the number of bytes hashed.
const (
	hashMagic = "sha\x03"
	hashBlock = 64
)

// stateOf returns the state of a SHA-256 that has hashed whole blocks, in lower-case hex.
func stateOf(h hash.Hash) string {
	b, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic("backup: crypto/sha256 does not return its state: " + err.Error())
	}
	return hex.EncodeToString(b[len(hashMagic) : len(hashMagic)+stateSize])
}

// hashFrom returns a SHA-256 with the state that it has after n bytes. isSum must accept the
// state; "" is the initial state.
func hashFrom(state string, n int64) hash.Hash {
	h := sha256.New()
	if state == "" {
		return h
	}
	b, err := hex.AppendDecode([]byte(hashMagic), []byte(state))
	b = append(b, make([]byte, hashBlock)...)
	b = binary.BigEndian.AppendUint64(b, uint64(n))
	if err == nil {
		err = h.(encoding.BinaryUnmarshaler).UnmarshalBinary(b)
	}
	if err != nil {
		panic("backup: crypto/sha256 does not accept its state: " + err.Error())
	}
	return h
}

// before returns the state before chunk i.
func (m *Member) before(i int) string {
	if from := m.Chunks[i].From; from != "" || i == 0 {
		return from
	}
	return m.Chunks[i-1].To
}

// proves reports whether plain is the content of chunk i.
func (m *Member) proves(i int, plain []byte) bool {
	w := m.windows[i]
	h := hashFrom(m.before(i), w.Offset)
	addZeros(h, w.End()-addWindow(h, w, plain, w.Offset))
	if w.End() < m.Size {
		return stateOf(h) == m.Chunks[i].To
	}
	return hex.EncodeToString(h.Sum(nil)) == m.SHA256
}

// linked reports which states chunk i must have: one before it unless it begins with the member
// or directly behind the chunk before, and one behind it if the member continues.
func (m *Member) linked(i int) (from, to bool) {
	end := int64(0)
	if i > 0 {
		end = m.windows[i-1].End()
	}
	return m.windows[i].Offset > end, m.windows[i].End() < m.Size
}

// addWindow hashes the data of a window, with the holes before and between them, from offset at
// on. It returns the end of the data.
func addWindow(h hash.Hash, w window, plain []byte, at int64) int64 {
	for _, d := range w.data {
		addZeros(h, d.Offset-at)
		h.Write(plain[:d.Length])
		plain, at = plain[d.Length:], d.End()
	}
	return at
}

func addZeros(h hash.Hash, n int64) {
	for n > 0 {
		m := min(n, int64(len(zeros)))
		h.Write(zeros[:m])
		n -= m
	}
}
