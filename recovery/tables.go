package recovery

import (
	"path"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/recovery/fstab"
)

// isFstab recognises the fstab files of a ramdisk: recovery.fstab, twrp.fstab,
// twrp.flags, fstab, fstab.mt6582 …
func isFstab(e *ramdisk.Entry) bool {
	p, safe := e.Path()
	name := path.Base(p)
	if !safe || e.Type() != ramdisk.File {
		return false
	}
	return name == "fstab" || strings.HasPrefix(name, "fstab.") || strings.HasSuffix(name, ".fstab") || name == "twrp.flags"
}

// fstabFiles returns the fstab files of a ramdisk. Those of the recovery come last,
// because they are the least reliable.
func fstabFiles(rd *ramdisk.Ramdisk) []*ramdisk.Entry {
	var out []*ramdisk.Entry
	if rd == nil {
		return nil
	}
	for _, e := range rd.Entries() {
		if isFstab(e) && rd.Find(pathOf(e)) == e {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b *ramdisk.Entry) int { return rank(a) - rank(b) })
	return out
}

func rank(e *ramdisk.Entry) int {
	if path.Base(pathOf(e)) == "recovery.fstab" {
		return 1
	}
	return 0
}

func pathOf(e *ramdisk.Entry) string {
	p, _ := e.Path()
	return p
}

// checkFstabs checks every fstab of a ramdisk against the phone's table. The places of
// the problems begin with name.
func checkFstabs(name string, rd *ramdisk.Ramdisk, phone *Target) []flash.Problem {
	parts := phone.partitions()
	if parts == nil {
		return nil
	}
	var out []flash.Problem
	for _, e := range fstabFiles(rd) {
		for _, f := range parts.Check(fstab.Read(e.Data)) {
			out = append(out, f.Problem(name+": "+pathOf(e)))
		}
	}
	return out
}

// fstabs rewrites the donor's fstab files for this phone, and adds the files that the
// donor does not have.
func (b *builder) fstabs() error {
	parts := b.opt.Phone.partitions()
	if parts == nil {
		b.problem(flash.Warning, b.opt.Donor.Name, "there is no partition table of the phone: the donor's fstab files are not changed, and their paths may be wrong")
		return nil
	}
	// Faults in the phone's own files are reported, but not copied.
	var own []*fstab.File
	for _, src := range []struct {
		name string
		rd   *ramdisk.Ramdisk
	}{{b.opt.Stock.Name, b.own}, {b.opt.Boot.Name, b.boot}} {
		for _, e := range fstabFiles(src.rd) {
			own = append(own, fstab.Read(e.Data))
			for _, f := range parts.Check(own[len(own)-1]) {
				p := f.Problem(src.name + ": " + pathOf(e))
				if p.Severity == flash.Error { // it is not copied, so it does no harm
					p.Severity, p.Text = flash.Warning, p.Text+"; the table is used instead"
				}
				b.out.Problems = append(b.out.Problems, p)
			}
		}
	}
	spelling := parts.Learn(own...)
	for _, e := range b.needed() {
		b.rewrite(spelling, e)
	}
	// Check that nothing that is written contradicts the table.
	for _, p := range checkFstabs("the new ramdisk", b.base, b.opt.Phone) {
		if p.Severity > flash.Note {
			b.out.Problems = append(b.out.Problems, p)
		}
	}
	return nil
}

// needed returns the fstab files of the base, after adding the phone's own files that
// are missing in it.
func (b *builder) needed() []*ramdisk.Entry {
	have := fstabFiles(b.base)
	recoveryFstab := slices.ContainsFunc(have, func(e *ramdisk.Entry) bool {
		return strings.HasSuffix(pathOf(e), ".fstab")
	})
	for _, e := range fstabFiles(b.own) {
		p := pathOf(e)
		if b.base.Find(p) != nil || strings.HasSuffix(p, ".fstab") && recoveryFstab || strings.HasSuffix(p, ".nand") {
			continue // MediaTek's builds contain files for NAND flash on every phone
		}
		b.put(p, e, e.Data)
		b.step(p, b.opt.Stock.Name, "the donor has none")
	}
	return fstabFiles(b.base)
}

func (b *builder) rewrite(s *fstab.Spelling, e *ramdisk.Entry) {
	f := fstab.Read(e.Data)
	changes := s.Rewrite(f, b.opt.Phone.Systems)
	for _, c := range changes {
		what := pathOf(e) + ": " + c.Mount
		if c.Now == "" {
			b.step(what, b.opt.Phone.Name, "removed, was %s: %s", c.Was, c.Why)
		} else {
			b.step(what, b.opt.Phone.Name, "%s, was %s: %s", c.Now, c.Was, c.Why)
		}
		if c.Severity > flash.Note {
			b.problem(c.Severity, what, "removed: %s", c.Why)
		}
	}
	if len(changes) > 0 {
		e.Data = f.Encode()
	}
}
