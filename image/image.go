package image

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
)

// Kind is the kind of content at the start of a slice, as text for the user.
type Kind string

// The kinds that Sniff knows.
const (
	Unknown       Kind = "unknown content"
	Zero          Kind = "zeros"        // as far as Sniff looks, about 4 KiB
	Erased        Kind = "erased flash" // the same, all 0xFF
	AndroidBoot   Kind = "Android boot image"
	VendorBoot    Kind = "Android vendor boot image"
	VBMeta        Kind = "AVB vbmeta"
	Kernel        Kind = "Linux kernel" // without a boot image around it
	DTBO          Kind = "device tree table"
	DeviceTree    Kind = "device tree"
	Super         Kind = "super partition"
	SparseAndroid Kind = "Android sparse image"
	MTKImage      Kind = "MediaTek image"
	MTKPreloader  Kind = "MediaTek preloader"
	BootRegion    Kind = "MediaTek boot region"
	SecRO         Kind = "MediaTek secro"
	Signed        Kind = "MediaTek signed image" // a wrapping that flash tools remove
	GPT           Kind = "GPT"
	MBR           Kind = "MBR or EBR"
	Ext4          Kind = "ext4 file system" // or ext2, ext3
	F2FS          Kind = "F2FS file system"
	EROFS         Kind = "EROFS file system"
	SquashFS      Kind = "SquashFS file system"
	FAT           Kind = "FAT file system"
	UBI           Kind = "UBI volumes"
	UBIFS         Kind = "UBIFS file system"
	Gzip          Kind = "gzip data"
	LZ4           Kind = "LZ4 data"
	XZ            Kind = "XZ data"
	Zstd          Kind = "Zstandard data"
	LFSPointer    Kind = "git LFS pointer" // a download that is not the file itself
	HTML          Kind = "HTML page"       // the same
	HighEntropy   Kind = "high entropy"    // only from Describe: encrypted, or compressed without a header
)

// String returns the text of the kind.
func (k Kind) String() string { return string(k) }

// Content is the content that Sniff found at the start of an image.
type Content struct {
	Kind  Kind
	Label string // the name in its header: section name, volume label …; printable

	// Length is the number of bytes that belong to it, 0 if the length is not certain.
	// It is never larger than the image. With an AVB footer it is the whole image.
	Length int64

	// Stated is the length in the header in bytes, 0 if the header has none. It may be
	// larger than the image, or not include bytes that follow: use it to find the next
	// content, not to cut.
	Stated int64
}

// headSize covers every magic and all header fields except the sections of a chain, in
// bytes.
const headSize = 0x1100

// head is the start of an image. Bytes behind the image's end are zero, so that fields
// can be read without a check; magics are only looked for in the first n bytes.
type head struct {
	b   [headSize]byte
	n   int
	img flash.Image
}

func (h *head) u16(off int) uint16  { return binary.LittleEndian.Uint16(h.b[off:]) }
func (h *head) u32(off int) int64   { return int64(binary.LittleEndian.Uint32(h.b[off:])) }
func (h *head) u64(off int) uint64  { return binary.LittleEndian.Uint64(h.b[off:]) }
func (h *head) be32(off int) int64  { return int64(binary.BigEndian.Uint32(h.b[off:])) }
func (h *head) be64(off int) uint64 { return binary.BigEndian.Uint64(h.b[off:]) }

func (h *head) text(off, n int) string { return printable(h.b[off : off+n]) }

func (h *head) has(off int, magic string) bool {
	return off+len(magic) <= h.n && string(h.b[off:off+len(magic)]) == magic
}

// format is one kind with its magic. read returns label and length from the header, and
// false if the rest of the header contradicts the magic. tell adds facts for the user;
// it may read more.
type format struct {
	kind  Kind
	at    int
	magic string
	by    string // the part that states the length, as text
	read  func(*head) (label string, length int64, ok bool)
	tell  func(*Info)
}

