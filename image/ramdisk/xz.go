package ramdisk

import (
	"encoding/binary"
	"fmt"

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
}

// xzLength returns the length of the stream that b begins with.
func xzLength(b []byte) (int, error) {
	const headerBytes, footerBytes = 12, 12
	if len(b) < headerBytes {
		return 0, fmt.Errorf("ramdisk: xz header is cut")
	}
	s := &xzStream{b, headerBytes}
	check := []int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[b[7]&0x0F]
	for !s.failed() && s.b[s.at] != 0 {
		s.block(check)
	}
	s.index()
	s.at += footerBytes
	if s.at > len(b) || s.at < 0 {
		return 0, fmt.Errorf("ramdisk: xz stream is cut or damaged, or wants a dictionary beyond %d MiB", maxDict>>20)
	}
	return s.at, nil
}

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
	const lzma2 = 0x21
	for range flags&3 + 1 {
		id, n := s.number(), s.number()
		if id == lzma2 {
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
		s.at += int(n)
	}
	s.at = max(start+size, s.at)
	s.chunks()
	s.align(0)
	s.at += check
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
