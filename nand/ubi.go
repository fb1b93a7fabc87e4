package nand

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/mtkkit/mtkkit/flash"
)

// How many starts of blocks are probed for UBI: for a proposed geometry, and without any.
const (
	probes      = 512
	probesBlind = 64
)

// A UBI erase counter header, big-endian (ubi-media.h). It is at the start of every block that UBI
// manages; a volume header is at vidOffset, on its own page.
const (
	ecMagic   = "UBI#"
	vidMagic  = "UBI!"
	ecSize    = 64
	ecVersion = 4
	ecVID     = 16
	ecCRC     = 60
)

// ubiSigns is the evidence from UBI for a geometry.
type ubiSigns struct {
	blocks        int // erase counters at possible starts of blocks
	volumes       int // of these, with the volume header exactly one page later
	pagesPerBlock int // 0: unknown
}

// probeUBI probes up to n offsets at which blocks begin if pages are as in p.
func probeUBI(img flash.Image, p pair, n int64) ubiSigns {
	var s ubiSigns
	pages := img.Size() / p.stride()
	step := int64(16) // in pages; blocks of all sizes begin at its multiples
	for step < maxProbedBlock && pages/step > n {
		step *= 2
	}
	step *= max(1, pages/step/n)
	votes := map[int]int{}
	for page := int64(0); page < pages; page += step {
		off := page * p.stride()
		vid, ok := eraseCounter(img, off)
		if !ok {
			continue
		}
		s.blocks++
		if vid != int64(p.page) {
			continue
		}
		b, err := flash.ReadFull(img, off+p.stride(), len(vidMagic))
		if err == nil && string(b) == vidMagic {
			s.volumes++
		}
		if n := nextBlock(img, p, off); n > 0 {
			votes[n]++
		}
	}
	for n, v := range votes {
		if v > votes[s.pagesPerBlock] || v == votes[s.pagesPerBlock] && n < s.pagesPerBlock {
			s.pagesPerBlock = n
		}
	}
	return s
}

// maxProbedBlock is the largest block that is searched, pages.
const maxProbedBlock = 512

// nextBlock returns how many pages after a block with UBI the next such block begins, or 0 if none
// is found.
func nextBlock(img flash.Image, p pair, off int64) int {
	for n := 16; n <= maxProbedBlock; n *= 2 {
		if _, ok := eraseCounter(img, off+int64(n)*p.stride()); ok {
			return n
		}
	}
	return 0
}

// eraseCounter reads the header at off and returns its offset of the volume header. A header with a
// wrong checksum is ignored.
func eraseCounter(img flash.Image, off int64) (vid int64, ok bool) {
	b, err := flash.ReadFull(img, off, ecSize)
	if err != nil || string(b[:len(ecMagic)]) != ecMagic || b[ecVersion] != 1 {
		return 0, false
	}
	if ^crc32.ChecksumIEEE(b[:ecCRC]) != binary.BigEndian.Uint32(b[ecCRC:]) { // UBI does not invert at the end
		return 0, false
	}
	return int64(binary.BigEndian.Uint32(b[ecVID:])), true
}
