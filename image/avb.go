package image

import (
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
)

// Fields of an AVB vbmeta block and of the descriptors in it, all big-endian (AOSP
// libavb avb_vbmeta_image.h, avb_hash_descriptor.h, avb_hashtree_descriptor.h).
const (
	avbHeader         = 256
	avbAuthSize       = 0x0C
	avbDescriptors    = 0x60 // where they begin, from the auxiliary block
	avbDescriptorSize = 0x68

	avbTagHashtree, avbTagHash       = 1, 2
	avbHashtreeNameLen, avbHashtreeN = 104, 180 // length and place of the partition's name
	avbHashNameLen, avbHashN         = 56, 132

	maxDescriptors = 64 << 10
)

// AVBName returns the partition that the vbmeta block at the start of img is about: the
// one named by its only hash or hashtree descriptor. Such a block stands behind the
// content of a signed partition. A vbmeta partition speaks of several and has no name
// here.
func AVBName(img flash.Image) string {
	h, err := flash.ReadFull(img, 0, avbHeader)
	if err != nil || string(h[:4]) != "AVB0" {
		return ""
	}
	auth, at, size := binary.BigEndian.Uint64(h[avbAuthSize:]), binary.BigEndian.Uint64(h[avbDescriptors:]), binary.BigEndian.Uint64(h[avbDescriptorSize:])
	if auth > 1<<20 || at > 1<<20 || size > maxDescriptors {
		return ""
	}
	b, err := flash.ReadFull(img, int64(avbHeader+auth+at), int(size))
	if err != nil {
		return ""
	}
	name := ""
	for len(b) >= 16 {
		tag, n := binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
		if n > uint64(len(b)-16) {
			return ""
		}
		d := b[:16+n]
		if b = b[16+n:]; tag != avbTagHash && tag != avbTagHashtree {
			continue
		}
		if name != "" {
			return ""
		}
		if tag == avbTagHash {
			name = avbField(d, avbHashNameLen, avbHashN)
		} else {
			name = avbField(d, avbHashtreeNameLen, avbHashtreeN)
		}
	}
	return name
}

func avbField(d []byte, lenAt, at int) string {
	if len(d) < at {
		return ""
	}
	n := binary.BigEndian.Uint32(d[lenAt:])
	if uint64(n) > uint64(len(d)-at) || n > 64 {
		return ""
	}
	return printable(d[at : at+int(n)])
}
