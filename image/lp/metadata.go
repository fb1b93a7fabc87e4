package lp

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
)

const (
	headerSize  = 128 // versions 10.0 and 10.1
	headerSize2 = 256 // version 10.2

	partitionSize = 52
	extentSize    = 24
	groupSize     = 48
	deviceSize    = 64

	targetLinear = 0
	targetZero   = 1
)

// Attributes of a partition.
const (
	ReadOnly     = 1
	SlotSuffixed = 2 // the name means name_a or name_b, by slot
	Updated      = 4 // made by an update
	Disabled     = 8
)

// Metadata is the content of one slot.
type Metadata struct {
	Slot       int         `json:"slot"`
	Version    string      `json:"version"` // "10.2"
	VirtualAB  bool        `json:"virtual_ab"`
	Offset     int64       `json:"offset"` // of the copy that was read
	Partitions []Partition `json:"partitions"`
	Groups     []Group     `json:"groups"`
	Devices    []Device    `json:"devices"`

	raw []byte // header and tables
}

// Partition is a logical partition.
type Partition struct {
	Name       string   `json:"name"`
	Group      string   `json:"group"`
	Attributes uint32   `json:"attributes"`
	Size       int64    `json:"size"` // bytes
	Extents    []Extent `json:"extents"`

	// Needs lists the devices that contain a part of it and are not available.
	Needs []string `json:"needs,omitempty"`
	// Missing is the number of its bytes that are not available: on devices in Needs,
	// or behind the end of a device that is cut.
	Missing int64 `json:"missing,omitempty"`

	// Image has its bytes; nil if some are missing.
	Image flash.Image `json:"-"`
}

// Extent is a range of a logical partition.
type Extent struct {
	Device       string `json:"device,omitempty"` // "" for zeros
	flash.Extent        // in bytes on the device; the offset of zeros is 0
	source       int    // index of the device, -1 for zeros
}

func (x Extent) zeros() bool { return x.source < 0 }

// Group limits the size of the partitions in it.
type Group struct {
	Name    string `json:"name"`
	MaxSize int64  `json:"max_size"` // bytes, 0 for no limit
}

// Device is a partition of the flash that contains extents. The first one contains the
// metadata.
type Device struct {
	Name        string `json:"name"`
	Size        int64  `json:"size"`         // bytes
	FirstUsable int64  `json:"first_usable"` // bytes
}

// table is one of the four lists behind the header.
type table struct {
	what  string
	b     []byte
	entry int
}

func (t table) len() int { return len(t.b) / t.entry }

func (t table) row(i int) row { return row(t.b[i*t.entry : (i+1)*t.entry]) }

// row is one entry.
type row []byte

func (r row) u32(at int) uint32 { return binary.LittleEndian.Uint32(r[at:]) }
func (r row) u64(at int) uint64 { return binary.LittleEndian.Uint64(r[at:]) }

