package archive

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/source"
)

// PlanOptions says what is planned.
type PlanOptions struct {
	Only, Skip  []string // name patterns of partitions
	AcceptGuess bool     // allow partitions that were guessed from the content
	Target      *Target  // the phone to be written; it must be of the same model. nil: no check
}

// FlashPlan is what a flash tool would do with the files of an archive. This package does not
// write to a phone.
type FlashPlan struct {
	Chip, Project string // "" unknown
	Storage       flash.Storage
	Scatter       string        // name of the scatter file, "" for none
	Rows          *scatter.File // its content, nil if it cannot be read
	Writes        []FlashWrite
	Tables        []string        // partition tables that are left out, because they list more than the archive contains
	Lost          []string        // data on the phone that would be overwritten, in words
	Locked        int             // number of private files that are not in the plan because they are encrypted
	Problems      []flash.Problem // ranges that are lost or unread
}

// FlashWrite is one partition that would be written.
type FlashWrite struct {
	Name   string
	Region flash.Region
	flash.Extent
	File string
	Risk string // the risk of writing it, in words; "" for none
}

// NothingToFlashError reports an archive without partitions that a flash tool could write.
type NothingToFlashError struct{ Path string }

func (e *NothingToFlashError) Error() string {
	return e.Path + " has no partition that a flash tool could write"
}

// FlashPlan returns what a flash tool would write where, and which data on the phone that would
// overwrite. A target of another model is a *flash.Refusal.
func (a *Archive) FlashPlan(ctx context.Context, opt PlanOptions) (*FlashPlan, error) {
	m, err := a.Record()
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, fmt.Errorf("the manifest of %s is lost, and with it the offsets of its files", a.Path)
	}
	if !opt.AcceptGuess {
		if err := dump.RefuseGuess(a.Path, m); err != nil {
			return nil, err
		}
	}
	if err := opt.Target.refuse(m); err != nil {
		return nil, err
	}
	whole := m.Covers()
	wanted, err := choose(m, opt.Only, opt.Skip)
	if err != nil {
		return nil, err
	}
	var lost Losses
	u := &unlocking{a: a, lost: lost.Add}
	defer u.close()
	if err := u.all(ctx, m, wanted); err != nil {
		return nil, err
	}
	p := newFlashPlan(m, whole, func(e *flash.ManifestEntry) bool {
		return (a.Member(e.File) != nil || u.opens(e.File)) && wanted(e.File)
	})
	for i, ms := 0, a.Members(); i < len(ms); i++ {
		if strings.Contains(strings.ToLower(ms[i].Name), "_android_scatter") {
			p.Scatter = ms[i].Name
			p.Rows, _ = scatter.Read(a.Image(&ms[i])) // a damaged one is a problem of the archive
		}
	}
	if len(p.Writes) == 0 {
		return nil, &NothingToFlashError{a.Path}
	}
	p.Locked = u.kept
	doubts, err := a.doubts(ctx)
	if err != nil {
		return nil, err
	}
	p.Problems = added(slices.Concat([]flash.Problem(a.Problems), dump.TellGuess(m), u.problems, (&flash.Manifest{Sources: m.Sources}).Missing(), lost.problems()), doubts)
	return p, nil
}

// newFlashPlan lists the entries of a record that can be written. Partition tables are left out
// unless the archive has the whole phone.
func newFlashPlan(m *flash.Manifest, whole bool, has func(*flash.ManifestEntry) bool) *FlashPlan {
	p := &FlashPlan{Chip: m.Chip, Project: m.Project, Storage: m.Storage}
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Kind != flash.KindPartition && e.Kind != flash.KindPreloader || m.State(e) != flash.StateStored || e.File == "" || !has(e) {
			continue
		}
		if !whole && e.Kind == flash.KindPartition && isTable(e.Name) {
			p.Tables = append(p.Tables, e.Name)
			continue
		}
		p.Writes = append(p.Writes, FlashWrite{e.Name, e.Region, e.Extent, e.File, riskOf(e)})
		if lost := lossOf(e); lost != "" && !slices.Contains(p.Lost, lost) {
			p.Lost = append(p.Lost, lost)
		}
	}
	return p
}

// rollbackChecked are the partitions for which a phone refuses a version that is older than the
// last one (AVB, and MediaTek's own anti-rollback counters).
var rollbackChecked = []string{"preloader", "lk", "lk2", "tee1", "tee2", "gz1", "gz2", "vbmeta", "vbmeta_system", "vbmeta_vendor", "boot", "recovery", "md1img"}

