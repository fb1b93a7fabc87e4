package avb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
)

const (
	headerSize = 256
	footerSize = 64

	// maxBlock limits the authentication and the auxiliary block, in bytes: libavb
	// accepts a vbmeta of 64 KiB at most.
	maxBlock = 1 << 20
)

// Flags of a vbmeta block.
const (
	HashtreeDisabled     = 1 // the phone mounts without dm-verity
	VerificationDisabled = 2 // the phone does not look at descriptors at all
)

// VBMeta is a vbmeta block.
type VBMeta struct {
	Version          string        `json:"version"` // "1.0": the smallest version that a phone must support
	Algorithm        Algorithm     `json:"algorithm"`
	RollbackIndex    uint64        `json:"rollback_index"`
	RollbackLocation uint32        `json:"rollback_location"`
	Flags            uint32        `json:"flags"`
	Release          string        `json:"release"` // the tool that made it
	Size             int64         `json:"size"`    // bytes from AVB0 on
	KeySHA1          string        `json:"key_sha1,omitempty"`
	Signature        Signature     `json:"signature"`
	Properties       []Property    `json:"properties,omitempty"`
	Images           []*Descriptor `json:"images,omitempty"`
	Chains           []Chain       `json:"chains,omitempty"`
	Cmdlines         []string      `json:"kernel_cmdlines,omitempty"`

	Problems flash.Problems `json:"problems,omitempty"`
}

// Property is a key with a value.
type Property struct{ Key, Value string }

// Chain is a partition with its own vbmeta block, signed with its own key.
type Chain struct {
	Partition        string `json:"partition"`
	RollbackLocation uint32 `json:"rollback_location"`
	KeySHA1          string `json:"key_sha1"`
}

// Sniff reports whether img begins with a vbmeta block.
func Sniff(img flash.Image) bool {
	b, err := flash.ReadFull(img, 0, 4)
	return err == nil && string(b) == "AVB0"
}

// block is a vbmeta block in its three parts.
type block struct {
	header, auth, aux []byte
}

func (b block) u32(at int) uint32 { return binary.BigEndian.Uint32(b.header[at:]) }
func (b block) u64(at int) uint64 { return binary.BigEndian.Uint64(b.header[at:]) }

// Read reads the vbmeta block at the start of img. Impossible descriptors are Problems.
// For an impossible header the error is a *flash.FormatError; it wraps flash.ErrNotThis
// if img does not begin with a vbmeta block.
func Read(img flash.Image) (*VBMeta, error) {
	if !Sniff(img) {
		return nil, &flash.FormatError{Format: "avb", Offset: 0, Text: "no vbmeta block", Err: flash.ErrNotThis}
	}
	h, err := flash.ReadFull(img, 0, headerSize)
	if err != nil {
		return nil, wrong(0, "the vbmeta header is cut: %v", err)
	}
	b := block{header: h}
	auth, aux := b.u64(0x0C), b.u64(0x14)
	switch {
	case b.u32(4) != 1:
		return nil, wrong(4, "vbmeta version %d.%d is not known", b.u32(4), b.u32(8))
	case auth > maxBlock || aux > maxBlock:
		return nil, wrong(0x0C, "blocks of 0x%x and 0x%x bytes are impossible", auth, aux)
	}
	rest, err := flash.ReadFull(img, headerSize, int(auth+aux))
	if err != nil {
		return nil, wrong(headerSize, "the vbmeta block is cut: it has %d of %d bytes", len(rest), auth+aux)
	}
	b.auth, b.aux = rest[:auth], rest[auth:]
	v := &VBMeta{
		Version: fmt.Sprintf("%d.%d", b.u32(4), b.u32(8)), Algorithm: Algorithm(b.u32(0x1C)),
		RollbackIndex: b.u64(0x70), Flags: b.u32(0x78), RollbackLocation: b.u32(0x7C),
		Release: text(h[0x80:0xB0]), Size: headerSize + int64(auth+aux),
	}
	v.readSignature(b)
	d, ok := within(b.aux, b.u64(0x60), b.u64(0x68))
	if !ok {
		v.problem(0x60, "descriptors at 0x%x with 0x%x bytes are not within the auxiliary block of 0x%x bytes", b.u64(0x60), b.u64(0x68), aux)
		return v, nil
	}
	v.readDescriptors(d, headerSize+int64(auth+b.u64(0x60)))
	return v, nil
}

