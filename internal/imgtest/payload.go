package imgtest

import (
	"crypto/sha256"
	"encoding/binary"
)

// Payload is a payload.bin (AOSP system/update_engine, update_metadata.proto).
type Payload struct {
	BlockSize, Minor uint64
	Patch            string
	Partitions       []PayloadPartition
}

// PayloadPartition is a partition of a payload.
type PayloadPartition struct {
	Name, Version string
	Size          uint64
	SHA256        []byte
	Operations    []PayloadOperation
}

// PayloadOperation is one operation: its data, and the ranges of blocks that it writes, each as
// first block and number.
type PayloadOperation struct {
	Type   uint64
	Data   []byte
	Writes [][2]uint64
	Sum    []byte // of the data, nil for the right one
	Beyond uint64 // added to the offset of the data
}

// Bytes returns the file, with 16 bytes in place of the signature of its manifest.
func (p Payload) Bytes() []byte {
	const signature = 16
	var data []byte
	m := protoNumber(nil, 3, p.BlockSize)
	m = protoNumber(m, 12, p.Minor)
	for _, part := range p.Partitions {
		b := protoBytes(nil, 1, []byte(part.Name))
		b = protoBytes(b, 7, protoBytes(protoNumber(nil, 1, part.Size), 2, part.SHA256))
		for _, op := range part.Operations {
			b = protoBytes(b, 8, op.encode(uint64(len(data))))
			data = append(data, op.Data...)
		}
		m = protoBytes(m, 13, protoBytes(b, 17, []byte(part.Version)))
	}
	m = protoBytes(m, 18, []byte(p.Patch))

	out := binary.BigEndian.AppendUint64([]byte("CrAU"), 2)
	out = binary.BigEndian.AppendUint64(out, uint64(len(m)))
	out = binary.BigEndian.AppendUint32(out, signature)
	out = append(append(out, m...), make([]byte, signature)...)
	return append(out, data...)
}

func (op PayloadOperation) encode(offset uint64) []byte {
	b := protoNumber(nil, 1, op.Type)
	if len(op.Data) > 0 {
		b = protoNumber(b, 2, offset+op.Beyond)
		b = protoNumber(b, 3, uint64(len(op.Data)))
	}
	for _, w := range op.Writes {
		b = protoBytes(b, 6, protoNumber(protoNumber(nil, 1, w[0]), 2, w[1]))
	}
	if sum := sha256.Sum256(op.Data); op.Sum == nil && len(op.Data) > 0 {
		op.Sum = sum[:]
	}
	return protoBytes(b, 8, op.Sum)
}

// protoNumber appends a field with a number (Protocol Buffers, Encoding).
func protoNumber(b []byte, id int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(id)<<3), v)
}

// protoBytes appends a field with bytes, if there are any.
func protoBytes(b []byte, id int, v []byte) []byte {
	if len(v) == 0 {
		return b
	}
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(id)<<3|2), uint64(len(v)))
	return append(b, v...)
}
