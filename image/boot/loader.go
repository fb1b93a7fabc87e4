package boot

import (
	"bytes"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// loaderBytes is the length of a small loader in front of a header.
const loaderBytes = 0x400

// loaderName is the name in the loader of Fire tablets, Echo and Fire TV.
const loaderName = "microloader"

// Loader is a small loader instead of the header. Devices of Amazon that were unlocked
// through a fault of their bootloader have one in boot and recovery:
//
//	0x000 ANDROID!, kernel size 0, the loader
//	0x400 ANDROID!, the image's own header
//	page  kernel …                              where it would lie without a loader
//
// There are also images in which the whole image, not only the header, was moved by
// 0x400.
type Loader struct {
	Bytes []byte // all of it
	Named bool   // it contains the name microloader
	Moved bool   // the whole image is behind it, not only the header
}

// readLoader returns the loader at the start of img, nil for none. A loader is
// recognized by a second header behind it that lists a kernel, while the first header
// lists none, or by its name.
func readLoader(img flash.Image) *Loader {
	b, err := flash.ReadFull(img, 0, loaderBytes+0x40)
	if err != nil || string(b[:8]) != magic || string(b[loaderBytes:loaderBytes+8]) != magic {
		return nil
	}
	l := &Loader{Bytes: b[:loaderBytes:loaderBytes], Named: bytes.Contains(b[:loaderBytes], []byte(loaderName))}
	kernelSize, head := field{0x08, 4}, b[loaderBytes:]
	if get(b, kernelSize) != 0 && !l.Named || get(head, kernelSize) == 0 {
		return nil
	}
	fields, _, err := choose(head)
	if err != nil {
		return nil
	}
	page, err := fields.pageSize(head)
	if err != nil || page < fields.bytes {
		return nil
	}
	sizes := []int64{get(head, fields.parts[0].size), get(head, fields.parts[1].size)}
	l.Moved = page <= loaderBytes || begins(img, loaderBytes+page, page, sizes) > begins(img, page, page, sizes)
	return l
}

// begins counts the parts that look right if the first one begins at off.
func begins(img flash.Image, off, page int64, sizes []int64) (n int) {
	for _, size := range sizes {
		b, err := flash.ReadFull(img, off, int(min(size, 0x40)))
		if err == nil && len(b) > 0 && (bytes.HasPrefix(b, sectionMagic) || ramdisk.Sniff(b) != "" || bits(b) != 0) {
			n++
		}
		off += align(size, page)
	}
	return n
}

// headerAt returns the offset of the header.
func (b *Image) headerAt() int64 {
	if b.Loader == nil {
		return 0
	}
	return loaderBytes
}

// moved returns by how many bytes the parts are behind their usual offsets.
func (b *Image) moved() int64 {
	if b.Loader == nil || !b.Loader.Moved {
		return 0
	}
	return loaderBytes
}

// readHeader reads the header's pages. Behind a loader that moved only the header, they
// are shorter; the missing bytes are zero.
func (b *Image) readHeader(img flash.Image) (err error) {
	size := align(b.layout.bytes, b.Page)
	have := size - b.headerAt() + b.moved()
	if b.Header, err = flash.ReadFull(img, b.headerAt(), int(have)); err != nil {
		return wrong(b.headerAt(), "the header is cut: %v", err)
	}
	b.Header = append(b.Header, make([]byte, size-have)...)
	return nil
}

// withLoader puts the loader in front of a header again.
func (b *Image) withLoader(head []byte) ([]byte, error) {
	if b.Loader == nil {
		return head, nil
	}
	room := int64(len(head)) - b.headerAt() + b.moved()
	if !flash.IsZero(head[room:]) {
		return nil, fmt.Errorf("boot: the header behind the loader has room for only 0x%x bytes; a shorter command line is needed", room)
	}
	return append(bytes.Clone(b.Loader.Bytes), head[:room]...), nil
}

// checkLists reports faults in the list of parts.
func (b *Image) checkLists() {
	name := "a small loader"
	switch {
	case b.Loader != nil && b.Loader.Named:
		name += " (" + loaderName + ")"
		fallthrough
	case b.Loader != nil:
		b.problem(flash.Note, "header", flash.NoOffset, "the first 0x%x bytes are %s: the header is the one at 0x%x", loaderBytes, name, loaderBytes)
	case len(b.Parts) == 0:
		b.problem(flash.Warning, "header", flash.NoOffset, "lists no kernel and no ramdisk%s", b.lost())
	case !b.Vendor && b.Version < 3 && b.Part(Kernel) == nil:
		b.problem(flash.Warning, "header", flash.NoOffset, "lists no kernel, but images of version %d have one%s", b.Version, b.lost())
	}
}

// lost returns a possible reason for a header without parts.
func (b *Image) lost() string {
	if bytes.Contains(b.Header, []byte(loaderName)) {
		return fmt.Sprintf(": it contains a small loader (%s), and there is no other header at 0x%x", loaderName, loaderBytes)
	}
	return ": it is damaged or was overwritten"
}

// WithoutLoader returns img without a small loader instead of its header; it returns
// img itself if there is none.
func WithoutLoader(img flash.Image) flash.Image {
	b, err := Read(img)
	if err != nil || b.Loader == nil {
		return img
	}
	at := b.moved() + int64(len(b.Header))
	return flash.Join(bytes.NewReader(b.Header), flash.Slice(img, flash.Extent{Offset: at, Length: img.Size() - at}))
}
