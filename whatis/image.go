package whatis

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
)

// images has the kind for each kind of package image.
var images = map[image.Kind]Kind{
	image.Unknown: Unknown, image.Zero: Zeros, image.Erased: Erased, image.HighEntropy: HighEntropy,
	image.AndroidBoot: AndroidBoot, image.VendorBoot: VendorBoot, image.VBMeta: VBMeta,
	image.Kernel: Kernel, image.DTBO: DTBO, image.DeviceTree: DeviceTree, image.Super: Super,
	image.SparseAndroid: Sparse, image.MTKImage: MTKImage, image.MTKPreloader: Preloader,
	image.BootRegion: BootRegion, image.SecRO: SecRO, image.Signed: SignedImage,
	image.GPT: PartTable, image.MBR: PartTable,
	image.Ext4: Ext4, image.F2FS: F2FS, image.EROFS: EROFS, image.SquashFS: SquashFS,
	image.FAT: FAT, image.UBI: UBI, image.UBIFS: UBIFS,
	image.Gzip: Gzip, image.LZ4: LZ4, image.XZ: XZ, image.Zstd: Zstd,
	image.LFSPointer: LFSPointer, image.HTML: WebPage,
}

// telling lists the facts that are shown first, the most important first.
var telling = []string{"fingerprint", "OS version", "patch level", "kernel version", "board", "stands for", "looks like", "holds", "used", "pictures", "sections", "chip"}

// OfImage describes a file that is a single image. It reads no more behind the content
// than image.Describe does.
func OfImage(img flash.Image) *Thing {
	t := fromInfo(image.Describe(img))
	t.lacks(img)
	return t
}

// lacks reports used data in holes of the image, known or possible.
func (t *Thing) lacks(img flash.Image) {
	if text, severity := image.FindHoleUse(img).Tell(); text != "" {
		t.Problems.Add(severity, t.Kind.String(), "%s", text)
	}
}

// Whole reads all of a single image. It returns nil if the image is only the beginning
// of the file: if it states no length, or other data follow. look gets the number of
// bytes read so far; if it returns an error, Whole ends with this error.
func Whole(img flash.Image, look func(done int64) error) (*Thing, error) {
	if c := image.Sniff(img); mayBeDump(c.Kind) || c.Length == 0 {
		return nil, nil
	}
	i, err := image.DescribeWhole(img, look)
	if err != nil || i.Length == 0 {
		return nil, err
	}
	return fromInfo(i), nil
}

// InSparse describes the image inside an Android sparse image, nil if that may be a
// dump. It also checks the checksums, if there are any: look gets the number of bytes
// read so far; if it returns an error, InSparse ends with this error.
func InSparse(img flash.Image, look func(done int64) error) (*Thing, error) {
	if image.Sniff(img).Kind != image.SparseAndroid {
		return nil, nil
	}
	s, err := image.ReadSparse(img)
	if err != nil || mayBeDump(image.Sniff(s).Kind) {
		return nil, nil // opening it gives the reason
	}
	bad, err := s.CheckCRC(look)
	if err != nil {
		return nil, err
	}
	inside := OfImage(s)
	t := &Thing{Kind: Sparse, Problems: slices.Concat(s.Problems, bad, inside.Problems)}
	t.add("stands for", "%s, %s", inside.Kind, flash.Size(s.Size()))
	t.Facts = append(t.Facts, inside.Facts...)
	return t, nil
}

// mayBeDump reports whether dumps and boot regions can begin with that content.
func mayBeDump(k image.Kind) bool {
	switch k {
	case image.Unknown, image.Zero, image.Erased, image.GPT, image.MBR, image.BootRegion, image.MTKPreloader, image.SparseAndroid:
		return true
	}
	return false
}

func fromInfo(i *image.Info) *Thing {
	t := &Thing{Kind: images[i.Kind], Problems: i.Problems}
	if t.Kind == "" {
		t.Kind = Unknown
	}
	if t.Kind == MTKImage && strings.EqualFold(i.Label, "logo") {
		t.Kind = Logo
	}
	if t.Kind.Use() == Nothing {
		return t
	}
	if i.Label != "" {
		t.add("label", "%s", i.Label)
	}
	if i.Length > 0 && i.Length != i.Size {
		t.add("true length", "0x%x (%s)", i.Length, flash.Size(i.Length))
	}
	for _, key := range telling {
		if v := i.Fact(key); v != "" && !strings.HasPrefix(v, "not ") {
			t.add(key, "%s", v)
		}
	}
	return t
}

// printable removes characters that a terminal would interpret.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s))
}

// String describes a thing in a few words.
func (t *Thing) String() string {
	for _, f := range t.Facts {
		if f.Key == "form" || f.Key == "chip" || f.Key == "label" || f.Key == "stands for" {
			return fmt.Sprintf("%s (%s)", t.Kind, f.Value)
		}
	}
	return t.Kind.String()
}