// within returns n bytes at off of b; ok is false if b is too short.
func within(b []byte, off, n uint64) ([]byte, bool) {
	if off > uint64(len(b)) || n > uint64(len(b))-off {
		return nil, false
	}
	return b[off : off+n], true
}

// text returns a string up to its NUL, without characters that a terminal would
// interpret.
func text(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, string(b))
}

// Fingerprints returns the build fingerprints in the properties, each once:
// com.android.build.system.fingerprint and similar keys. Some vendors have properties
// whose value is a line of a build.prop.
func (v *VBMeta) Fingerprints() []string {
	var out []string
	for _, p := range v.Properties {
		value := p.Value
		if !strings.HasSuffix(p.Key, ".fingerprint") {
			_, value, _ = strings.Cut(p.Value, ".fingerprint=")
		}
		if value != "" && !slices.Contains(out, value) {
			out = append(out, value)
		}
	}
	return out
}

// FlagWords returns the meaning of the flags for a phone.
func (v *VBMeta) FlagWords() string {
	switch {
	case v.Flags&VerificationDisabled != 0:
		return "verification is switched off"
	case v.Flags&HashtreeDisabled != 0:
		return "dm-verity is switched off"
	}
	return "verification is on"
}

func (v *VBMeta) problem(off int64, format string, a ...any) {
	v.Problems.AddAt(flash.Warning, "vbmeta", off, format, a...)
}

func wrong(off int64, format string, a ...any) error {
	return &flash.FormatError{Format: "avb", Offset: off, Text: fmt.Sprintf(format, a...)}
}

// Footer is the footer of a partition with an image: it locates the vbmeta block behind
// the image.
type Footer struct {
	ImageSize    int64 `json:"image_size"` // bytes of the image, without tree and vbmeta block
	VBMetaOffset int64 `json:"vbmeta_offset"`
	VBMetaSize   int64 `json:"vbmeta_size"`
}

// ReadFooter reads the footer in the last bytes of a partition. The error wraps
// flash.ErrNotThis if there is none.
func ReadFooter(img flash.Image) (*Footer, error) {
	at := img.Size() - footerSize
	if at < 0 {
		return nil, &flash.FormatError{Format: "avb", Offset: 0, Text: "no footer", Err: flash.ErrNotThis}
	}
	b, err := flash.ReadFull(img, at, footerSize)
	if err != nil || string(b[:4]) != "AVBf" {
		if err == nil {
			err = flash.ErrNotThis
		}
		return nil, &flash.FormatError{Format: "avb", Offset: at, Text: "no footer", Err: err}
	}
	u64 := func(off int) uint64 { return binary.BigEndian.Uint64(b[off:]) }
	size := uint64(img.Size())
	if v, n := u64(0x14), u64(0x1C); u64(0x0C) > size || v > size || n > size-v {
		return nil, wrong(at, "the footer states an image of 0x%x bytes and 0x%x bytes at 0x%x, but the partition has 0x%x", u64(0x0C), n, v, size)
	}
	return &Footer{int64(u64(0x0C)), int64(u64(0x14)), int64(u64(0x1C))}, nil
}

// Find reads the vbmeta block of a partition: at its start, or at the offset in its
// footer. Footer is nil in the first case. The error wraps flash.ErrNotThis if there is
// no block and no footer.
func Find(img flash.Image) (*VBMeta, *Footer, error) {
	if Sniff(img) {
		v, err := Read(img)
		return v, nil, err
	}
	f, err := ReadFooter(img)
	if err != nil {
		return nil, nil, err
	}
	v, err := Read(flash.Slice(img, flash.Extent{Offset: f.VBMetaOffset, Length: f.VBMetaSize}))
	return v, f, err
}