// formats are tried in order. A magic at the very start was written last, so it comes
// before magics further in, which may be left over from older content.
var formats = []format{
	{AndroidBoot, 0, "ANDROID!", "the parts its header lists", readBoot, tellBoot},
	{VendorBoot, 0, "VNDRBOOT", "the parts its header lists", readVendorBoot, tellBoot},
	{VBMeta, 0, "AVB0", "its header", readVBMeta, nil},
	{DTBO, 0, "\xD7\xB7\xAB\x1E", "its header and any certificates behind it", readDTBO, tellDTBO},
	{DeviceTree, 0, treeMagic, "its header", readDeviceTree, tellDeviceTree},
	{SparseAndroid, 0, "\x3A\xFF\x26\xED\x01\x00", "", nil, tellSparse},
	{MTKImage, 0, sectionMagic, "the chain of its sections", readSections, tellSections},
	{MTKPreloader, 0, "MMM", "its GFH header", readPreloader, nil},
	{BootRegion, 0, "EMMC_BOOT\x00", "", readBootRegion, nil},
	{BootRegion, 0, "UFS_BOOT\x00", "", readBootRegion, nil},
	{BootRegion, 0, "COMBO_BOOT\x00", "", readBootRegion, nil},
	{BootRegion, 0, "SDMMC_BOOT\x00", "", readBootRegion, nil},
	{BootRegion, 0, "SF_BOOT\x00", "", readBootRegion, nil},
	{BootRegion, 0, "BOOTLOADER!", "", readBootRegion, nil},
	{BootRegion, 0, "NANDCFG!", "", readBootRegion, nil},
	{BootRegion, 0, "SPINAND!", "", readBootRegion, nil},
	{SecRO, 0, "AND_AC_REGION", "", nil, nil},
	{Signed, 0, signedMagic, "its header, and the signature behind it", readSigned, tellSigned},
	{Signed, 0, wrappedMagic, "its header, and the signature behind it", readSigned, tellSigned},
	{SquashFS, 0, "hsqs", "its superblock, to the next 4 KiB", readSquashFS, tellSquashFS},
	{UBI, 0, "UBI#", "", nil, tellUBI},
	{UBIFS, 0, "\x31\x18\x10\x06", "its superblock", readUBIFS, tellUBIFS},
	{Gzip, 0, "\x1F\x8B\x08", "", nil, tellPacked},
	{LZ4, 0, "\x04\x22\x4D\x18", "", nil, tellPacked},
	{LZ4, 0, "\x02\x21\x4C\x18", "", nil, tellPacked}, // the legacy frame of Linux kernels
	{XZ, 0, "\xFD7zXZ\x00", "", nil, tellPacked},
	{Zstd, 0, "\x28\xB5\x2F\xFD", "", nil, nil},
	{LFSPointer, 0, "version https://git-lfs", "", nil, nil},
	{HTML, 0, "<!DOCTYPE", "", nil, nil},
	{HTML, 0, "<html", "", nil, nil},
	{GPT, 0, "EFI PART", "", nil, tellGPT}, // a header saved without the MBR before it
	{GPT, 0x200, "EFI PART", "", nil, tellGPT},
	{GPT, 0x1000, "EFI PART", "", nil, tellGPT},
	{Kernel, zImageAt, zImageMagic, "its header and any device trees behind it", readZImage, tellBareKernel},
	{Kernel, arm64At, arm64Magic, "", nil, tellBareKernel},
	{FAT, 0x1FE, "\x55\xAA", "its first sector", readFAT, tellFAT},
	{F2FS, 0x400, "\x10\x20\xF5\xF2", "its superblock", readF2FS, tellF2FS},
	{EROFS, 0x400, "\xE2\xE1\xF5\xE0", "its superblock", readEROFS, tellEROFS},
	{Ext4, 0x438, "\x53\xEF", "its superblock", readExt4, tellExt4},
	{Super, 0, "gDla\x34\x00\x00\x00", "", nil, tellSuper}, // super_empty.img has no reserved lead-in
	{Super, superGeometry, "gDla\x34\x00\x00\x00", "its metadata", readSuper, tellSuper},
	{MBR, 0x1FE, "\x55\xAA", "", readMBR, tellMBR},
}

// Sniff returns what img begins with, after a few small reads. A content that cannot be
// read is Unknown.
func Sniff(img flash.Image) Content {
	h := readHead(img)
	if h.n == 0 {
		return Content{Kind: Unknown}
	}
	if _, c, ok := h.format(); ok {
		c.Length, _ = settle(img, c.Stated, "")
		return c
	}
	switch {
	case flash.IsFill(h.b[:h.n], 0x00):
		return Content{Kind: Zero}
	case flash.IsFill(h.b[:h.n], 0xFF):
		return Content{Kind: Erased}
	}
	return Content{Kind: Unknown}
}

