package avb

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// Tags of descriptors.
const (
	tagProperty = 0
	tagHashtree = 1
	tagHash     = 2
	tagCmdline  = 3
	tagChain    = 4
)

// Descriptor describes the image of a partition: by one digest, or by the root of a
// hash tree.
type Descriptor struct {
	Partition string `json:"partition"` // without _a or _b
	Tree      *Tree  `json:"tree,omitempty"`
	ImageSize uint64 `json:"image_size"`
	Hash      string `json:"hash"` // "sha256", "sha1"
	Salt      []byte `json:"-"`
	Digest    []byte `json:"-"` // of the image, or the root of the tree; empty if it is elsewhere on the phone
	NoSlots   bool   `json:"no_slots,omitempty"`
}

// Tree holds the range of an image's hash tree, in bytes.
type Tree struct {
	Offset    uint64 `json:"offset"`
	Size      uint64 `json:"size"`
	DataBlock uint32 `json:"data_block"`
	HashBlock uint32 `json:"hash_block"`
	FECSize   uint64 `json:"fec_size,omitempty"`
}

// fields reads numbers and bytes of a descriptor. Values behind its end are zero, and
// set bad.
type fields struct {
	b   []byte
	bad bool
}

func (f *fields) u32(at int) uint32 {
	if at+4 > len(f.b) {
		f.bad = true
		return 0
	}
	return binary.BigEndian.Uint32(f.b[at:])
}

func (f *fields) u64(at int) uint64 { return uint64(f.u32(at))<<32 | uint64(f.u32(at+4)) }

// take returns n bytes at an offset and the offset behind them.
func (f *fields) take(at, n uint64) ([]byte, uint64) {
	b, ok := within(f.b, at, n)
	if !ok {
		f.bad = true
		return nil, 0
	}
	return b, at + n
}

// readDescriptors reads all descriptors; at is their offset in the vbmeta block.
func (v *VBMeta) readDescriptors(b []byte, at int64) {
	for len(b) >= 16 {
		tag, n := binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
		if n > uint64(len(b)-16) {
			v.problem(at, "a descriptor has 0x%x bytes, but only 0x%x are left", n, len(b)-16)
			return
		}
		f := &fields{b: b[:16+n]}
		if !v.readDescriptor(tag, f) {
			v.problem(at, "a descriptor has the unknown tag %d", tag)
		} else if f.bad {
			v.problem(at, "the fields of a descriptor end behind it")
		}
		b, at = b[16+n:], at+16+int64(n)
	}
}

// readDescriptor adds one descriptor to its list, unless its fields are bad.
func (v *VBMeta) readDescriptor(tag uint64, f *fields) (known bool) {
	switch tag {
	case tagProperty:
		if p := readProperty(f); !f.bad {
			v.Properties = append(v.Properties, p)
		}
	case tagHashtree:
		if d := readHashtree(f); !f.bad {
			v.Images = append(v.Images, d)
		}
	case tagHash:
		if d := readHash(f); !f.bad {
			v.Images = append(v.Images, d)
		}
	case tagCmdline:
		if line, _ := f.take(24, uint64(f.u32(20))); !f.bad {
			v.Cmdlines = append(v.Cmdlines, text(line))
		}
	case tagChain:
		if c := readChain(f); !f.bad {
			v.Chains = append(v.Chains, c)
		}
	default:
		return false
	}
	return true
}

func readProperty(f *fields) Property {
	key, at := f.take(32, f.u64(16))
	value, _ := f.take(at+1, f.u64(24)) // a NUL follows the key
	return Property{text(key), strings.TrimSpace(text(value))}
}

func readHashtree(f *fields) *Descriptor {
	d := &Descriptor{
		ImageSize: f.u64(20), NoSlots: f.u32(116)&1 != 0,
		Tree: &Tree{Offset: f.u64(28), Size: f.u64(36), DataBlock: f.u32(44), HashBlock: f.u32(48), FECSize: f.u64(64)},
	}
	d.readNames(f, 72, 104, 180)
	return d
}

func readHash(f *fields) *Descriptor {
	d := &Descriptor{ImageSize: f.u64(16), NoSlots: f.u32(68)&1 != 0}
	d.readNames(f, 24, 56, 132)
	return d
}

// readNames reads the name of the hash, the three lengths, and the values of these
// lengths behind the fixed fields.
func (d *Descriptor) readNames(f *fields, hash, lengths int, at uint64) {
	name, _ := f.take(uint64(hash), 32)
	d.Hash = text(name)
	b, at := f.take(at, uint64(f.u32(lengths)))
	d.Partition = text(b)
	d.Salt, at = f.take(at, uint64(f.u32(lengths+4)))
	d.Digest, _ = f.take(at, uint64(f.u32(lengths+8)))
	d.Salt, d.Digest = bytes.Clone(d.Salt), bytes.Clone(d.Digest)
}

func readChain(f *fields) Chain {
	name, at := f.take(92, uint64(f.u32(20)))
	key, _ := f.take(at, uint64(f.u32(24)))
	return Chain{text(name), f.u32(16), keyID(key)}
}

// keyID returns the SHA-1 of a key's bytes, as avbtool names a key.
func keyID(key []byte) string {
	if len(key) == 0 {
		return ""
	}
	sum := sha1.Sum(key)
	return hex.EncodeToString(sum[:])
}

// Kind returns how the descriptor describes its image, as text.
func (d *Descriptor) Kind() string {
	if d.Tree != nil {
		return fmt.Sprintf("%s hash tree", d.Hash)
	}
	return d.Hash + " digest"
}
