package preloader

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Boundary selects the end of the preloader's area that the BRLYT of a new region states.
type Boundary string

// The boundaries of real regions.
const (
	BoundaryMax  Boundary = "max"  // begin + FILE_INFO.max_size: flash tools on a phone, newer builds
	BoundaryFile Boundary = "file" // the file's end, on eMMC rounded up to a block and padded: older builds
)

// WrapOptions have facts that the file does not have reliably: on some phones FILE_INFO.flash_dev
// names the wrong medium.
type WrapOptions struct {
	Medium   string   // "EMMC_BOOT", "UFS_BOOT", "COMBO_BOOT", "SDMMC_BOOT", "SF_BOOT"; "" means "EMMC_BOOT"
	Boundary Boundary // "" means BoundaryMax; SF_BOOT always ends at the file
	Like     flash.Image
	// Like is a boot region of the same phone, with one file. Wrap copies the bytes before its
	// file, and ignores Medium and Boundary. If its boundary was computed from its file, Wrap
	// computes it from the new file.
}

// Medium returns the medium for FILE_INFO.flash_dev, or "" if it is ambiguous: preloaders of UFS
// regions have 0x0C, but some of eMMC regions have it, too.
func (f FileInfo) Medium() string {
	return map[uint8]string{deviceEMMC: MediumEMMC, 0x07: MediumSF}[f.FlashDevice]
}

// MediumNamed returns the medium for a name such as emmc or EMMC_BOOT, in upper or lower case, or
// "" if there is none.
func MediumNamed(s string) string {
	name := strings.TrimSuffix(strings.ToUpper(s), "_BOOT") + "_BOOT"
	if mediumNamed(name) == nil {
		return ""
	}
	return name
}

const blockSize = 0x200

// Wrap builds the boot region for a flashable file: header, BRLYT, fill and file, to be written at
// the region's start. It removes the padding of a padded file. It does not fill the region up to
// the size of a boot area, which is unknown. On phones with two boot areas both need the result.
//
// If the file's digest is wrong, Wrap returns the result and a *flash.Refusal.
func Wrap(file flash.Image, o WrapOptions) ([]byte, error) {
	f, err := wrappable(file)
	if err != nil {
		return nil, err
	}
	body, err := flash.ReadFull(file, 0, int(f.Extent.Length)) // at most maxFile, and here
	if err != nil {
		return nil, fmt.Errorf("preloader: %w", err)
	}
	var head []byte
	var end int64
	if o.Like != nil {
		head, end, err = headLike(o.Like, f.Info)
	} else {
		head, end, err = headFor(o, f.Info)
	}
	if err != nil {
		return nil, err
	}
	out := append(head, body...)
	for int64(len(out)) < end {
		out = append(out, 0xFF)
	}
	if r := f.refusal(); r != nil {
		return out, r
	}
	return out, nil
}

// wrappable reads the file and refuses an image that is not a complete preloader file.
func wrappable(file flash.Image) (*File, error) {
	if m := Medium(file); m != MediumGFH && m != "" {
		return nil, fmt.Errorf("preloader: wrap: already a boot region (%s)", m)
	}
	r, err := Read(file)
	if err != nil {
		return nil, err
	}
	if r.Medium != MediumGFH {
		return nil, &flash.FormatError{Format: "preloader", Offset: 0, Text: "wrap: no FILE_INFO", Err: flash.ErrNotThis}
	}
	f := r.Files[0]
	if f.Info.FileType != typeARMBL {
		return nil, fmt.Errorf("preloader: wrap: not a file that a BootROM starts: %s", f.Kind)
	}
	if f.Cut() {
		return nil, f.refusal()
	}
	return f, nil
}