func (r row) name(at int) string {
	s, _, _ := strings.Cut(string(r[at:at+36]), "\x00")
	return strings.Map(func(c rune) rune {
		if c == unicode.ReplacementChar || !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, s)
}

// readMetadata reads one copy of a slot's metadata at off, where room bytes are
// reserved for it.
func readMetadata(img flash.Image, slot int, off, room int64) (*Metadata, error) {
	h, err := flash.ReadFull(img, off, headerSize)
	switch {
	case err != nil:
		return nil, broken(off, "the metadata cannot be read", err)
	case !bytes.Equal(h[:4], metadataMagic):
		return nil, broken(off, "no metadata", flash.ErrNotThis)
	}
	u16 := func(at int) uint16 { return binary.LittleEndian.Uint16(h[at:]) }
	size, tables := int64(row(h).u32(0x08)), int64(row(h).u32(0x2C))
	switch {
	case u16(4) != 10:
		return nil, broken(off+4, fmt.Sprintf("metadata version %d.%d is not known", u16(4), u16(6)), nil)
	case size != headerSize && size != headerSize2:
		return nil, broken(off+8, fmt.Sprintf("a header of %d bytes is impossible", size), nil)
	case tables > room-size:
		return nil, broken(off+0x2C, fmt.Sprintf("the tables have 0x%x bytes, but only 0x%x are reserved for all metadata", tables, room), nil)
	}
	b, err := flash.ReadFull(img, off, int(size+tables))
	if err != nil {
		return nil, broken(off, "the metadata cannot be read", err)
	}
	m := &Metadata{Slot: slot, Version: fmt.Sprintf("%d.%d", u16(4), u16(6)), Offset: off, raw: b}
	h = bytes.Clone(b[:size])
	clear(h[0x0C:0x2C])
	switch {
	case sha256.Sum256(h) != [sha256.Size]byte(b[0x0C:0x2C]):
		return nil, broken(off+0x0C, "the checksum of the metadata header is wrong", nil)
	case sha256.Sum256(b[size:]) != [sha256.Size]byte(b[0x30:0x50]):
		return nil, broken(off+0x30, "the checksum of the metadata tables is wrong", nil)
	}
	if size == headerSize2 {
		m.VirtualAB = row(h).u32(0x80)&1 != 0
	}
	return m, m.readTables(h, b[size:])
}

// readTables reads the four lists.
func (m *Metadata) readTables(h row, b []byte) error {
	var tables [4]table
	for i, t := range []table{{"partitions", nil, partitionSize}, {"extents", nil, extentSize}, {"groups", nil, groupSize}, {"devices", nil, deviceSize}} {
		at := 0x50 + 12*i
		off, count, entry := uint64(h.u32(at)), uint64(h.u32(at+4)), uint64(h.u32(at+8))
		if entry != uint64(t.entry) || off > uint64(len(b)) || count > (uint64(len(b))-off)/entry {
			return broken(m.Offset+int64(at), fmt.Sprintf("%d %s of %d bytes at 0x%x are not within the tables of 0x%x bytes", count, t.what, entry, off, len(b)), nil)
		}
		t.b = b[off : off+count*entry]
		tables[i] = t
	}
	partitions, extents, groups, devices := tables[0], tables[1], tables[2], tables[3]
	for i := range groups.len() {
		r := groups.row(i)
		m.Groups = append(m.Groups, Group{m.suffixed(r.name(0), r.u32(36)&1 != 0), clamped(r.u64(40))})
	}
	for i := range devices.len() {
		r := devices.row(i)
		m.Devices = append(m.Devices, Device{m.suffixed(r.name(24), r.u32(60)&1 != 0), clamped(r.u64(16)), clamped(min(r.u64(0), math.MaxInt64/sector) * sector)})
	}
	if len(m.Devices) == 0 {
		return broken(m.Offset, "metadata without a block device", nil)
	}
	taken := 0
	for i := range partitions.len() {
		p, err := m.readPartition(partitions.row(i), extents)
		if taken += len(p.Extents); err == nil && taken > extents.len() {
			err = broken(m.Offset, fmt.Sprintf("another partition has the same extents as %s", p.Name), nil)
		}
		if err != nil {
			return err
		}
		m.Partitions = append(m.Partitions, p)
	}
	return nil
}

// clamped limits numbers that are too large for an int64.
func clamped(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// suffixed adds the slot suffix to a name that depends on the slot.
func (m *Metadata) suffixed(name string, depends bool) string {
	if !depends {
		return name
	}
	return name + slotSuffix(m.Slot)
}

func slotSuffix(slot int) string { return "_" + string(rune('a'+slot)) }

func (m *Metadata) readPartition(r row, extents table) (Partition, error) {
	p := Partition{Attributes: r.u32(36)}
	p.Name = m.suffixed(r.name(0), p.Attributes&SlotSuffixed != 0)
	if g := r.u32(48); uint64(g) < uint64(len(m.Groups)) {
		p.Group = m.Groups[g].Name
	}
	first, count := uint64(r.u32(40)), uint64(r.u32(44))
	if first+count > uint64(extents.len()) && count > 0 {
		return p, broken(m.Offset, fmt.Sprintf("%s has extents %d to %d, but there are only %d", p.Name, first, first+count-1, extents.len()), nil)
	}
	for i := range int(count) {
		x, err := m.readExtent(extents.row(int(first) + i))
		if err == nil {
			var sum flash.Extent
			sum, err = flash.NewExtent(uint64(p.Size), uint64(x.Length))
			p.Size = sum.End()
		}
		if err != nil {
			return p, broken(m.Offset, fmt.Sprintf("extent %d of %s", i, p.Name), err)
		}
		p.Extents = append(p.Extents, x)
	}
	return p, nil
}

func (m *Metadata) readExtent(r row) (Extent, error) {
	sectors, kind, start, source := r.u64(0), r.u32(8), r.u64(12), r.u32(20)
	if sectors > math.MaxInt64/sector || start > math.MaxInt64/sector {
		return Extent{}, fmt.Errorf("0x%x sectors at sector 0x%x are too large for any device", sectors, start)
	}
	switch kind {
	case targetZero:
		return Extent{Extent: flash.Extent{Length: int64(sectors * sector)}, source: -1}, nil
	case targetLinear:
		if uint64(source) >= uint64(len(m.Devices)) {
			return Extent{}, fmt.Errorf("it is on device %d of %d", source, len(m.Devices))
		}
		e, err := flash.NewExtent(start*sector, sectors*sector)
		return Extent{m.Devices[source].Name, e, int(source)}, err
	}
	return Extent{}, fmt.Errorf("its kind %d is not known", kind)
}
