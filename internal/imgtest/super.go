package imgtest

import (
	"bytes"
	"crypto/sha256"
)

// Logical describes the table of a super partition, as in AOSP's liblp
// metadata_format.h.
type Logical struct {
	Minor      int // minor version: 10.0 to 10.2
	Flags      uint32
	Partitions []LogicalPartition
	Groups     []string
	Devices    []LogicalDevice
}

// LogicalPartition is a row of the table. Its group is the second one, because liblp
// makes "default" the first.
type LogicalPartition struct {
	Name       string
	Attributes uint32
	Extents    []LogicalExtent
}

// LogicalExtent is an extent in sectors of 512 bytes. Kind is 0 for a range of a
// device, 1 for zeros.
type LogicalExtent struct {
	Sectors, Kind, Start, Device uint32
}

// LogicalDevice is a partition that contains extents.
type LogicalDevice struct {
	Name  string
	Size  uint64
	Flags uint32
}

// Metadata returns one copy of the table.
func (l Logical) Metadata() []byte {
	var partitions, extents, groups, devices []byte
	for _, p := range l.Partitions {
		b := make([]byte, 52)
		copy(b, p.Name)
		put32(b, 36, p.Attributes, uint32(len(extents)/24), uint32(len(p.Extents)), 1)
		partitions = append(partitions, b...)
		for _, x := range p.Extents {
			b := make([]byte, 24)
			put32(b, 0, x.Sectors, 0, x.Kind, x.Start, 0, x.Device)
			extents = append(extents, b...)
		}
	}
	for i, name := range l.Groups {
		b := make([]byte, 48)
		copy(b, name)
		if i > 0 {
			le.PutUint64(b[40:], l.Devices[0].Size-1<<20)
		}
		groups = append(groups, b...)
	}
	for _, d := range l.Devices {
		b := make([]byte, 64)
		put32(b, 0, 2048, 0, 1<<20)
		le.PutUint64(b[16:], d.Size)
		copy(b[24:], d.Name)
		put32(b, 60, d.Flags)
		devices = append(devices, b...)
	}
	return l.header(partitions, extents, groups, devices)
}

// header returns the header and the four lists.
func (l Logical) header(lists ...[]byte) []byte {
	h := make([]byte, 128)
	if l.Minor >= 2 {
		h = make([]byte, 256)
		put32(h, 128, l.Flags)
	}
	tables := bytes.Join(lists, nil)
	put32(h, 0, 0x414c5030, 10|uint32(l.Minor)<<16, uint32(len(h)))
	put32(h, 44, uint32(len(tables)))
	sum := sha256.Sum256(tables)
	copy(h[48:], sum[:])
	at := 0
	for i, entry := range []int{52, 24, 48, 64} {
		put32(h, 80+12*i, uint32(at), uint32(len(lists[i])/entry), uint32(entry))
		at += len(lists[i])
	}
	sum = sha256.Sum256(h)
	copy(h[12:], sum[:])
	return append(h, tables...)
}

// LogicalGeometry returns the block with the geometry, by which the copies of the table
// are found.
func LogicalGeometry(maxSize, slots uint32) []byte {
	g := make([]byte, 52)
	put32(g, 0, 0x616c4467, 52)
	put32(g, 40, maxSize, slots, 4096)
	sum := sha256.Sum256(g)
	copy(g[8:], sum[:])
	return g
}

// SuperHead returns the start of a super partition: the geometry twice, and the
// metadata of each slot twice, in 4096 bytes each.
func SuperHead(slots ...Logical) []byte {
	const maxSize = 0x1000
	g := LogicalGeometry(maxSize, uint32(len(slots)))
	b := make([]byte, 0x3000+2*len(slots)*maxSize)
	copy(b[0x1000:], g)
	copy(b[0x2000:], g)
	for i, l := range slots {
		copy(b[0x3000+i*maxSize:], l.Metadata())
		copy(b[0x3000+(len(slots)+i)*maxSize:], l.Metadata())
	}
	return b
}

// Super returns the start of a super partition of size bytes with two slots and two
// logical partitions, system and vendor, of 1 MiB and 512 KiB, beginning at 1 MiB.
func Super(size int64) []byte {
	l := Logical{
		Partitions: []LogicalPartition{
			{"system", 1, []LogicalExtent{{2048, 0, 2048, 0}}},
			{"vendor", 1, []LogicalExtent{{1024, 0, 4096, 0}}},
		},
		Groups:  []string{"default", "main"},
		Devices: []LogicalDevice{{Name: "super", Size: uint64(size)}},
	}
	return SuperHead(l, l)
}

// SealLogical computes the checksums of metadata of version 10.0 again after a test
// changed them.
func SealLogical(metadata []byte) {
	h := metadata[:128]
	sum := sha256.Sum256(metadata[128:])
	copy(h[48:], sum[:])
	clear(h[12:44])
	sum = sha256.Sum256(h)
	copy(h[12:], sum[:])
}
