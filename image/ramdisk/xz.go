package ramdisk

import (
	"encoding/binary"
	"fmt"

	"github.com/ulikunitz/xz/lzma"

	"github.com/mtkkit/mtkkit/flash"
)

// xzStream walks an xz stream without unpacking it: it finds the end, and checks that
// no block needs a larger dictionary than maxDict.
//
//	header   FD 37 7A 58 5A 00, flags (the check's kind in the second byte), CRC32
//	block    header size/4−1, flags, [packed size] [unpacked size] filters, zeros, CRC32;
//	         LZMA2 chunks, zeros to a multiple of 4, check
//	index    00, number of records, two numbers for each, zeros to a multiple of 4, CRC32
//	footer   CRC32, size of the index, flags, "YZ"
type xzStream struct {
	w    window
	size int64 // of the bytes that contain the stream
	at   int64

	check  byte // its kind
	blocks int
}

// maxBlocks limits the blocks of a stream; xz with threads makes blocks of at least 64
// KiB.
const maxBlocks = 1 << 14

// filterLZMA2 is the id of the filter that has a dictionary.
const filterLZMA2 = 0x21

// walkXZ walks the stream at the start of img; its end is in at.
func walkXZ(img flash.Image) (*xzStream, error) {
	const headerBytes, footerBytes = 12, 12
	s := &xzStream{w: window{img: img}, size: img.Size(), at: headerBytes}
	if s.size < headerBytes {
		return s, fmt.Errorf("ramdisk: xz header is cut")
	}
	s.check = s.w.bytes(7, 1)[0] & 0x0F
	for !s.failed() && s.w.bytes(s.at, 1)[0] != 0 {
		s.block()
	}
	s.index()
	s.at += footerBytes
	if s.at > s.size || s.at < 0 {
		return s, fmt.Errorf("ramdisk: xz stream is cut or damaged, or needs a dictionary of more than %d MiB", maxDict>>20)
	}
	return s, s.w.err
}

// xzCheckBytes is the size in bytes of a check by its kind.
var xzCheckBytes = [16]int64{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}

func (s *xzStream) failed() bool { return s.at >= s.size }

// fail makes the walk end.
func (s *xzStream) fail() { s.at = s.size + 1 }

// byte returns the next byte; behind the end it is zero.
func (s *xzStream) byte() int {
	if s.failed() {
		s.fail()
		return 0
	}
	s.at++
	return int(s.w.bytes(s.at-1, 1)[0])
}

// number returns a number of variable length, 7 bits for each byte.
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

func (s *xzStream) align(start int64) {
	if !s.failed() {
		s.at += (4 - (s.at-start)%4) % 4
	}
}

func (s *xzStream) block() {
	start := s.at
	size := int64(s.byte()+1) * 4
	flags := s.byte()
	for _, has := range []int{0x40, 0x80} {
		if flags&has != 0 {
			s.number()
		}
	}
	for range flags&3 + 1 {
		id, n := s.number(), s.number()
		if id == filterLZMA2 {
			dict, err := lzma.DecodeDictCap(byte(s.byte()))
			if n--; err != nil || dict > maxDict {
				s.fail()
				return
			}
		}
		if n > uint64(size) {
			s.fail()
			return
		}
		s.at += int64(n)
	}
	s.at = max(start+size, s.at)
	s.chunks()
	s.align(0)
	s.at += xzCheckBytes[s.check]
	if s.blocks++; s.blocks > maxBlocks {
		s.fail()
	}
}

// chunks walks LZMA2 chunks: 0 ends them, 1 and 2 are stored ones, and from 0x80 packed
// ones, which have a byte of properties from 0xC0 on.
func (s *xzStream) chunks() {
	for !s.failed() {
		c := s.byte()
		switch {
		case c == 0:
			return
		case c <= 2:
			s.at += 2 + s.chunk(0)
		case c >= 0x80:
			if s.at += 4 + s.chunk(2); c >= 0xC0 {
				s.at++
			}
		default:
			s.fail()
		}
	}
	s.fail()
}

// chunk returns a size from a 16-bit number, which is stored less one.
func (s *xzStream) chunk(off int64) int64 {
	if s.at+off+2 > s.size {
		s.fail()
		return 0
	}
	return int64(binary.BigEndian.Uint16(s.w.bytes(s.at+off, 2))) + 1
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
