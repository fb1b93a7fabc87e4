package boot

import (
	"bytes"
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
)

// Trailer is something that vendors put behind the last page of an image.
type Trailer struct {
	Name     string
	Constant bool // the same behind every image: a mark, no signature
	flash.Extent
}

// Marks that bootloaders look for behind an image, whatever is in it. Source: magiskboot
// and Android Image Kitchen, which keep them.
var marks = []struct{ magic, name string }{
	{"SEANDROIDENFORCE", "SEANDROIDENFORCE, a mark that Samsung's bootloaders look for"},
	{"\x41\xA9\xE4\x67\x74\x4D\x1D\x1B\xA4\x29\xF2\xEC\xEA\x65\x52\x79", "Bump, a mark that LG's bootloaders take"},
}

// ReadTrailers tells what tail, which follows an image, begins with. Extents are from
// tail's start. What is not known, fill too, ends the list.
func ReadTrailers(tail flash.Image) []Trailer {
	var out []Trailer
	if tail == nil {
		return nil
	}
	for off := int64(0); off < tail.Size(); {
		t := readTrailer(tail, off, len(out) > 0 && out[len(out)-1].Name == marks[0].name)
		if t.Length == 0 {
			break
		}
		t.Length = min(t.Length, tail.Size()-off)
		out, off = append(out, t), off+t.Length
	}
	return out
}

// readTrailer recognises the trailer at off; its length is 0 when there is none. Behind
// Samsung's mark an older signature of theirs may follow, which has no magic.
func readTrailer(tail flash.Image, off int64, samsung bool) Trailer {
	const samsungBytes, least = 0x100, 16
	b, err := flash.ReadFull(tail, off, int(min(tail.Size()-off, samsungBytes)))
	if err != nil || len(b) < least {
		return Trailer{}
	}
	found := func(name string, constant bool, n int64) Trailer {
		return Trailer{name, constant, flash.Extent{Offset: off, Length: n}}
	}
	for _, m := range marks {
		if bytes.HasPrefix(b, []byte(m.magic)) {
			return found(m.name, true, int64(len(m.magic)))
		}
	}
	switch {
	case bytes.HasPrefix(b, []byte("SignerVer02\x00")):
		return found("Samsung's signature", false, 512)
	case bytes.HasPrefix(b, []byte("SignerVer03\x00")):
		return found("Samsung's signature", false, 784)
	case bytes.HasPrefix(b, sectionMagic) && string(b[8:12]) == "cert":
		return found("a certificate of MediaTek's", false, align(sectionBytes+int64(binary.LittleEndian.Uint32(b[4:])), 16))
	case bytes.HasPrefix(b, []byte{0x30, 0x82}) && bytes.HasPrefix(b[4:], []byte{0x02, 0x01}):
		// A DER sequence that begins with a number, its own length in two bytes.
		return found("a signature of Android's boot_signer", false, int64(binary.BigEndian.Uint16(b[2:]))+4)
	case samsung && len(b) == samsungBytes && !bytes.Equal(b, bytes.Repeat(b[:1], len(b))):
		return found("Samsung's signature", false, samsungBytes)
	}
	return Trailer{}
}
