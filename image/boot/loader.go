package boot

import (
	"bytes"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// loaderBytes is the length of a small loader in front of a header.
const loaderBytes = 0x400

// loaderName is what the loader of Fire tablets, Echo and Fire TV calls itself.
const loaderName = "microloader"

// Loader is a small loader in the place of the header. Devices of Amazon's that were
// unlocked by a fault of their bootloader carry one in boot and recovery:
//
//	0x000 ANDROID!, kernel size 0, the loader
//	0x400 ANDROID!, the image's own header
//	page  kernel …                              where it would lie without a loader
//
// Images are also found in which all of the image, not the header alone, was moved by
// 0x400.
type Loader struct {
	Bytes []byte // all of it
	Named bool   // it calls itself a microloader
	Moved bool   // all of the image lies behind it, not the header alone
}

// readLoader returns the loader that img begins with, nil for none. Its mark is another
// header behind it that lists a kernel, while the first one lists none, or names the
// loader.
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

// begins counts how many parts look right when the first begins at off.
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

// headerAt is where the header stands.
func (b *Image) headerAt() int64 {
	if b.Loader == nil {
		return 0
	}
	return loaderBytes
}

// moved is how far the parts lie behind their usual places.
func (b *Image) moved() int64 {
	if b.Loader == nil || !b.Loader.Moved {
		return 0
	}
	return loaderBytes
}

// readHeader reads the header's pages. Behind a loader that moved nothing else, they are
// shorter; what is not there of them is zero.
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
		return nil, fmt.Errorf("boot: the header behind the loader has room for 0x%x bytes only: a shorter command line is needed", room)
	}
	return append(bytes.Clone(b.Loader.Bytes), head[:room]...), nil
}

// checkLists says what is odd about the parts that the header lists.
func (b *Image) checkLists() {
	name := "a small loader"
	switch {
	case b.Loader != nil && b.Loader.Named:
		name += " (" + loaderName + ")"
		fallthrough
	case b.Loader != nil:
		b.problem(flash.Note, "header", flash.NoOffset, "the first 0x%x bytes are %s: the header is the one at 0x%x", loaderBytes, name, loaderBytes)
	case len(b.Parts) == 0:
		b.problem(flash.Warning, "header", flash.NoOffset, "lists neither kernel nor ramdisk%s", b.lost())
	case !b.Vendor && b.Version < 3 && b.Part(Kernel) == nil:
		b.problem(flash.Warning, "header", flash.NoOffset, "lists no kernel, and images of version %d have one%s", b.Version, b.lost())
	}
}

// lost is what a header without parts may have been.
func (b *Image) lost() string {
	if bytes.Contains(b.Header, []byte(loaderName)) {
		return fmt.Sprintf(": a small loader (%s) stands in it, and no other header at 0x%x", loaderName, loaderBytes)
	}
	return ": it is damaged, or written over"
}

// WithoutLoader returns what img would be without a small loader in the place of its
// header: img itself when it has none.
func WithoutLoader(img flash.Image) flash.Image {
	b, err := Read(img)
	if err != nil || b.Loader == nil {
		return img
	}
	at := b.moved() + int64(len(b.Header))
	return flash.Join(bytes.NewReader(b.Header), flash.Slice(img, flash.Extent{Offset: at, Length: img.Size() - at}))
}
