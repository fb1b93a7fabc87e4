package avb

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/binary"
	"fmt"
	"math/big"
)

// Algorithm is the signature algorithm of a vbmeta block.
type Algorithm uint32

type algorithm struct {
	name string
	hash crypto.Hash
	bits int
}

// algorithms by number, from libavb's avb_crypto.h.
var algorithms = []algorithm{
	{"NONE", 0, 0},
	{"SHA256_RSA2048", crypto.SHA256, 2048},
	{"SHA256_RSA4096", crypto.SHA256, 4096},
	{"SHA256_RSA8192", crypto.SHA256, 8192},
	{"SHA512_RSA2048", crypto.SHA512, 2048},
	{"SHA512_RSA4096", crypto.SHA512, 4096},
	{"SHA512_RSA8192", crypto.SHA512, 8192},
}

// String returns the name that avbtool gives the algorithm.
func (a Algorithm) String() string {
	if int(a) < len(algorithms) {
		return algorithms[a].name
	}
	return fmt.Sprintf("unknown algorithm %d", uint32(a))
}

// MarshalText writes the algorithm's name, for JSON.
func (a Algorithm) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Signature is the result of checking a block's signature.
type Signature int

// The states of a signature. Holds is checked with the key inside the block: it proves
// that the block was not changed without that key, but not whose key it is.
const (
	Unsigned Signature = iota
	Holds
	Broken    // the block was changed after it was signed
	Unchecked // its algorithm is not known here
)

// String returns the state as a word, such as "holds".
func (s Signature) String() string {
	return [...]string{"unsigned", "holds", "broken", "unchecked"}[min(max(s, Unsigned), Unchecked)]
}

// MarshalText writes the word, for JSON.
func (s Signature) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// readSignature checks hash and signature of the block with the key in it.
func (v *VBMeta) readSignature(b block) {
	key, keyOK := within(b.aux, b.u64(0x40), b.u64(0x48))
	v.KeySHA1 = keyID(key)
	switch {
	case v.Algorithm == 0:
		v.Signature = Unsigned
		return
	case int(v.Algorithm) >= len(algorithms):
		v.Signature = Unchecked
		v.problem(0x1C, "%v", v.Algorithm)
		return
	}
	a := algorithms[v.Algorithm]
	v.Signature = Broken
	sum, sumOK := within(b.auth, b.u64(0x20), b.u64(0x28))
	sig, sigOK := within(b.auth, b.u64(0x30), b.u64(0x38))
	h := a.hash.New()
	h.Write(b.header)
	h.Write(b.aux)
	digest := h.Sum(nil)
	pub, err := publicKey(key, a.bits)
	switch {
	case !keyOK || !sumOK || !sigOK:
		v.problem(0x20, "hash, signature or key are outside their blocks")
	case !bytes.Equal(sum, digest):
		v.problem(0x20, "the hash of the vbmeta block is wrong: the block was changed after it was made")
	case err != nil:
		v.problem(0x40, "%v", err)
	case rsa.VerifyPKCS1v15(pub, a.hash, digest, sig) != nil:
		v.problem(0x30, "the signature of the vbmeta block is wrong")
	default:
		v.Signature = Holds
	}
}

// publicKey reads a key as libavb stores it: bits, -1/n mod 2^32, modulus and R² mod n,
// big-endian. The exponent is always 65537.
func publicKey(b []byte, bits int) (*rsa.PublicKey, error) {
	if len(b) < 8+bits/8 || binary.BigEndian.Uint32(b) != uint32(bits) {
		return nil, fmt.Errorf("the public key is not an RSA key of %d bits", bits)
	}
	n := new(big.Int).SetBytes(b[8 : 8+bits/8])
	if n.BitLen() != bits {
		return nil, fmt.Errorf("the public key's modulus has %d bits, not %d", n.BitLen(), bits)
	}
	return &rsa.PublicKey{N: n, E: 65537}, nil
}
