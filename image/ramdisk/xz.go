package ramdisk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"slices"

	"github.com/ulikunitz/xz/lzma"
)

// xzStream walks an xz stream without unpacking it: where it ends, and that no block
// wants a larger dictionary than is believed.
//
//	header   FD 37 7A 58 5A 00, flags (the check's kind in the second byte), CRC32
//	block    header size/4−1, flags, [packed size] [unpacked size] filters, zeros, CRC32;
//	         LZMA2 chunks, zeros to a multiple of 4, check
//	index    00, number of records, two numbers for each, zeros to a multiple of 4, CRC32
//	footer   CRC32, size of the index, flags, "YZ"
type xzStream struct {
	b  []byte
	at int

	blocks []xzBlock
}

// xzBlock is where the chunks of a block lie, and what was done to its content first.
type xzBlock struct {
	start, end int
	filters    []uint64 // ids, LZMA2 among them
	dict       int64
}

// Ids of filters.
const (
	filterLZMA2 = 0x21
	filterARM   = 0x07 // branches of 32-bit ARM code, as kernels are packed
)

// walkXZ passes over the stream that b begins with; it ends at at.
func walkXZ(b []byte) (*xzStream, error) {
	const headerBytes, footerBytes = 12, 12
	s := &xzStream{b: b, at: headerBytes}
	if len(b) < headerBytes {
		return s, fmt.Errorf("ramdisk: xz header is cut")
	}
	check := xzCheckBytes[b[7]&0x0F]
	for !s.failed() && s.b[s.at] != 0 {
		s.block(check)
	}
	s.index()
	s.at += footerBytes
	if s.at > len(b) || s.at < 0 {
		return s, fmt.Errorf("ramdisk: xz stream is cut or damaged, or wants a dictionary beyond %d MiB", maxDict>>20)
	}
	return s, nil
}

// xzCheckBytes is the size of a check by its kind.
var xzCheckBytes = [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}

func (s *xzStream) failed() bool { return s.at >= len(s.b) }

// fail makes the walk end beyond the bytes.
func (s *xzStream) fail() { s.at = len(s.b) + 1 }

// byte takes one; behind the end it is zero.
func (s *xzStream) byte() int {
	if s.failed() {
		s.fail()
		return 0
	}
	s.at++
	return int(s.b[s.at-1])
}

// number takes one of variable length, 7 bits a byte.
func (s *xzStream) number() uint64 {
	var v uint64
	for shift := 0; shift < 63; shift += 7 {
		c := s.byte()
		v |= uint64(c&0x7F) << shift
		if c < 0x80 {
			return v
		}
	}
	s.fail()
	return 0
}

func (s *xzStream) align(start int) {
	if !s.failed() {
		s.at += (4 - (s.at-start)%4) % 4
	}
}

func (s *xzStream) block(check int) {
	start := s.at
	size := (s.byte() + 1) * 4
	flags := s.byte()
	for _, has := range []int{0x40, 0x80} {
		if flags&has != 0 {
			s.number()
		}
	}
	var block xzBlock
	for range flags&3 + 1 {
		id, n := s.number(), s.number()
		block.filters = append(block.filters, id)
		if id == filterLZMA2 {
			dict, err := lzma.DecodeDictCap(byte(s.byte()))
			if n--; err != nil || dict > maxDict {
				s.fail()
				return
			}
			block.dict = dict
		}
		if n > uint64(size) {
			s.fail()
			return
		}
		s.at += int(n)
	}
	s.at = max(start+size, s.at)
	block.start = s.at
	s.chunks()
	block.end = s.at
	s.align(0)
	if s.at += check; s.at <= len(s.b) {
		s.blocks = append(s.blocks, block)
	}
}

// filtered reports whether a block has filters that the library does not know.
func (s *xzStream) filtered() bool {
	return slices.ContainsFunc(s.blocks, func(b xzBlock) bool { return len(b.filters) != 1 })
}

// unpack undoes the stream by itself, ARM's filter too, and proves each block by its
// check, where that is one of the usual ones.
func (s *xzStream) unpack(limit int64) ([]byte, error) {
	var out []byte
	for _, b := range s.blocks {
		r, err := lzma.Reader2Config{DictCap: int(max(b.dict, lzma.MinDictCap))}.NewReader2(bytes.NewReader(s.b[b.start:b.end]))
		if err != nil {
			return nil, err
		}
		plain, err := readLimited(r, limit-int64(len(out)))
		if err != nil {
			return nil, err
		}
		switch {
		case len(b.filters) == 2 && b.filters[0] == filterARM:
			undoARM(plain)
		case len(b.filters) != 1:
			return nil, fmt.Errorf("ramdisk: xz filters % x are not known", b.filters)
		}
		if !s.proves(b, plain) {
			return nil, fmt.Errorf("ramdisk: xz block at 0x%x: its check does not hold", b.start)
		}
		out = append(out, plain...)
	}
	return out, nil
}

// proves compares a block's content with the check behind it.
func (s *xzStream) proves(b xzBlock, plain []byte) bool {
	const crc32Kind, crc64Kind = 1, 4
	stored := s.b[(b.end+3)&^3:]
	switch s.b[7] & 0x0F {
	case crc32Kind:
		return binary.LittleEndian.Uint32(stored) == crc32.ChecksumIEEE(plain)
	case crc64Kind:
		return binary.LittleEndian.Uint64(stored) == crc64.Checksum(plain, crc64.MakeTable(crc64.ECMA))
	}
	return true
}

// undoARM makes the targets of branch instructions relative again.
func undoARM(b []byte) {
	for i := 0; i+4 <= len(b); i += 4 {
		if b[i+3] != 0xEB {
			continue
		}
		v := uint32(b[i]) | uint32(b[i+1])<<8 | uint32(b[i+2])<<16
		v -= uint32(i+8) >> 2
		b[i], b[i+1], b[i+2] = byte(v), byte(v>>8), byte(v>>16)
	}
}

// chunks passes over LZMA2 chunks: 0 ends them, 1 and 2 are stored ones, and from 0x80
// packed ones, which from 0xC0 have a byte of properties.
func (s *xzStream) chunks() {
	for !s.failed() {
		c := s.byte()
		switch {
		case c == 0:
			return
		case c <= 2:
			n := 2 + s.size(0)
			s.at += n
		case c >= 0x80:
			n := 4 + s.size(2)
			if c >= 0xC0 {
				n++
			}
			s.at += n
		default:
			s.fail()
		}
	}
	s.fail()
}

// size is the 16-bit number, less one, that stands so far on.
func (s *xzStream) size(off int) int {
	if s.at+off+2 > len(s.b) {
		s.fail()
		return 0
	}
	return int(binary.BigEndian.Uint16(s.b[s.at+off:])) + 1
}

func (s *xzStream) index() {
	start := s.at
	s.byte()
	records := s.number()
	for i := uint64(0); i < records && !s.failed(); i++ {
		s.number()
		s.number()
	}
	s.align(start)
	s.at += 4
}
