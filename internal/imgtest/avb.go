package imgtest

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"
)

var be = binary.BigEndian

// AVBBlock describes a vbmeta block, as in the headers of AOSP's libavb. Descriptors
// are the results of the functions below.
type AVBBlock struct {
	Algorithm     uint32
	RollbackIndex uint64
	Flags         uint32
	Descriptors   [][]byte
	Key           []byte                                  // as libavb stores keys
	Sign          func(message []byte) (hash, sig []byte) // nil for an unsigned block
}

// Bytes returns the block.
func (v AVBBlock) Bytes() []byte {
	var descriptors []byte
	for _, d := range v.Descriptors {
		descriptors = append(descriptors, d...)
	}
	aux := pad(append(append([]byte{}, descriptors...), v.Key...), 64, 0)
	h := make([]byte, 256)
	copy(h, "AVB0")
	be.PutUint32(h[4:], 1)
	be.PutUint64(h[20:], uint64(len(aux)))
	be.PutUint32(h[28:], v.Algorithm)
	be.PutUint64(h[64:], uint64(len(descriptors)))
	be.PutUint64(h[72:], uint64(len(v.Key)))
	be.PutUint64(h[104:], uint64(len(descriptors)))
	be.PutUint64(h[112:], v.RollbackIndex)
	be.PutUint32(h[120:], v.Flags)
	copy(h[128:], "imgtest 1.0")
	if v.Sign == nil {
		return append(h, aux...)
	}
	// The sizes are part of the signed bytes: sign once to find them.
	hash, sig := v.Sign(append(append([]byte{}, h...), aux...))
	be.PutUint64(h[12:], uint64(len(pad(make([]byte, len(hash)+len(sig)), 64, 0))))
	be.PutUint64(h[40:], uint64(len(hash)))
	be.PutUint64(h[48:], uint64(len(hash)))
	be.PutUint64(h[56:], uint64(len(sig)))
	hash, sig = v.Sign(append(append([]byte{}, h...), aux...))
	return append(append(h, pad(append(hash, sig...), 64, 0)...), aux...)
}

// descriptor returns a descriptor: tag and length, then the body, padded to 8 bytes.
func descriptor(tag uint64, fixed []byte, rest ...[]byte) []byte {
	b := append(make([]byte, 16), fixed...)
	for _, r := range rest {
		b = append(b, r...)
	}
	b = pad(b, 8, 0)
	be.PutUint64(b, tag)
	be.PutUint64(b[8:], uint64(len(b)-16))
	return b
}

// AVBProperty returns a property descriptor.
func AVBProperty(key, value string) []byte {
	f := be.AppendUint64(be.AppendUint64(nil, uint64(len(key))), uint64(len(value)))
	return descriptor(0, f, []byte(key+"\x00"+value+"\x00"))
}

// AVBCmdline returns a kernel command line descriptor.
func AVBCmdline(line string) []byte {
	return descriptor(3, be.AppendUint32(make([]byte, 4), uint32(len(line))), []byte(line))
}

// AVBChain returns a chain descriptor.
func AVBChain(partition string, key []byte) []byte {
	f := make([]byte, 76)
	be.PutUint32(f, 1)
	be.PutUint32(f[4:], uint32(len(partition)))
	be.PutUint32(f[8:], uint32(len(key)))
	return descriptor(4, f, []byte(partition), key)
}

// AVBHash returns the hash descriptor of an image, SHA-256 with a salt.
func AVBHash(partition string, image, salt []byte) []byte {
	sum := sha256.Sum256(append(append([]byte{}, salt...), image...))
	f := make([]byte, 116)
	be.PutUint64(f, uint64(len(image)))
	copy(f[8:], "sha256")
	for i, n := range []int{len(partition), len(salt), len(sum)} {
		be.PutUint32(f[40+4*i:], uint32(n))
	}
	return descriptor(2, f, []byte(partition), salt, sum[:])
}

// AVBTree describes a hash tree behind an image.
type AVBTree struct {
	Partition       string
	ImageSize       int64
	Offset, Size    int64
	Hash            string
	Block           uint32
	Salt, Root      []byte
	FECOffset, FECs int64
}

// Descriptor returns the hashtree descriptor.
func (t AVBTree) Descriptor() []byte {
	f := make([]byte, 164)
	be.PutUint32(f, 1)
	for i, n := range []int64{t.ImageSize, t.Offset, t.Size} {
		be.PutUint64(f[4+8*i:], uint64(n))
	}
	be.PutUint32(f[28:], t.Block)
	be.PutUint32(f[32:], t.Block)
	be.PutUint64(f[40:], uint64(t.FECOffset))
	be.PutUint64(f[48:], uint64(t.FECs))
	copy(f[56:], t.Hash)
	for i, n := range []int{len(t.Partition), len(t.Salt), len(t.Root)} {
		be.PutUint32(f[88+4*i:], uint32(n))
	}
	return descriptor(1, f, []byte(t.Partition), t.Salt, t.Root)
}

// HashTree makes the SHA-256 tree of an image of whole blocks of 4096 bytes, as the
// documentation of dm-verity describes it, with all levels in memory.
func HashTree(image, salt []byte) (tree, root []byte) {
	const block = 4096
	level := image
	for {
		var sums []byte
		for at := 0; at < len(level); at += block {
			sum := sha256.Sum256(append(append([]byte{}, salt...), level[at:at+block]...))
			sums = append(sums, sum[:]...)
		}
		if len(level) == block {
			return tree, sums
		}
		level = pad(sums, block, 0)
		tree = append(append([]byte{}, level...), tree...)
	}
}

// AVBFooted returns a partition of size bytes with an image, its vbmeta block, and the
// footer at its end.
func AVBFooted(image, block []byte, originalSize, size int) []byte {
	b := make([]byte, size)
	copy(b, image)
	at := (len(image) + 4095) / 4096 * 4096
	copy(b[at:], block)
	f := b[size-64:]
	copy(f, "AVBf")
	be.PutUint32(f[4:], 1)
	for i, n := range []int{originalSize, at, len(block)} {
		be.PutUint64(f[12+8*i:], uint64(n))
	}
	return b
}

// AVBKey returns an RSA key as libavb reads it: bits, -1/n mod 2^32, n, R² mod n.
func AVBKey(n *big.Int) []byte {
	bits := n.BitLen()
	word := new(big.Int).Lsh(big.NewInt(1), 32)
	inverse := new(big.Int).ModInverse(n, word)
	inverse.Sub(word, inverse)
	rr := new(big.Int).Lsh(big.NewInt(1), uint(2*bits))
	rr.Mod(rr, n)
	b := be.AppendUint32(be.AppendUint32(nil, uint32(bits)), uint32(inverse.Uint64()))
	b = append(b, n.FillBytes(make([]byte, bits/8))...)
	return append(b, rr.FillBytes(make([]byte, bits/8))...)
}
