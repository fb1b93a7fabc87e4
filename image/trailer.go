package image

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
)

// Bytes that makers put behind their images, of any kind, belong to the images. Package
// boot knows them, and edits of boot images keep them. A signature of Samsung for the
// phone's downloader ends an image:
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
// The fields are those of a dtbo of an SM-T225 (MT8768). The length of SignerVer03 is
// the one that tools remove; its fields from +0x50 on were not seen.
const (
	signerMagic = "SignerVer0"

	offSignerBuild = 0x20
	offSignerTime  = 0x40
	offSignerModel = 0x50
	signerFields   = 0x100
)

// signerSizes are the lengths in bytes of signatures that may be at the end of a slice,
// far behind its content.
var signerSizes = []int64{512, 784}

// trailersAt returns the complete trailers that begin at off and follow each other,
// with their offsets in img.
func trailersAt(img flash.Image, off int64) (out []boot.Trailer) {
	for _, t := range boot.ReadTrailers(flash.Slice(img, flash.Extent{Offset: off, Length: img.Size() - off})) {
		if t.Cut {
			break
		}
		t.Offset += off
		out = append(out, t)
	}
	return out
}

// signerAtEnd returns the signature of Samsung in the last bytes of img; its length is
// 0 if there is none.
func signerAtEnd(img flash.Image) boot.Trailer {
	for _, n := range signerSizes {
		if n >= img.Size() {
			continue
		}
		t := trailersAt(img, img.Size()-n)
		if len(t) == 1 && t[0].Length == n && strings.HasPrefix(t[0].Short, signerMagic) {
			return t[0]
		}
	}
	return boot.Trailer{}
}

// tellTrailers adds the trailers behind the stated end of a content, or at the end of
// the slice.
func (i *Info) tellTrailers(stated int64) {
	if stated <= 0 || stated >= i.Size {
		return
	}
	for at := stated; at < i.Size; {
		b, _ := flash.ReadFull(i.img, at, int(min(align(at+1, page)-at, i.Size-at)))
		at += int64(notFill(b))
		found := trailersAt(i.img, at)
		if len(found) == 0 {
			break
		}
		for _, t := range found {
			i.trailer(t)
			at = t.End()
		}
	}
	if t := signerAtEnd(i.img); t.Length > 0 && t.Offset > stated && i.Fact("trailer") == "" {
		i.trailer(t)
	}
}

func (i *Info) trailer(t boot.Trailer) {
	i.add("trailer", "%s, %d bytes at 0x%x", t.Short, t.Length, t.Offset)
	if !strings.HasPrefix(t.Short, signerMagic) {
		return
	}
	b, err := flash.ReadFull(i.img, t.Offset, signerFields)
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