// readHead reads the start of an image; the head may be cut, and a hole in it is read
// as zeros.
func readHead(img flash.Image) *head {
	h := &head{img: img}
	want := int(min(max(img.Size(), 0), headSize))
	n, err := img.ReadAt(h.b[:want], 0)
	if h.n = min(max(n, 0), want); errors.Is(err, flash.ErrHole) {
		const step = 0x100
		for at := h.n / step * step; at < want; at += step {
			part := h.b[at:min(at+step, want)]
			if n, _ := img.ReadAt(part, int64(at)); n == len(part) {
				h.n = at + n
			} else {
				clear(part)
			}
		}
	}
	clear(h.b[h.n:])
	return h
}

// format finds the first format that matches the head, with the values of its header.
func (h *head) format() (format, Content, bool) {
	for _, f := range formats {
		if !h.has(f.at, f.magic) {
			continue
		}
		if f.read == nil {
			return f, Content{Kind: f.kind}, true
		}
		if label, length, ok := f.read(h); ok {
			return f, Content{Kind: f.kind, Label: label, Stated: max(length, 0)}, true
		}
	}
	return format{}, Content{}, false
}

// Signatures of vendors follow the padding of a content to its page, so this many bytes
// behind a length are looked at before it is accepted.
const (
	page          = 4096
	signatureSize = 512
)

// settle decides with a quick look whether a length in a header can be accepted: it
// must be within img, and the bytes that follow must be fill, or a trailer that the
// maker put behind the content. If an AVB footer or a trailer is in the last bytes, all
// of img is content. The length is 0 if it is not accepted; known gives the reason, or
// how the length is known. by names the header.
func settle(img flash.Image, length int64, by string) (proven int64, known string) {
	size := img.Size()
	switch {
	case length <= 0:
		return 0, "no header states a length"
	case length > size:
		return 0, fmt.Sprintf("%s stated by %s, but the slice has only %s: it is cut, or the stated length is wrong", flash.Size(length), by, flash.Size(size))
	case hasFooter(img):
		return size, "an AVB footer is at the end of the slice: all of it is content"
	case length == size:
		return size, "stated by " + by + ": all of the slice"
	case signerAtEnd(img).Length > 0:
		return size, "a trailer of the maker is at the end of the slice: all of it is content"
	}
	for length < size {
		var buf [page + signatureSize]byte
		after := buf[:min(align(length, page)+signatureSize, size)-length]
		if n, _ := img.ReadAt(after, length); n < len(after) {
			return 0, "stated by " + by + ", but the bytes that follow cannot be read"
		}
		i := notFill(after)
		if i == len(after) {
			break
		}
		found := trailersAt(img, length+int64(i))
		if len(found) == 0 {
			return 0, otherData(length, by, length+int64(i))
		}
		length = found[len(found)-1].End()
	}
	return length, "stated by " + by
}

// notFill returns the index of the first byte that is not fill (0x00 or 0xFF, as in
// erased flash and padding), len(b) if there is none.
func notFill(b []byte) int {
	for i, c := range b {
		if c != 0x00 && c != 0xFF {
			return i
		}
	}
	return len(b)
}

// The reasons for a length after all that follows it was read.
func onlyFill(by string) string { return "stated by " + by + ", and only fill follows" }

func otherData(length int64, by string, at int64) string {
	return fmt.Sprintf("0x%x bytes stated by %s, but other data follow at 0x%x", length, by, at)
}

// hasFooter reports whether img ends with an AVB footer, the last 64 bytes of a
// partition.
func hasFooter(img flash.Image) bool {
	const footerSize = 64
	if img.Size() < footerSize {
		return false
	}
	b, err := flash.ReadFull(img, img.Size()-footerSize, 4)
	return err == nil && string(b) == "AVBf"
}

// align rounds v up to a multiple of to, which is a power of two.
func align(v, to int64) int64 { return (v + to - 1) &^ (to - 1) }

func powerOfTwo(v int64) bool { return v > 0 && v&(v-1) == 0 }

// printable makes a label from a field: up to the first NUL, without characters that a
// terminal would interpret.
func printable(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s))
}

// shifted returns n<<log, or 0 if the result is too large.
func shifted(n uint64, log int64) int64 {
	if n > math.MaxInt64>>log {
		return 0
	}
	return int64(n << log)
}
