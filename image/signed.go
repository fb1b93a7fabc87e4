package image

import (
	"encoding/binary"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// A file that MediaTek's signing tool made from an image for phones with secure boot,
// up to about 2018: lk-sign.img, boot-sign.img and others. Flash tools remove the
// wrapping, so it is found in firmware folders and not in flash. All fields are
// little-endian:
//
//	0x00  SSSS, then the maker's name (32 bytes; 16 before the end of 2011)
//	      version 2               version 4               version 1
//	0x24  image version           image version           0x14
//	0x28  image length            signature length        0x18 image length
//	0x2C  image offset            image offset            0x1C image offset
//	0x30  hashed from             79 7B 79 7B             0x20 hashed from
//	0x34  hashed bytes            -                       0x24 hashed bytes
//	0x38  signature offset        image length, high      0x28 signature offset
//	0x3C  signature length        image length, low       0x2C signature length
//
// Records that begin with EEEE follow the image and signature of version 4; the record
// of type 0xFFFFFFFF is the last. For fastboot, all of this is wrapped again:
//
//	0x0000  BFBF  +0x10 name of the partition[32]  +0x30 image length
//	0x4000  SSSS …
//
// Sources: MediaTek's secure boot library (sec_sign_header.h, sec_sign_extension.h).
// Version 4 and BFBF were seen on a real file; versions 1 and 2 were not.
const (
	signedMagic  = "SSSS"
	wrappedMagic = "BFBF"

	signedHeader = 0x40
	wrappedBy    = 0x4000 // offset of SSSS in BFBF
	wrappedName  = 0x10

	signedV3     = 0x7A797A79
	signedV4     = 0x7B797B79
	signedRecord = 0x45454545 // EEEE

	// maxSigned is larger than any image that the tool could sign in memory, in bytes.
	// A header with a larger size is not a header.
	maxSigned = 1 << 40
	// maxSignedRecords limits the walk: one record for each hashed range, at most 32.
	maxSignedRecords = 64
)

// signed holds the values of an SSSS header.
type signed struct {
	version   int
	payload   flash.Extent // counted from the header
	signature int64        // bytes
	end       int64        // of all that belongs to it; 0 if not stated
}

// readSignedHeader reads the SSSS header at off.
func readSignedHeader(img flash.Image, off int64) (signed, bool) {
	b, err := flash.ReadFull(img, off, signedHeader)
	if err != nil || string(b[:4]) != signedMagic {
		return signed{}, false
	}
	u32 := func(at int) int64 { return int64(binary.LittleEndian.Uint32(b[at:])) }
	var s signed
	switch {
	case u32(0x30) == signedV4:
		length := u32(0x38)<<32 | u32(0x3C)
		s = signed{version: 4, payload: flash.Extent{Offset: u32(0x2C), Length: length}, signature: u32(0x28)}
		if length < maxSigned {
			s.end = signedEnd(img, off, s.payload.End()+s.signature)
		}
	case u32(0x30) == signedV3:
		s = signed{version: 3, payload: flash.Extent{Offset: u32(0x2C), Length: u32(0x28)}}
	default:
		s = signed{version: 2, payload: flash.Extent{Offset: u32(0x2C), Length: u32(0x28)}, signature: u32(0x3C)}
		signedAt := u32(0x38)
		if s.signature == 0 { // flash tools recognize the first version by this
			s = signed{version: 1, payload: flash.Extent{Offset: u32(0x1C), Length: u32(0x18)}, signature: u32(0x2C)}
			signedAt = u32(0x28)
		}
		s.end = max(s.payload.End(), signedAt+s.signature)
	}
	ok := s.payload.Offset >= signedHeader && s.payload.Length > 0 && s.payload.Length < maxSigned
	return s, ok
}

// signedEnd follows the records at p, which counts from the header, and returns the end
// of the last one; 0 if the records are damaged.
func signedEnd(img flash.Image, header, p int64) int64 {
	word := func(at int64) uint32 {
		b, err := flash.ReadFull(img, header+at, 4)
		if err != nil {
			return 0
		}
		return binary.LittleEndian.Uint32(b)
	}
	for range maxSignedRecords {
		if word(p) != signedRecord {
			return 0
		}
		switch word(p + 4) {
		case 1: // which algorithms
			p += 12
		case 2: // how long the chunks are
			p += 16
		case 6: // the hash of a range
			hash, known := map[uint32]int64{1: 16, 2: 20, 3: 32, 4: 64}[word(p+8)] // MD5, SHA-1, SHA-256, SHA-512
			if !known {
				return 0
			}
			p += 32 + hash
		case 0xFFFFFFFF:
			return p + 8
		default:
			return 0
		}
	}
	return 0
}

// readSigned reads the range of the image and its signature.
func readSigned(h *head) (string, int64, bool) {
	if h.has(0, signedMagic) {
		s, ok := readSignedHeader(h.img, 0)
		return "", s.end, ok
	}
	const version, newest = 0x04, 0xFF // 2 in the one known file
	label := h.text(wrappedName, 32)
	if s, ok := readSignedHeader(h.img, wrappedBy); ok && s.end > 0 {
		return label, wrappedBy + s.end, true
	}
	return label, 0, h.u32(version) <= newest
}

// tellSigned adds the header's version and the content.
func tellSigned(i *Info) {
	at := int64(0)
	if i.head.has(0, wrappedMagic) {
		at = wrappedBy
		i.add("wrapped", "for fastboot, the signed image follows at 0x%x", at)
	}
	s, ok := readSignedHeader(i.img, at)
	if !ok {
		i.problem(flash.Warning, at, "there is no header of a signed image here")
		return
	}
	signature := ""
	if s.signature > 0 {
		signature = fmt.Sprintf(", with a signature of 0x%x bytes", s.signature)
	}
	i.add("header", "version %d%s", s.version, signature)
	p := flash.Extent{Offset: at + s.payload.Offset, Length: s.payload.Length}
	i.add("payload", "0x%x bytes at 0x%x", p.Length, p.Offset)
	if p.End() > i.Size {
		i.problem(flash.Warning, p.Offset, "the payload runs past the end of the image")
	}
	i.inside = flash.Slice(i.img, p.Clip(i.Size))
}
