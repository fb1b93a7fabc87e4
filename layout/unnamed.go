package layout

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
)

// Stretch is a range that no table names: a row without a name, in itself or in its content, or
// a gap. On phones with an MBR it may have nvram and proinfo; on other phones, too, if a table
// lost their rows.
type Stretch struct {
	flash.Extent
	Blank bool     // all bytes are zeros or erased flash
	Guess []string // names of partitions in it, from their content
}

// maxBlank is the largest number of bytes of a row that are read to find out whether it is
// blank. The unnamed rows of phones with an MBR are small, except the one with the owner's data.
const maxBlank = 256 << 20

// madeUp matches the names that this program gives to the rows of an MBR.
var madeUp = regexp.MustCompile(`^(?i:p[0-9]+|mbr|ebr[0-9]*)$`)

// namesNothing reports whether no row of the user area has a name that a phone uses.
func (c *Claim) namesNothing(user flash.Region) bool {
	return !slices.ContainsFunc(c.Table(0).Partitions, func(p flash.Partition) bool { return p.Region == user && !madeUp.MatchString(p.Name) })
}

// unnamed reports whether the table leaves partitions without a name.
func (l *Layout) unnamed() bool {
	return l.Witness == flash.WitnessEBR || l.Witness == flash.WitnessContent
}

// lookBetween guesses the names of rows without a name, and of partitions in gaps, from their
// content. With slow, it does not read, and they stay unknown.
func (l *Layout) lookBetween(ctx context.Context, img flash.Image, slow bool) error {
	var rows []flash.Extent
	for i := range l.Table.Partitions {
		p := &l.Table.Partitions[i]
		if p.Region != l.User || !p.Carved() {
			continue
		}
		rows = append(rows, p.Extent)
		if l.unnamed() && p.File == "" && p.Offset < l.Have { // not a sector of the table
			l.lookInto(ctx, i, img, slow)
		}
	}
	for _, e := range flash.Without([]flash.Extent{{Length: l.Have}}, rows) {
		s := Stretch{Extent: e}
		if !slow && (l.unnamed() || e.Length <= maxBlank) {
			s.look(ctx, img)
		}
		l.Between = append(l.Between, s)
	}
	return ctx.Err()
}

// lookInto guesses the content of a row that the table does not name.
func (l *Layout) lookInto(ctx context.Context, row int, img flash.Image, slow bool) {
	p := &l.Table.Partitions[row]
	name := ownName(flash.Slice(img, p.Extent), image.Found{Content: l.Contents[row].Content})
	if l.Witness == flash.WitnessEBR {
		p.Guess = name
	}
	if name != "" || l.Witness == flash.WitnessContent && !placeName.MatchString(p.Name) {
		return
	}
	s := Stretch{Extent: p.Extent}
	if !slow && p.Length <= maxBlank {
		s.Blank = onlyErased(ctx, flash.Slice(img, p.Extent))
	}
	l.Between = append(l.Between, s)
}

// look reads a range. Unreadable and unread bytes are not blank.
func (s *Stretch) look(ctx context.Context, user flash.Image) {
	if s.Blank = onlyErased(ctx, flash.Slice(user, s.Extent)); s.Blank {
		return
	}
	start := min(alignPage(s.Offset), s.End()) // contents are aligned in the region
	img := flash.Slice(user, flash.Extent{Offset: start, Length: s.End() - start})
	found, _ := image.Find(ctx, img, nil) // up to the first unreadable byte
	for _, f := range found {
		if name := ownName(img, f); name != "" && !slices.Contains(s.Guess, name) {
			s.Guess = append(s.Guess, name)
		}
	}
	if hasNVRAM(img) {
		s.Guess = append(s.Guess, "nvram")
	}
}

// Unnamed reports whether a range of the user area has no name in any table and may have data,
// and returns the names from its content.
func (l *Layout) Unnamed(e flash.Extent) (guess string, yes bool) {
	for _, s := range l.Between {
		if s.Extent == e {
			return strings.Join(s.Guess, " "), !s.Blank
		}
	}
	return "", false
}

// placeName matches a name that was made from a kind of content and its offset.
var placeName = regexp.MustCompile(`_0x[0-9a-f]+$`)

// safeName matches a name from content that can be used.
var safeName = regexp.MustCompile(`^[a-z0-9_.-]{1,36}$`)

// ownName returns the name that content has in itself, "" for none. The label of an ext4 counts
// more than its last mount path.
func ownName(img flash.Image, f image.Found) string {
	name := ""
	switch f.Kind {
	case image.AndroidBoot:
		name = cmp.Or(image.BootRole(flash.Slice(img, flash.Extent{Offset: f.Offset, Length: img.Size() - f.Offset})), "boot")
	case image.SecRO:
		name = "secro"
	case image.Super, image.MTKImage, image.Ext4, image.F2FS, image.EROFS, image.SquashFS:
		name = strings.ToLower(strings.Trim(f.Label, "/"))
	}
	if !safeName.MatchString(name) {
		return ""
	}
	return name
}

// nvramPaths are parts of the record names in the map at the start of an nvram:
// /data/nvram/md/NVRAM/NVD_IMEI/MP0B_001, /mnt/vendor/nvdata/APCFG/APRDEB/WIFI.
var nvramPaths = [][]byte{[]byte("/NVRAM/NVD_"), []byte("nvram/APCFG/"), []byte("nvdata/APCFG/")}

// hasNVRAM looks for such a map at every offset where a partition may begin. The first path is
// in the first bytes of the map.
func hasNVRAM(img flash.Image) bool {
	const step, head = 4 << 10, 512
	buf := make([]byte, head)
	for off := int64(0); off < img.Size(); {
		d, err := flash.NextData(img, off)
		if err != nil || d.Length == 0 {
			return false
		}
		if off = max(off, d.Offset/step*step); off < img.Size() {
			n, _ := img.ReadAt(buf, off)
			for _, p := range nvramPaths {
				if bytes.Contains(buf[:n], p) {
					return true
				}
			}
		}
		off += step
	}
	return false
}

// onlyErased reports whether an image certainly has only zeros and erased flash.
func onlyErased(ctx context.Context, img flash.Image) bool {
	if len(flash.Holes(img)) > 0 {
		return false
	}
	buf := make([]byte, 256<<10)
	for off := int64(0); off < img.Size() && ctx.Err() == nil; {
		d, err := flash.NextData(img, off)
		if err != nil || d.Length == 0 {
			return err == nil
		}
		n, err := img.ReadAt(buf[:min(int64(len(buf)), img.Size()-d.Offset)], d.Offset)
		if err != nil && err != io.EOF || n == 0 {
			return false
		}
		for _, c := range buf[:n] {
			if c != 0 && c != 0xFF {
				return false
			}
		}
		off = d.Offset + int64(n)
	}
	return ctx.Err() == nil
}
