package layout

import (
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
)

const (
	enoughRows    = 4 // of a dump's table, that agree
	enoughContent = 2 // rows of a claim whose content bears them out, where a table has no names
)

// Certain reports whether the claim that l was resolved with is certainly of the dump, so that
// it may be taken without the user's word. Before is the layout without it. All rows of the
// dump's own table must be in the claim, of the same size, and nothing may speak against it.
// Makers give phones of several chips one table: chip is what the dump says of its own, which
// the claim may not contradict; "" when it says nothing.
// An MBR has no names, and much the same rows on all phones of its time: there what stands in
// the rows that only the claim has must bear them out, too.
func (l *Layout) Certain(before *Layout, user flash.Image, chip, claimed string) bool {
	if before.Claimed || l.Generation != before.Generation || l.matched < enoughRows || l.loose > 0 || len(l.Differ) > 0 {
		return false
	}
	if chip != "" && claimed != "" && !preloader.SameChip(chip, claimed) {
		return false
	}
	if slices.ContainsFunc(l.Problems, func(p flash.Problem) bool { return p.Severity > flash.Note && !slices.Contains(before.Problems, p) }) {
		return false
	}
	borne := 0
	for i, c := range l.Contents {
		p := l.Table.Partitions[i]
		if c.Verdict == image.Contradicted || c.Kind == image.AndroidBoot && otherRole(p, user) {
			return false
		}
		if c.bearsOut() {
			borne++
		}
	}
	return l.Generation == flash.GenerationGPT || l.Generation == flash.GenerationEBR && borne >= enoughContent
}

// otherRole reports whether a boot image stands where a recovery should, or the other way.
func otherRole(p flash.Partition, user flash.Image) bool {
	name, _ := slot.Cut(scatter.Canonical(p.Name))
	role := image.BootRole(flash.Slice(user, p.Extent))
	return role != "" && role != name && (name == "boot" || name == "recovery")
}

// Owns reports whether a boot region is certainly of the dump, whose chip must be known by
// what the dump or the user says: its preloader proves by its hash, and is for that chip
// beyond doubt. A board that both name must be the same.
func (l *Layout) Owns(region *preloader.Region, storage flash.Storage, own string) bool {
	f := region.Main()
	if f == nil || !f.Proof.OK || !preloader.Fits(region.Medium, storage) {
		return false
	}
	chip, sure := f.Chip()
	if sure != preloader.ConfidenceHigh || !preloader.SameChip(chip, own) {
		return false
	}
	return f.Bloader == nil || f.Bloader.Board == "" || l.Project.Value == "" || strings.EqualFold(f.Bloader.Board, l.Project.Value)
}
