package layout

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/preloader"
)

// Boot is a boot region of the dump.
type Boot struct {
	Part   flash.Part
	Header *preloader.Region // nil if it has no preloader
	Empty  bool              // only zeros or erased flash
}

// readBoots reads the boot regions and compares the two copies: a phone whose copies differ may
// start from either.
func (l *Layout) readBoots(ctx context.Context, dev *flash.Device) {
	for _, p := range dev.Parts {
		if !p.Region.IsBoot() && !beginsWithBoot(dev, p) {
			continue
		}
		b, read := Boot{Part: p}, flash.Total(p.Unread) < p.Image.Size()
		p.Image = flash.Known(p.Image, p.Unread) // a hole is neither damage nor blank
		r, err := preloader.Read(p.Image)
		switch {
		case err == nil && !preloader.Fits(r.Medium, dev.Storage):
			l.note(flash.Error, string(p.Region), "%s is a %s region, but the dump is of %s flash: it belongs to another phone and is not used", p.Source, r.Medium, dev.Storage)
		case err == nil:
			b.Header = r
			if p.Region.IsBoot() { // the bytes behind the boot loaders of a whole chip are not damage
				l.Problems = append(l.Problems, r.Problems...)
				l.tellCut(p, r)
			} else {
				l.compareChip(p, r)
			}
		case blank(p.Image):
			b.Empty = true
			sev := flash.Warning
			if p.Region == dev.Storage.Boot2() {
				sev = flash.Note // many phones do not use their second boot region
			}
			l.note(sev, string(p.Region), "is blank: no preloader in %s", p.Source)
		case read: // unread ranges are reported elsewhere
			l.note(flash.Warning, string(p.Region), "no preloader found in %s: %v", p.Source, err)
		}
		l.Boots = append(l.Boots, b)
	}
	if len(l.Boots) == 2 && l.Boots[0].Header != nil && l.Boots[1].Header != nil {
		a, b := l.Boots[0].Part, l.Boots[1].Part
		if off, _ := flash.FirstDifference(ctx, a.Image, b.Image); off >= 0 { // unreadable ranges are reported elsewhere
			l.Problems.AddAt(flash.Warning, string(b.Region), off, "differs from %s: the two copies of the preloader should be equal", a.Region)
		}
	}
}

// compareChip compares the dump of a NAND chip with the size in its boot header. The size is no
// proof, because some phones have the header of another chip.
func (l *Layout) compareChip(p flash.Part, r *preloader.Region) {
	if r.NAND == nil || r.NAND.Chip() == 0 || r.NAND.Chip() == p.Image.Size() {
		return
	}
	l.Problems.AddAt(flash.Warning, string(p.Region), p.Image.Size(), "the boot header states a chip of %d blocks, 0x%x bytes, but the dump has 0x%x", r.NAND.Blocks, r.NAND.Chip(), p.Image.Size())
}

// beginsWithBoot reports whether a part is a chip without boot regions: the preloader is at its
// start.
func beginsWithBoot(dev *flash.Device, p flash.Part) bool {
	return p.Region == dev.Storage.Boot1() && preloader.StorageOf(preloader.Medium(p.Image)) == dev.Storage
}

// blank reports whether an image has only erased flash (0x00 or 0xFF; real boot regions mix the
// two).
func blank(img flash.Image) bool {
	buf := make([]byte, 64<<10)
	for off := int64(0); off < img.Size(); {
		n, err := img.ReadAt(buf, off)
		for _, c := range buf[:n] {
			if c != 0x00 && c != 0xFF {
				return false
			}
		}
		if off += int64(n); n == 0 || err != nil && err != io.EOF {
			return false
		}
	}
	return true
}

// identify finds chip and project by the best evidence: the user, the preloader, the scatter
// file. A contradiction is a warning, because the files may be from different phones.
func (l *Layout) identify(opt Options) {
	chipSure := false
	for _, b := range l.Boots {
		if b.Header == nil {
			continue
		}
		f := b.Header.Main()
		if f == nil {
			continue
		}
		if chip, sure := f.Chip(); chip != "" && l.Chip.Value == "" {
			l.Chip = Fact{chip, fmt.Sprintf("preloader in %s, confidence %s", b.Part.Source, sure)}
			chipSure = sure == preloader.ConfidenceHigh
		}
		if f.Bloader != nil && f.Bloader.Board != "" && l.Project.Value == "" {
			l.Project = Fact{f.Bloader.Board, "preloader in " + b.Part.Source}
		}
	}
	if c := opt.Claim; c != nil {
		if chipSure && c.Platform != "" && !strings.EqualFold(l.Chip.Value, c.Platform) {
			l.note(flash.Warning, c.place(), "%s is for %s, but the preloader is for %s", c.Name, c.Platform, l.Chip.Value)
		}
		if c.Platform != "" { // a flash tool uses the name in the scatter file
			l.Chip = Fact{c.Platform, c.Name}
		}
		if c.Project != "" {
			l.Project = Fact{c.Project, c.Name}
		}
	}
	if opt.Platform != "" {
		l.Chip = Fact{strings.ToUpper(opt.Platform), FromCaller}
	}
}