// IsTable reports whether w is a partition table, which no partition table lists.
func (w FlashWrite) IsTable() bool { return isTable(w.Name) }

func isTable(name string) bool {
	name = scatter.Canonical(name)
	return name == "pgpt" || name == "sgpt" || name == "mbr" || strings.HasPrefix(name, "ebr")
}

// riskOf names the risk of writing a partition, in a few words.
func riskOf(e *flash.ManifestEntry) string {
	name := scatter.Canonical(e.Name)
	switch _, identity := scatter.Identity(name); {
	case e.Kind == flash.KindPreloader:
		return "with a wrong one the phone does not start; an older one may be refused (rollback)"
	case name == "seccfg":
		return "lock state of the bootloader: must be this phone's own"
	case identity:
		return scatter.Why(name).Own() + ": wrong on any other phone"
	case name == "userdata":
		return "the owner's data as they were"
	case isTable(name):
		return "partition table: right for this size of flash only"
	case slices.Contains(rollbackChecked, name):
		return "a version older than the phone's last one may be refused (rollback)"
	}
	return ""
}

// lossOf names the data on the phone that writing an entry overwrites.
func lossOf(e *flash.ManifestEntry) string {
	name := scatter.Canonical(e.Name)
	switch _, identity := scatter.Identity(name); {
	case name == "userdata":
		return "everything the owner did since the backup; encrypted data can only be opened with the metadata and keys of the same day"
	case name == "seccfg":
		return "the present lock state (seccfg): a phone that was unlocked after the backup is locked again"
	case name == "nvram" || name == "nvdata":
		return "the present content of " + name + ": IMEI, calibration and addresses become those of the backup"
	case identity:
		return "the " + string(scatter.Why(name)) + " that the phone has now in " + name
	}
	return ""
}

// Target describes the phone to be written.
type Target struct {
	Path          string
	Table         *flash.Table
	Chip, Project string // "" unknown
}

// TargetOf describes the phone of a dump.
func TargetOf(d *dump.Dump) *Target {
	return &Target{d.Path, &d.Layout.Table, d.Layout.Chip.Value, d.Layout.Project.Value}
}

// ScatterTarget describes the phone of a scatter file; nil if path is not a scatter file.
func ScatterTarget(path string) (*Target, error) {
	img, err := source.OpenFile(path)
	if err != nil {
		return nil, nil // opening it as a dump reports why
	}
	defer img.Close()
	if !scatter.Sniff(img) {
		return nil, nil
	}
	f, err := scatter.Read(img)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Target{path, f.Table(0), f.Info.Platform, f.Info.Project}, nil
}

// maxDiffer is the number of differences that an error lists.
const maxDiffer = 8

// refuse refuses a target that is not of the model of the record.
func (t *Target) refuse(m *flash.Manifest) error {
	if t == nil {
		return nil
	}
	var differ []string
	add := func(what, a, b string) {
		if a != "" && b != "" && !strings.EqualFold(a, b) {
			differ = append(differ, fmt.Sprintf("%s: the backup is of %s, the target of %s", what, a, b))
		}
	}
	add("chip", m.Chip, t.Chip)
	add("board", m.Project, t.Project)
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Kind != flash.KindPartition || !e.Region.IsUser() || e.Offset < 0 {
			continue
		}
		row := t.row(e.Name)
		switch {
		case row == nil:
			differ = append(differ, e.Name+": the target does not have this partition")
		case row.Placed() && row.Offset != e.Offset:
			differ = append(differ, fmt.Sprintf("%s: begins at 0x%x, on the target at 0x%x", e.Name, e.Offset, row.Offset))
		case row.Placed() && row.Length > 0 && row.Length != e.Length:
			differ = append(differ, fmt.Sprintf("%s: has 0x%x bytes, on the target 0x%x", e.Name, e.Length, row.Length))
		}
	}
	if len(differ) == 0 {
		return nil
	}
	if n := len(differ) - maxDiffer; n > 0 {
		differ = append(differ[:maxDiffer], fmt.Sprintf("and %d more", n))
	}
	return refuse(flash.ReasonOtherModel, t.Path, "is of another model:\n  %s", strings.Join(differ, "\n  "))
}

func (t *Target) row(name string) *flash.Partition {
	for i := range t.Table.Partitions {
		if scatter.Canonical(t.Table.Partitions[i].Name) == scatter.Canonical(name) {
			return &t.Table.Partitions[i]
		}
	}
	return nil
}
