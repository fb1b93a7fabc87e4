package payload

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/mtkkit/mtkkit/flash"
)

// Limits of a manifest. That of a phone with 20 GB in its slots has 10,000 operations, with one
// extent each. They bound the memory, and are checked while the manifest is read.
const (
	maxOperations = 1 << 17
	maxExtents    = 1 << 18
)

// kind is the type of an operation.
type kind uint64

// The types that need nothing from the phone. All others are parts of incremental updates.
const (
	replace     kind = 0
	replaceBZ   kind = 1
	zero        kind = 6
	discard     kind = 7
	replaceXZ   kind = 8
	replaceZstd kind = 14
)

func (k kind) hasData() bool {
	return k == replace || k == replaceBZ || k == replaceXZ || k == replaceZstd
}

func (k kind) isFull() bool { return k.hasData() || k == zero || k == discard }

// operation is one operation, with numbers as the manifest has them.
type operation struct {
	kind   kind
	data   extent // bytes, counted from the end of the manifest's signature
	writes []extent
	sum    []byte
}

// extent is a range of blocks or bytes, unchecked.
type extent struct{ start, count uint64 }

// update is the description of one partition.
type update struct {
	name, version string
	size          uint64
	sum           []byte
	old           bool // the phone's old partition is needed
	operations    []operation
}

// manifest is the description of all partitions.
type manifest struct {
	blockSize, minor, time uint64
	patch                  string
	partial                bool
	version1               bool // has operations of version 1
	updates                []update

	operations, extents int
}

// field is one field of a message: a number, or bytes.
type field struct {
	id     protowire.Number
	number uint64
	bytes  []byte
}

var errMessage = errors.New("a field that breaks off")

// fields calls do for each field of a message, in order.
func fields(b []byte, do func(field) error) error {
	for len(b) > 0 {
		id, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errMessage
		}
		b = b[n:]
		f := field{id: id}
		switch wire {
		case protowire.VarintType:
			f.number, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		default: // no field that is used here
			n = protowire.ConsumeFieldValue(id, wire, b)
		}
		if n < 0 {
			return errMessage
		}
		b = b[n:]
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

func readManifest(b []byte) (*manifest, error) {
	m := &manifest{blockSize: 4096}
	err := fields(b, func(f field) error {
		switch f.id {
		case 1, 2:
			m.version1 = true
		case 3:
			m.blockSize = f.number
		case 12:
			m.minor = f.number
		case 13:
			if len(m.updates) == maxPartitions {
				return fmt.Errorf("more than %d partitions", maxPartitions)
			}
			u, err := m.readUpdate(f.bytes)
			m.updates = append(m.updates, u)
			return err
		case 14:
			m.time = f.number
		case 16:
			m.partial = f.number != 0
		case 18:
			m.patch = string(f.bytes)
		}
		return nil
	})
	return m, err
}

func (m *manifest) readUpdate(b []byte) (u update, err error) {
	err = fields(b, func(f field) error {
		switch f.id {
		case 1:
			u.name = string(f.bytes)
		case 6:
			u.old = len(f.bytes) > 0
		case 7:
			return u.readInfo(f.bytes)
		case 8:
			op, err := m.readOperation(f.bytes)
			u.operations = append(u.operations, op)
			return err
		case 17:
			u.version = string(f.bytes)
		}
		return nil
	})
	return u, err
}

func (u *update) readInfo(b []byte) error {
	return fields(b, func(f field) error {
		switch f.id {
		case 1:
			u.size = f.number
		case 2:
			u.sum = f.bytes
		}
		return nil
	})
}

func (m *manifest) readOperation(b []byte) (op operation, err error) {
	if m.operations++; m.operations > maxOperations {
		return op, fmt.Errorf("more than %d operations", maxOperations)
	}
	err = fields(b, func(f field) error {
		switch f.id {
		case 1:
			op.kind = kind(f.number)
		case 2:
			op.data.start = f.number
		case 3:
			op.data.count = f.number
		case 6:
			e, err := m.readExtent(f.bytes)
			op.writes = append(op.writes, e)
			return err
		case 8:
			op.sum = f.bytes
		}
		return nil
	})
	return op, err
}

func (m *manifest) readExtent(b []byte) (e extent, err error) {
	if m.extents++; m.extents > maxExtents {
		return e, fmt.Errorf("more than %d extents", maxExtents)
	}
	err = fields(b, func(f field) error {
		switch f.id {
		case 1:
			e.start = f.number
		case 2:
			e.count = f.number
		}
		return nil
	})
	return e, err
}

// bytes converts a range of blocks; false if it does not lie within size bytes.
func (e extent) bytes(block, size int64) (flash.Extent, bool) {
	most := uint64(math.MaxInt64) / uint64(block)
	if e.start > most || e.count > most {
		return flash.Extent{}, false
	}
	out, err := flash.NewExtent(e.start*uint64(block), e.count*uint64(block))
	return out, err == nil && out.End() <= size
}
