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
	enoughRows    = 4 // rows of a dump's table that must agree
	enoughContent = 2 // rows of a claim that their content must confirm, if the dump's table has no names
)

// Certain reports whether the claim that l was resolved with certainly belongs to the dump, so
// that it can be used without the user's word. Before is the layout without it. The claim must
// have all rows of the dump's own table, with the same size, and nothing may contradict it.
// Makers use one table for phones of several chips, so chip is the dump's own chip, which the
// claim must not contradict; "" if unknown. An MBR has no names, and almost the same rows on all
// phones of its time; there the content of the rows that only the claim has must confirm them,
// too.
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

// otherRole reports whether a partition for a boot image has a recovery, or the reverse.
func otherRole(p flash.Partition, user flash.Image) bool {
	name, _ := slot.Cut(scatter.Canonical(p.Name))
	role := image.BootRole(flash.Slice(user, p.Extent))
	return role != "" && role != name && (name == "boot" || name == "recovery")
}

// Owns reports whether a boot region certainly belongs to the dump: its preloader is proven by
// its hash, and is certainly for the chip own, which the dump or the user names. If both name a
// board, it must be the same.
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
