package layout

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/preloader"
)

// suit changes the regions of a claim to those of the dump. Most lists do not name their flash
// type, and a dump without a table does not, either: then the claim's type is used. If the
// dump's type is known, the claim's rows are compared with it anyway, so that contradictions are
// reported.
func (l *Layout) suit(dev *flash.Device, own *flash.Table, opt Options) *Claim {
	claim := *opt.Claim
	theirs := userRegion(claim.Table(0), l.User)
	from, ok := storageWith(theirs)
	if theirs == l.User || !ok {
		return &claim
	}
	if own == nil && opt.Storage == "" && !l.bootsTell() {
		dev.SetStorage(from)
		l.User, l.Boot1 = dev.Storage.User(), dev.Storage.Boot1()
		l.note(flash.Note, claim.place(), "%s lists partitions of %s, and the flash type of the dump is unknown: it is assumed to be the same", claim.Name, from)
		return &claim
	}
	to, table := dev.Storage, claim.Table
	claim.Table = func(size int64) *flash.Table { return rehomed(table(size), from, to) }
	claim.Others = slices.Clone(claim.Others)
	for i, t := range claim.Others {
		claim.Others[i] = rehomed(t, from, to)
	}
	claim.otherFlash = fmt.Sprintf("%s lists partitions of %s, but the dump is of %s", claim.Name, from, to)
	sev := flash.Warning
	if claim.Kind != flash.WitnessScatter && from == flash.EMMC && to == flash.UFS {
		sev = flash.Note // such lists do not name the flash type
	}
	l.note(sev, claim.place(), "%s: the rows are compared anyway", claim.otherFlash)
	return &claim
}

// userRegion returns the user area of a table's rows: want if one of them is in it, "" if none
// is in any user area.
func userRegion(t *flash.Table, want flash.Region) (other flash.Region) {
	for _, p := range t.Partitions {
		if p.Region == want {
			return want
		}
		if p.Region.IsUser() {
			other = cmp.Or(other, p.Region)
		}
	}
	return other
}

func storageWith(user flash.Region) (flash.Storage, bool) {
	for _, s := range []flash.Storage{flash.EMMC, flash.UFS, flash.NAND, flash.NOR} {
		if s.User() == user {
			return s, true
		}
	}
	return "", false
}

// bootsTell reports whether a boot region of the dump shows the phone's flash type.
func (l *Layout) bootsTell() bool {
	return slices.ContainsFunc(l.Boots, func(b Boot) bool {
		return b.Header != nil && preloader.StorageOf(b.Header.Medium) != ""
	})
}

// rehomed returns the table with its rows in the regions of another flash type.
func rehomed(t *flash.Table, from, to flash.Storage) *flash.Table {
	out := *t
	out.Partitions = slices.Clone(t.Partitions)
	for i := range out.Partitions {
		switch p := &out.Partitions[i]; p.Region {
		case from.User():
			p.Region = to.User()
		case from.Boot1():
			p.Region = to.Boot1()
		case from.Boot2():
			p.Region = to.Boot2()
		}
	}
	return &out
}

// bestReading chooses the interpretation of a claim that fits the dump's content best, the first
// one if all are equal.
func (l *Layout) bestReading(img flash.Image, c *Claim) *flash.Table {
	best := c.Table(0)
	if len(c.Others) == 0 {
		return best
	}
	first := best
	score := l.score(img, best)
	for _, t := range c.Others {
		if s := l.score(img, t); s > score {
			best, score = t, s
		}
	}
	if best != first {
		l.note(flash.Note, c.place(), "%s does not say which of its rows are inside of others: the interpretation that fits the dump's content best is used", c.Name)
	}
	return best
}

// score counts the rows with content that fits their names, minus the rows with content that
// cannot be there.
func (l *Layout) score(img flash.Image, t *flash.Table) (n int) {
	for _, c := range l.contentsOf(img, t) {
		switch {
		case c.bearsOut():
			n++
		case c.Verdict == image.Contradicted:
			n--
		}
	}
	return n
}
