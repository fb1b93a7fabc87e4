package layout

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/preloader"
)

// Boot is a boot region at hand.
type Boot struct {
	Part   flash.Part
	Header *preloader.Region // nil when it holds no preloader
	Empty  bool              // zeros or erased flash only
}

// readBoots looks into the boot regions and compares the two copies: a phone whose
// second copy differs may start from either.
func (l *Layout) readBoots(ctx context.Context, dev *flash.Device) {
	for _, p := range dev.Parts {
		if !p.Region.IsBoot() && !beginsWithBoot(dev, p) {
			continue
		}
		b, read := Boot{Part: p}, flash.Total(p.Unread) < p.Image.Size()
		p.Image = flash.Known(p.Image, p.Unread) // a hole is no damage, and not blank
		r, err := preloader.Read(p.Image)
		switch {
		case err == nil && !preloader.Fits(r.Medium, dev.Storage):
			l.note(flash.Error, string(p.Region), "%s is a %s region, but the dump is of %s flash: it is of another phone, and not used", p.Source, r.Medium, dev.Storage)
		case err == nil:
			b.Header = r
			if p.Region.IsBoot() { // what follows the boot loaders of a whole chip is no damage
				l.Problems = append(l.Problems, r.Problems...)
				l.tellCut(p, r)
			} else {
				l.compareChip(p, r)
			}
		case blank(p.Image):
			b.Empty = true
			sev := flash.Warning
			if p.Region == dev.Storage.Boot2() {
				sev = flash.Note // many phones leave their second boot area unused
			}
			l.note(sev, string(p.Region), "is blank: no preloader in %s", p.Source)
		case read: // what was not is told of as such
			l.note(flash.Warning, string(p.Region), "no preloader found in %s: %v", p.Source, err)
		}
		l.Boots = append(l.Boots, b)
	}
	if len(l.Boots) == 2 && l.Boots[0].Header != nil && l.Boots[1].Header != nil {
		a, b := l.Boots[0].Part, l.Boots[1].Part
		if off, _ := flash.FirstDifference(ctx, a.Image, b.Image); off >= 0 { // what cannot be read is told of as such
			l.Problems.AddAt(flash.Warning, string(b.Region), off, "differs from %s: the two copies of the preloader should be equal", a.Region)
		}
	}
}

// compareChip holds a dump of a NAND chip against the size that its boot header states.
// That is no proof: boards are built with the header of another chip.
func (l *Layout) compareChip(p flash.Part, r *preloader.Region) {
	if r.NAND == nil || r.NAND.Chip() == 0 || r.NAND.Chip() == p.Image.Size() {
		return
	}
	l.Problems.AddAt(flash.Warning, string(p.Region), p.Image.Size(), "the boot header states a chip of %d blocks, 0x%x bytes: 0x%x are here", r.NAND.Blocks, r.NAND.Chip(), p.Image.Size())
}

// beginsWithBoot reports whether a part is a chip that has no boot areas: the preloader
// stands at its start.
func beginsWithBoot(dev *flash.Device, p flash.Part) bool {
	return p.Region == dev.Storage.Boot1() && preloader.StorageOf(preloader.Medium(p.Image)) == dev.Storage
}

// blank reports whether an image holds nothing but erased flash (0x00 or 0xFF; real
// boot regions mix the two).
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

// identify names chip and project by the best evidence: what the user says, the
// preloader, the scatter file. Two that disagree are worth a warning: the files may
// be of different phones.
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
			l.note(flash.Warning, c.place(), "%s is for %s, the preloader is of %s", c.Name, c.Platform, l.Chip.Value)
		}
		if c.Platform != "" { // a flash tool goes by the scatter file's word
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
