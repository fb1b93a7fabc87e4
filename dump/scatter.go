package dump

import (
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
)

// maxBackup is the most that a template's backup GPT may take, bytes.
const maxBackup = 4 << 20

// Scatter makes a scatter file of the dump. The phone's facts are the dump's; of the facts given
// the profile and the dialect count, the linear base, and a device size above the dump's own.
func (d *Dump) Scatter(f scatter.CreateOptions) (scatter.Creation, error) {
	l := d.Layout
	if len(l.Table.Partitions) == 0 {
		return scatter.Creation{}, fmt.Errorf("%s: is a boot region, its partitions stand in the user area", d.Path)
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
	made := scatter.Create(&l.Table, f)
	made.Problems = append(d.tableProblems(), made.Problems...)
	return made, nil
}

// Script is the dump's table for the words of other tools, with what is wrong with the table.
// deviceSize is the size of the user area in bytes, 0 for the dump's own.
func (d *Dump) Script(deviceSize int64) (scatter.Script, []flash.Problem) {
	s := scatter.Script{Table: &d.Layout.Table, Storage: d.Source.Storage, DeviceSize: deviceSize}
	if s.DeviceSize == 0 {
		s.DeviceSize = d.Layout.DeviceSize
	}
	return s, d.tableProblems()
}

// preloaderLength is the length of the flashable preloader in bytes, 0 where none is at hand.
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

// templateBackup is the size of the backup GPT that a template states, 0 for none. A template
// does not know the size of the flash, and has that size where others have the backup's address.
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

// plannedFile is the file that a split makes of a row, "" when not all of it is at hand.
func plannedFile(p *plan.Plan, row flash.Partition) string {
	for _, it := range p.Items {
		switch {
		case it.Present < it.Length:
		case it.Kind == flash.KindPreloader && it.Write && row.Region.IsBoot():
			return it.File
		case it.Row != nil && it.Row.Region == row.Region && it.Row.Extent == row.Extent:
			return it.File
		}
	}
	return ""
}

// tableOnly reports whether the file holds a table and nothing of what the table lists.
func (d *Dump) tableOnly() bool {
	return !slices.ContainsFunc(d.Layout.Table.Partitions, func(p flash.Partition) bool {
		return p.Region == d.Layout.User && p.Placed() && p.Length > 0 && p.Offset > 0 && p.Offset < d.Layout.Have
	})
}

// tableProblems are the dump's problems without those of its content alone: that it is short, or
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
