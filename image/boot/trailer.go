package boot

import (
	"bytes"
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
)

// Trailer is data that a vendor put behind the last page of an image.
type Trailer struct {
	Name     string
	Short    string // the kind of trailer and its vendor
	Constant bool   // the same behind every image: a mark, not a signature
	Cut      bool   // the image ends before the trailer does
	flash.Extent
}

// Marks that bootloaders look for behind an image of any content. Source: magiskboot
// and Android Image Kitchen, which keep them.
var marks = []struct{ magic, short, name string }{
	{"SEANDROIDENFORCE", "SEANDROIDENFORCE of Samsung", "SEANDROIDENFORCE, a mark that Samsung's bootloaders look for"},
	{"\x41\xA9\xE4\x67\x74\x4D\x1D\x1B\xA4\x29\xF2\xEC\xEA\x65\x52\x79", "Bump of LG", "Bump, a mark that LG's bootloaders accept"},
}

// ReadTrailers returns the trailers at the start of tail, which follows an image. Extents
// count from tail's start. The list ends at the first unknown bytes or fill.
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
		if have := tail.Size() - off; t.Length > have {
			t.Length, t.Cut = have, true
		}
		out, off = append(out, t), off+t.Length
	}
	return out
}

// readTrailer recognises the trailer at off; its length is 0 if there is none. Behind
// Samsung's mark there may be an older signature of Samsung, which has no magic.
func readTrailer(tail flash.Image, off int64, samsung bool) Trailer {
	const samsungBytes, least = 0x100, 16
	b, err := flash.ReadFull(tail, off, int(min(tail.Size()-off, samsungBytes)))
	if err != nil || len(b) < least {
		return Trailer{}
	}
	found := func(name, short string, n int64) Trailer {
		return Trailer{Name: name, Short: short, Extent: flash.Extent{Offset: off, Length: n}}
	}
	for _, m := range marks {
		if bytes.HasPrefix(b, []byte(m.magic)) {
			t := found(m.name, m.short, int64(len(m.magic)))
			t.Constant = true
			return t
		}
	}
	switch {
	case bytes.HasPrefix(b, []byte("SignerVer02\x00")):
		return found("Samsung's signature", "SignerVer02 of Samsung", 512)
	case bytes.HasPrefix(b, []byte("SignerVer03\x00")):
		return found("Samsung's signature", "SignerVer03 of Samsung", 784)
	case bytes.HasPrefix(b, sectionMagic) && string(b[8:12]) == "cert":
		return found("a certificate of MediaTek", "certificate of MediaTek", align(sectionBytes+int64(binary.LittleEndian.Uint32(b[4:])), 16))
	case bytes.HasPrefix(b, []byte{0x30, 0x82}) && bytes.HasPrefix(b[4:], []byte{0x02, 0x01}):
		// A DER sequence that begins with a number, its own length in two bytes.
		return found("a signature of Android's boot_signer", "signature of Android's boot_signer", int64(binary.BigEndian.Uint16(b[2:]))+4)
	case samsung && len(b) == samsungBytes && !flash.IsFill(b, b[0]):
		return found("Samsung's signature", "signature of Samsung", samsungBytes)
	}
	return Trailer{}
}
