package boot

import (
	"encoding/binary"
	"hash"

	"github.com/mtkkit/mtkkit/flash"
)

// Names of parts, as Part.Name has them.
const (
	Kernel       = "kernel"
	Ramdisk      = "ramdisk"
	Second       = "second"
	DT           = "dt" // a vendor's device tree in a version 0 image
	RecoveryDTBO = "recovery_dtbo"
	DTB          = "dtb"
	Signature    = "signature"
	RamdiskTable = "ramdisk_table"
	Bootconfig   = "bootconfig"
)

// Image is a boot image with its parts separated. The parts are read from the image
// that was given to Read, which must stay open.
type Image struct {
	Vendor  bool        // a vendor_boot
	Loader  *Loader     // a small loader instead of the header, nil for none
	Version int         // of the header, 0 to 4
	Page    int64       // page size in bytes; every part begins at a multiple of it
	Header  []byte      // all pages of the header; Apply changes it
	Parts   []Part      // those that are not empty, in the order of the file
	Length  int64       // end of the last part's page, bytes
	Tail    flash.Image // the bytes that follow; nil or empty if there are none
	Size    int64       // of the image that was read, Tail included

	Problems flash.Problems

	layout  *layout
	changed bool
	hashed  func() hash.Hash // hash for the id of a changed image, nil if the id stays
}

// Part is one part of an image. In a vendor_boot of version 4 each ramdisk of the table
// is a separate part, named ramdisk0, ramdisk1 …
type Part struct {
	Name         string
	Label        string // the name of a ramdisk in the table of a vendor_boot; untrusted
	flash.Extent        // as the header states it
	Section      *Section

	bytes flash.Image // all of it, with its section header; shorter than the extent if the image is cut
	pad   flash.Image // up to the next page; nil if the part was replaced
}

// Sniff reports whether img begins like a boot image.
func Sniff(img flash.Image) bool {
	b, err := flash.ReadFull(img, 0, 8)
	return err == nil && (string(b) == magic || string(b) == vendorMagic)
}

// Read separates an image into its parts. Parts that end behind the image are Problems,
// and their existing bytes can be read. If the header is impossible, the error is a
// *flash.FormatError; it wraps flash.ErrNotThis if img is not a boot image.
func Read(img flash.Image) (*Image, error) {
	if !Sniff(img) {
		return nil, &flash.FormatError{Format: "boot", Offset: 0, Text: "neither ANDROID! nor VNDRBOOT", Err: flash.ErrNotThis}
	}
	b := &Image{Loader: readLoader(img), Size: img.Size()}
	head, err := flash.ReadFull(img, b.headerAt(), 0x40)
	if err != nil {
		return nil, wrong(0, "the header is cut: %v", err)
	}
	if b.layout, b.Version, err = choose(head); err != nil {
		return nil, err
	}
	if b.Page, err = b.layout.pageSize(head); err != nil {
		return nil, err
	}
	b.Vendor = string(head[:8]) == vendorMagic
	if !b.Vendor && b.layout.bytes > b.Page {
		return nil, wrong(int64(b.layout.pageAt.off), "page size %d cannot hold a header of %d bytes", b.Page, b.layout.bytes)
	}
	if err := b.readHeader(img); err != nil {
		return nil, err
	}
	if err := b.readParts(img); err != nil {
		return nil, err
	}
	b.Tail = flash.Slice(img, flash.Extent{Offset: b.Length, Length: max(img.Size()-b.Length, 0)})
	b.checkHeaderSize()
	b.checkLists()
	return b, nil
}

// readParts finds the parts behind the header, by their stated sizes.
func (b *Image) readParts(img flash.Image) error {
	off := b.moved() + int64(len(b.Header))
	for _, f := range b.layout.parts {
		size := get(b.Header, f.size)
		if size == 0 {
			continue
		}
		whole := flash.Extent{Offset: off, Length: size}
		p := Part{Name: f.name, Extent: whole, bytes: flash.Slice(img, whole)}
		off += align(size, b.Page)
		p.pad = flash.Slice(img, flash.Extent{Offset: whole.End(), Length: off - whole.End()})
		if have := p.bytes.Size(); have < size {
			b.problem(flash.Error, f.name, whole.Offset, "is cut: the image has 0x%x of its 0x%x bytes", have, size)
		} else if f.name == Kernel || f.name == Ramdisk {
			p.Section = readSection(p.bytes)
		}
		b.Parts = append(b.Parts, p)
	}
	b.Length = off
	return b.splitRamdisks(img)
}

// checkHeaderSize reports a header whose stated size is not that of its version.
func (b *Image) checkHeaderSize() {
	f := b.layout.headerSize
	if f.size == 0 {
		return
	}
	// mkbootimg of Android 11 writes other numbers for version 3.
	wrote := map[bool]int64{false: 1596, true: 2108}
	if n := get(b.Header, f); n != b.layout.bytes && !(b.Version == 3 && n == wrote[b.Vendor]) {
		b.problem(flash.Warning, "header", b.headerAt()+int64(f.off), "states a size of %d, but a header of version %d has %d bytes", n, b.Version, b.layout.bytes)
	}
}

// Cut reports whether the image ends before its last part.
func (b *Image) Cut() bool {
	for _, p := range b.Parts {
		if p.bytes.Size() < p.Length {
			return true
		}
	}
	return false
}

// Part returns the part with that name, nil if the image has none.
func (b *Image) Part(name string) *Part {
	for i := range b.Parts {
		if b.Parts[i].Name == name {
			return &b.Parts[i]
		}
	}
	return nil
}

// Bytes returns the whole part, with its section header.
func (p *Part) Bytes() flash.Image { return p.bytes }

// Payload returns the content of the part: without MediaTek's section header, and
// without bytes behind its stated payload.
func (p *Part) Payload() flash.Image {
	if p.Section == nil {
		return p.bytes
	}
	return flash.Slice(p.bytes, flash.Extent{Offset: sectionBytes, Length: p.Section.Size})
}

func (b *Image) problem(s flash.Severity, place string, off int64, format string, a ...any) {
	b.Problems.AddAt(s, place, off, format, a...)
}

// get reads a number of 4 or 8 bytes from a header. A number of 8 bytes that is too
// large for an int64 is an impossible address, and the result is an impossible address,
// too.
func get(head []byte, f field) int64 {
	switch f.size {
	case 4:
		return int64(binary.LittleEndian.Uint32(head[f.off:]))
	case 8:
		return int64(binary.LittleEndian.Uint64(head[f.off:]))
	}
	return 0
}

func put(head []byte, f field, v int64) {
	switch f.size {
	case 4:
		binary.LittleEndian.PutUint32(head[f.off:], uint32(v))
	case 8:
		binary.LittleEndian.PutUint64(head[f.off:], uint64(v))
	}
}

// align rounds v up to a multiple of to, a power of two.
func align(v, to int64) int64 { return (v + to - 1) &^ (to - 1) }
