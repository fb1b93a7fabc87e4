package dump

import (
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
)

// maxBackup is the size limit of a template's backup GPT, bytes.
const maxBackup = 4 << 20

// Scatter makes a scatter file for the dump. The facts about the phone are the dump's. From f,
// it uses the profile, the dialect, the linear base, and a device size that is larger than the
// dump's.
func (d *Dump) Scatter(f scatter.CreateOptions) (scatter.Creation, error) {
	if err := d.RefuseTable(); err != nil {
		return scatter.Creation{}, err
	}
	l := d.Layout
	if len(l.Table.Partitions) == 0 {
		return scatter.Creation{}, fmt.Errorf("%s: is a boot region; the partitions are in the user area", d.Path)
	}
	f.Platform, f.Project, f.Storage = l.Chip.Value, l.Project.Value, d.Source.Storage
	if f.DeviceSize == 0 {
		f.DeviceSize = l.DeviceSize
	}
	f.Preloader = d.preloaderLength()
	f.BackupSize = d.templateBackup()
	if f.Profile == scatter.Restore && d.Source.User() != nil && !d.tableOnly() {
		if p, err := d.Plan(plan.Wishes{}); err == nil {
			f.File = func(row flash.Partition) string { return plannedFile(p, row) }
		}
	}
	if d.Guessed() { // no tool may flash a file to a place that nobody knows
		f.File = func(flash.Partition) string { return "" }
	}
	made := scatter.Create(&l.Table, f)
	made.Problems = append(d.tableProblems(), made.Problems...)
	return made, nil
}

// Script returns the dump's table in the form that the output for other tools needs, with the
// table's problems. DeviceSize is the size of the user area in bytes, 0 for the dump's own.
func (d *Dump) Script(deviceSize int64) (scatter.Script, []flash.Problem) {
	s := scatter.Script{Table: &d.Layout.Table, Storage: d.Source.Storage, Chip: d.Layout.Chip.Value, DeviceSize: deviceSize}
	if s.DeviceSize == 0 {
		s.DeviceSize = d.Layout.DeviceSize
	}
	return s, d.tableProblems()
}

// preloaderLength returns the length of the flashable preloader in bytes, 0 if there is none.
func (d *Dump) preloaderLength() int64 {
	for _, b := range d.Layout.Boots {
		if b.Header == nil {
			continue
		}
		if main := b.Header.Main(); main != nil && main.Extent.Length > 0 {
			return main.Extent.Length
		}
	}
	return 0
}

// templateBackup returns the size in bytes of the backup GPT that a template states, 0 for none.
// A template does not know the size of the flash, and has the backup's size in the field for its
// address.
func (d *Dump) templateBackup() int64 {
	user := d.Source.User()
	if user == nil {
		return 0
	}
	g, err := gpt.Read(user.Image)
	if err != nil || g.Best() == nil || !g.Best().Template {
		return 0
	}
	if n := int64(g.Best().AlternateLBA) * g.SectorSize; n > 0 && n <= maxBackup {
		return n
	}
	return 0
}

// plannedFile returns the name of the file that a split makes from a row, "" if the dump does not
// have all of it: bytes that were not read are zeros in the file.
func plannedFile(p *plan.Plan, row flash.Partition) string {
	for _, it := range p.Items {
		switch {
		case it.Present < it.Length, len(it.Unread) > 0:
		case it.Kind == flash.KindPreloader && it.Write && row.Region.IsBoot():
			return it.File
		case it.Row != nil && it.Row.Region == row.Region && it.Row.Extent == row.Extent:
			return it.File
		}
	}
	return ""
}

// tableOnly reports whether the file has a table but nothing of what the table lists.
func (d *Dump) tableOnly() bool {
	return !slices.ContainsFunc(d.Layout.Table.Partitions, func(p flash.Partition) bool {
		return p.Region == d.Layout.User && p.Placed() && p.Length > 0 && p.Offset > 0 && p.Offset < d.Layout.Have
	})
}

// tableProblems returns the dump's problems without those of its content: that it is short, or
// that a row is cut.
func (d *Dump) tableProblems() (out []flash.Problem) {
	l := d.Layout
	skip := l.Table.Check(l.User, l.Have)
	for _, p := range l.Problems {
		if p.Place != string(l.User) && !slices.Contains(skip, p) {
			out = append(out, p)
		}
	}
	return out
}
