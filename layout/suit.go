package layout

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/preloader"
)

// suit makes a claim speak of the regions that the dump has. Most lists do not say what
// kind of flash they are of, and a dump without a table does not either: then the claim's
// kind is taken. Where the dump tells its kind, the claim's rows are held against it all
// the same, so that what disagrees is said.
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
		l.note(flash.Note, claim.place(), "%s lists partitions of %s, and nothing in the dump tells its kind of flash: it is taken for that", claim.Name, from)
		return &claim
	}
	to, table := dev.Storage, claim.Table
	claim.Table = func(size int64) *flash.Table { return rehomed(table(size), from, to) }
	claim.Others = slices.Clone(claim.Others)
	for i, t := range claim.Others {
		claim.Others[i] = rehomed(t, from, to)
	}
	claim.otherFlash = fmt.Sprintf("%s lists partitions of %s, the dump is of %s", claim.Name, from, to)
	sev := flash.Warning
	if claim.Kind != flash.WitnessScatter && from == flash.EMMC && to == flash.UFS {
		sev = flash.Note // such lists do not say which of the two
	}
	l.note(sev, claim.place(), "%s: the rows are compared all the same", claim.otherFlash)
	return &claim
}

// userRegion returns the region of the user area that a table's rows are in: want when
// one of them is there, "" when none is in any.
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

// bootsTell reports whether a boot region at hand says what flash the phone has.
func (l *Layout) bootsTell() bool {
	return slices.ContainsFunc(l.Boots, func(b Boot) bool {
		return b.Header != nil && preloader.StorageOf(b.Header.Medium) != ""
	})
}

// rehomed returns the table with its rows in the regions of another kind of flash.
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

// bestReading chooses among the ways to read a claim the one that the dump's content
// fits best; the first where it makes no difference.
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
		l.note(flash.Note, c.place(), "%s does not say which of its rows lie in others: it is read as what stands in the dump fits best", c.Name)
	}
	return best
}

// score counts the rows that hold what their names promise, less those that hold what
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
