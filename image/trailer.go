package image

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// What Samsung puts behind the images of its phones, whatever they hold. Boot and
// recovery images have the word SEANDROIDENFORCE (16 bytes) first, which asks for
// SELinux; what is signed for the phone's downloader ends in
//
//	+0x00  SignerVer02 (512 bytes in all) or SignerVer03 (784)
//	+0x10  number of the signature, text
//	+0x20  firmware build, text: T225XXSAEYA4
//	+0x40  when it was signed, text: YYYYMMDDhhmmss
//	+0x50  model, region and key, text: SM-T225_EUR_XX_MKEY0
//	+0x70  number of the signed project, text, twice
//	+0x90  words, then the image's file name, each with a NUL
//	+0x100 signature
//
// The fields are those of a dtbo of an SM-T225 (MT8768), the length of SignerVer03 that
// which tools take off; its fields past +0x50 were not seen.
var trailers = []trailer{
	{seAndroid, 16},
	{"SignerVer02\x00", 512},
	{"SignerVer03\x00", 784},
}

const (
	seAndroid = "SEANDROIDENFORCE"

	offSignerBuild = 0x20
	offSignerTime  = 0x40
	offSignerModel = 0x50
	signerFields   = 0x100
)

// trailer is what a maker puts behind an image.
type trailer struct {
	magic string
	size  int64 // bytes, 0 for none
}

// trailerAt returns the trailer that stands whole at off.
func trailerAt(img flash.Image, off int64) trailer {
	b, err := flash.ReadFull(img, off, len(seAndroid))
	if err != nil {
		return trailer{}
	}
	for _, t := range trailers {
		if strings.HasPrefix(string(b), t.magic) && t.size <= img.Size()-off {
			return t
		}
	}
	return trailer{}
}

// endsInTrailer reports whether the last bytes of img are a signature of the maker's.
func endsInTrailer(img flash.Image) bool {
	for _, t := range trailers {
		if off := img.Size() - t.size; off > 0 && t.magic != seAndroid && trailerAt(img, off) == t {
			return true
		}
	}
	return false
}

// tellTrailers names what stands behind the stated end of a content, or at the end of the
// slice.
func (i *Info) tellTrailers(stated int64) {
	if stated <= 0 || stated >= i.Size {
		return
	}
	for at := stated; at < i.Size; {
		b, _ := flash.ReadFull(i.img, at, int(min(align(at+1, page)-at, i.Size-at)))
		at += int64(notFill(b))
		t := trailerAt(i.img, at)
		if t.size == 0 {
			break
		}
		i.trailer(t, at)
		at += t.size
	}
	for _, t := range trailers {
		if off := i.Size - t.size; off > stated && t.magic != seAndroid && trailerAt(i.img, off) == t && i.Fact("trailer") == "" {
			i.trailer(t, off)
		}
	}
}

func (i *Info) trailer(t trailer, at int64) {
	name := strings.TrimRight(t.magic, "\x00")
	i.add("trailer", "%s of Samsung's, %d bytes at 0x%x", name, t.size, at)
	if t.magic == seAndroid {
		return
	}
	b, err := flash.ReadFull(i.img, at, signerFields)
	if err != nil {
		return
	}
	var words []string
	for _, f := range []struct {
		name     string
		off, end int
	}{{"firmware", offSignerBuild, offSignerTime}, {"model", offSignerModel, offSignerModel + 0x20}, {"at", offSignerTime, offSignerModel}} {
		if text := printable(b[f.off:f.end]); text != "" {
			words = append(words, fmt.Sprintf("%s %s", f.name, text))
		}
	}
	i.add("signed for", "%s", strings.Join(words, ", "))
}
