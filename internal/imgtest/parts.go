package imgtest

import (
	"bytes"
	"encoding/binary"
	"hash/adler32"
	"strings"
)

// mtkHeader is the length of a MediaTek partition image header, bytes.
const mtkHeader = 0x200

// imageTypes are the header's image types by name (LK's mkimg.h); the rest is 0, a
// program for the application processor.
var imageTypes = map[string]uint32{
	"md1rom": 0x01000000, "cert1": 0x02000000, "cert1md": 0x02000001, "cert2": 0x02000002,
}

// MTKImage returns payload with a MediaTek partition image header before it. The old
// form (until about 2014) is 0xff from 0x30 on and ends with the payload. The new one
// has its own header size and alignment and is padded to 16 bytes.
func MTKImage(name string, payload []byte, old bool) []byte {
	b := bytes.Repeat([]byte{0xff}, mtkHeader)
	clear(b[:0x28])
	put32(b, 0x00, 0x58881688, uint32(len(payload)))
	copy(b[0x08:0x28], name)
	if old {
		return append(b, payload...)
	}
	put32(b, 0x30, 0x58891689, mtkHeader, 1, imageTypes[strings.ToLower(name)], 0, 0x10, 0, 0)
	return pad(append(b, payload...), 16, 0)
}

// chain joins images of the new form and marks the last one as the end of the list, as
// in signed firmware: lk, cert1, cert2.
func chain(images ...[]byte) []byte {
	var b []byte
	for _, m := range images {
		b = append(b, m...)
	}
	put32(b, len(b)-len(images[len(images)-1])+0x40, 1)
	return b
}

// BootImage returns an Android boot image, version 0, with pages of 2048 bytes. With
// mtkHeaders, kernel and ramdisk each have an old MediaTek header, as on MT65xx; the
// name in the ramdisk's header is then ramdiskName, "ROOTFS" or "RECOVERY".
func BootImage(kernel, ramdisk []byte, mtkHeaders bool, ramdiskName string) []byte {
	const page, base = 2048, 0x80000000
	if mtkHeaders {
		kernel = MTKImage("KERNEL", kernel, true)
		ramdisk = MTKImage(ramdiskName, ramdisk, true)
	}
	b := make([]byte, page)
	copy(b, "ANDROID!")
	put32(b, 0x08, uint32(len(kernel)), base+0x8000, uint32(len(ramdisk)), base+0x4000000,
		0, base+0xf00000, base+0x100, page)
	copy(b[0x40:], "sample=1")
	b = pad(append(b, kernel...), page, 0)
	return pad(append(b, ramdisk...), page, 0)
}

// Logo returns a logo.bin: a MediaTek image of two zlib pictures in RGB565.
func Logo(old bool) []byte {
	pictures := [][]byte{zlibStored(gradient(64, 48, 0)), zlibStored(gradient(32, 32, 9))}
	head := make([]byte, 8+4*len(pictures))
	off := len(head)
	put32(head, 0, uint32(len(pictures)))
	for i, p := range pictures {
		put32(head, 8+4*i, uint32(off))
		off += len(p)
	}
	put32(head, 4, uint32(off))
	name := "logo"
	if old {
		name = "LOGO"
	}
	return MTKImage(name, append(head, bytes.Join(pictures, nil)...), old)
}

// gradient returns w×h pixels of RGB565, little-endian.
func gradient(w, h, tint int) []byte {
	b := make([]byte, 0, 2*w*h)
	for y := range h {
		for x := range w {
			b = le.AppendUint16(b, uint16((x*31/w)<<11|(y*63/h)<<5|tint))
		}
	}
	return b
}

// zlibStored returns b as a zlib stream without compression, so that its bytes do not
// depend on the version of a compressor. b must be shorter than 64 KiB.
func zlibStored(b []byte) []byte {
	out := []byte{0x78, 0x9c, 0x01}
	out = le.AppendUint16(out, uint16(len(b)))
	out = le.AppendUint16(out, ^uint16(len(b)))
	out = append(out, b...)
	return binary.BigEndian.AppendUint32(out, adler32.Checksum(b))
}

// SecRO returns a secro.img: AND_AC_REGION with its fixed length.
func SecRO() []byte {
	b := make([]byte, 0x21000)
	copy(b, "AND_AC_REGION")
	copy(b[0x400:], Noise("secro", 0x200))
	return b
}

// VBMeta returns an empty vbmeta.img (AVB with verification switched off), padded to
// 4096 bytes.
func VBMeta() []byte {
	be := binary.BigEndian
	b := make([]byte, 4096)
	copy(b, "AVB0")
	be.PutUint32(b[0x04:], 1)
	be.PutUint32(b[0x78:], 2) // flags: verification disabled
	copy(b[0x80:], "avbtool 1.1.0")
	return b
}

// DTBO returns a device tree overlay table with one entry.
func DTBO() []byte {
	be := binary.BigEndian
	entry := Noise("dtbo", 0x400)
	b := make([]byte, 64)
	for i, v := range []uint32{0xd7b7ab1e, uint32(64 + len(entry)), 32, 32, 1, 32, 2048, 0,
		uint32(len(entry)), 64} {
		be.PutUint32(b[4*i:], v)
	}
	return append(b, entry...)
}