// headFor makes the bytes before the file, and returns the end of the padding after it (no padding
// if that is not after the file's end).
func headFor(o WrapOptions, f FileInfo) (head []byte, end int64, err error) {
	name := o.Medium
	if name == "" {
		name = MediumEMMC
	}
	m := mediumNamed(name)
	if m == nil {
		return nil, 0, fmt.Errorf("preloader: wrap: unknown medium %q", name)
	}
	fileEnd := m.begin + int64(f.FileLength)
	var boundary int64
	switch {
	case m.name == MediumSF: // as on MT6261, whose max_size is not a size
		boundary = fileEnd
	case o.Boundary == BoundaryFile:
		boundary = roundUp(fileEnd)
		end = boundary
	case o.Boundary == BoundaryMax || o.Boundary == "":
		boundary = m.begin + int64(f.MaxSize)
	default:
		return nil, 0, fmt.Errorf("preloader: wrap: unknown boundary %q", o.Boundary)
	}
	if boundary > math.MaxUint32 {
		return nil, 0, fmt.Errorf("preloader: wrap: the file's maximum size 0x%x gives no valid boundary on %s", f.MaxSize, m.name)
	}
	return encodeHead(m, f.FileType, uint32(boundary)), end, nil
}

// encodeHead returns device header and BRLYT as vendors write them. u-boot's mkimage uses another
// fill, which no BootROM checks.
func encodeHead(m *medium, fileType uint16, boundary uint32) []byte {
	b := make([]byte, m.begin)
	fill(b[headerUnit+4:headerSize], 0xFF)
	copy(b[headerName:], m.name)
	put32 := binary.LittleEndian.PutUint32
	put32(b[headerVersion:], 1)
	put32(b[headerUnit:], m.unit)

	l := b[layoutOffset:]
	copy(l, layoutMagic)
	put32(l[layoutVersion:], 1)
	put32(l[layoutBoot:], uint32(m.begin))
	put32(l[layoutMain:], boundary)
	e := l[layoutEntries:]
	put32(e, entryMagic)
	binary.LittleEndian.PutUint16(e[entryDevice:], m.device)
	binary.LittleEndian.PutUint16(e[entryType:], fileType)
	put32(e[entryBegin:], uint32(m.begin))
	put32(e[entryBoundary:], boundary)
	put32(e[entryAttr:], 1)

	fill(b[layoutOffset+layoutSize:2*layoutOffset], 0xFF)
	fill(b[2*layoutOffset:], m.fill)
	return b
}

// headLike returns the head of a real region, adapted to another file.
func headLike(like flash.Image, f FileInfo) (head []byte, end int64, err error) {
	r, err := Read(like)
	if err != nil {
		return nil, 0, fmt.Errorf("preloader: wrap: the model region: %w", err)
	}
	if r.Header == nil || r.Layout == nil || len(r.Layout.Entries) != 1 || len(r.Files) != 1 ||
		r.Files[0].Extent.Offset != int64(r.Layout.Entries[0].Begin) {
		return nil, 0, fmt.Errorf("preloader: wrap: the model region has no header, or not exactly one file that BRLYT names")
	}
	old, entry := r.Files[0].Info, r.Layout.Entries[0]
	begin := int64(entry.Begin)
	if begin > maxFile {
		return nil, 0, fmt.Errorf("preloader: wrap: begin 0x%x is too large for a boot region", begin)
	}
	if head, err = flash.ReadFull(like, 0, int(begin)); err != nil {
		return nil, 0, fmt.Errorf("preloader: wrap: %w", err)
	}
	boundary := int64(entry.Boundary)
	oldEnd, newEnd := begin+int64(old.FileLength), begin+int64(f.FileLength)
	switch boundary {
	case begin + int64(old.MaxSize):
		boundary = begin + int64(f.MaxSize)
	case oldEnd:
		boundary = newEnd
	case roundUp(oldEnd):
		boundary = roundUp(newEnd)
		end = boundary
	}
	if boundary < newEnd || boundary > math.MaxUint32 {
		return nil, 0, fmt.Errorf("preloader: wrap: the file ends at 0x%x, beyond the region's boundary 0x%x", newEnd, boundary)
	}
	if r.Layout.Main == entry.Boundary {
		binary.LittleEndian.PutUint32(head[r.Layout.Offset+layoutMain:], uint32(boundary))
	}
	binary.LittleEndian.PutUint32(head[entry.Offset+entryBoundary:], uint32(boundary))
	return head, end, nil
}

func roundUp(n int64) int64 { return (n + blockSize - 1) / blockSize * blockSize }

func fill(b []byte, c byte) {
	for i := range b {
		b[i] = c
	}
}
