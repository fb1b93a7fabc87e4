package payload

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// Offsets in the file, and the limits of this package.
const (
	magic         = "CrAU"
	offVersion    = 0x04
	offManifest   = 0x0C
	offSignature  = 0x14
	headerSize    = 0x18
	version       = 2
	maxManifest   = 64 << 20
	maxBlock      = 1 << 20
	maxPartitions = 1024
)

// ErrIncremental is wrapped by the error of Read for an update that is made for phones with one
// old version: most of its bytes are not in the file.
var ErrIncremental = errors.New("an incremental update")

// File is a full update.
type File struct {
	Patch      string    // security patch level, "2024-05-05"; "" if the file has none
	Made       time.Time // zero if the file does not say
	Partial    bool      // it updates only some partitions of the phone
	Partitions []Partition
	Problems   flash.Problems // damage; the places are names of partitions
}

// Partition is one partition of an update.
type Partition struct {
	Name    string
	Size    int64  // bytes
	SHA256  []byte // of all its bytes; nil if the file does not say
	Version string // "" if the file does not say

	// Image has its bytes. It is a flash.HoleFinder and a flash.DataFinder. Data that do not have
	// the hash of their operation are an error of the read.
	Image flash.Image
}

// Sniff reports whether img begins like a payload of a known version.
func Sniff(img flash.Image) bool {
	h, err := flash.ReadFull(img, 0, headerSize)
	return err == nil && string(h[:len(magic)]) == magic && binary.BigEndian.Uint64(h[offVersion:]) == version
}

func bad(off int64, err error, format string, a ...any) error {
	return &flash.FormatError{Format: "payload", Offset: off, Text: fmt.Sprintf(format, a...), Err: err}
}

// Read reads the manifest of a payload. Operations that cannot be right are reported, and what
// they would write are holes. The error is a *flash.FormatError; it wraps flash.ErrNotThis or
// ErrIncremental.
func Read(img flash.Image) (*File, error) {
	h, err := flash.ReadFull(img, 0, headerSize)
	if err != nil || string(h[:len(magic)]) != magic {
		return nil, bad(0, flash.ErrNotThis, "does not begin with %s", magic)
	}
	if v := binary.BigEndian.Uint64(h[offVersion:]); v != version {
		return nil, bad(offVersion, nil, "version %d, only version %d is read", v, version)
	}
	length, signature := binary.BigEndian.Uint64(h[offManifest:]), binary.BigEndian.Uint32(h[offSignature:])
	if length > maxManifest {
		return nil, bad(offManifest, nil, "a manifest of %d bytes, at most %d are read", length, maxManifest)
	}
	b, err := flash.ReadFull(img, headerSize, int(length))
	if err != nil {
		return nil, bad(headerSize+int64(len(b)), err, "the manifest is cut: %d of its %d bytes are there", len(b), length)
	}
	m, err := readManifest(b)
	if err != nil {
		return nil, bad(headerSize, nil, "the manifest cannot be read: %v", err)
	}
	if err := m.refuse(); err != nil {
		return nil, err
	}
	return m.open(img, headerSize+int64(length)+int64(signature)), nil
}

// refuse returns an error for what cannot be read at all.
func (m *manifest) refuse() error {
	switch {
	case m.blockSize == 0 || m.blockSize > maxBlock:
		return bad(headerSize, nil, "blocks of %d bytes", m.blockSize)
	case m.version1:
		return bad(headerSize, nil, "operations of version 1, which no phone has")
	case len(m.updates) == 0:
		return bad(headerSize, nil, "no partitions")
	}
	for _, u := range m.updates {
		if i := slices.IndexFunc(u.operations, func(op operation) bool { return !op.kind.isFull() }); i >= 0 {
			return bad(headerSize, ErrIncremental, "%s is made from the phone's old one (operation %d is of type %d)", flash.Shown(u.name), i, u.operations[i].kind)
		}
	}
	return nil
}

func (m *manifest) open(img flash.Image, data int64) *File {
	f := &File{Patch: m.patch, Partial: m.partial}
	if m.time > 0 && m.time < 1<<40 {
		f.Made = time.Unix(int64(m.time), 0).UTC()
	}
	all := &cache{img: img}
	for i := range m.updates {
		u := &m.updates[i]
		p := Partition{Name: u.name, Version: u.version, SHA256: u.sum}
		part := &partition{file: all, name: u.name}
		p.Size = part.add(u, int64(m.blockSize), data, &f.Problems)
		p.Image = part
		f.Partitions = append(f.Partitions, p)
	}
	return f
}
