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

// PlanOptions say what is planned.
type PlanOptions struct {
	Only, Skip []string // name patterns of partitions
	Target     *Target  // the phone to be written, which must be of the same model; nil not to ask
}

// FlashPlan is what a flash tool would do with the files of an archive. Nothing here writes
// to a phone.
type FlashPlan struct {
	Chip, Project string // "" unknown
	Storage       flash.Storage
	Scatter       string // name of the scatter file, "" for none
	Writes        []FlashWrite
	Tables        []string        // partition tables that list more than is in the archive, and are left out
	Lost          []string        // what is lost of what the phone holds now, in words
	Locked        int             // private files that are encrypted, and so not in the plan
	Problems      []flash.Problem // what is lost, or was never read
}

// FlashWrite is one partition that would be written.
type FlashWrite struct {
	Name   string
	Region flash.Region
	flash.Extent
	File string
	Risk string // what writing it can do, in words; "" for nothing worth knowing
}

// NothingToFlashError is an archive without partitions that a flash tool could write.
type NothingToFlashError struct{ Path string }

func (e *NothingToFlashError) Error() string {
	return e.Path + " holds no partition that a flash tool could write"
}

// FlashPlan tells what a flash tool would write where, and what would be lost by that. A
// target of another model is a *flash.Refusal.
func (a *Archive) FlashPlan(ctx context.Context, opt PlanOptions) (*FlashPlan, error) {
	m, err := a.Record()
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, fmt.Errorf("%s has lost its manifest: what is where cannot be told", a.Path)
	}
	if err := opt.Target.refuse(m); err != nil {
		return nil, err
	}
	whole := m.Covers()
	wanted, err := choose(m, opt.Only, opt.Skip)
	if err != nil {
		return nil, err
	}
	var lost losses
	u := &unlocking{a: a, lost: lost.add}
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
		}
	}
	if len(p.Writes) == 0 {
		return nil, &NothingToFlashError{a.Path}
	}
	p.Locked = u.kept
	p.Problems = slices.Concat(u.problems, (&flash.Manifest{Sources: m.Sources}).Missing(), lost.problems())
	return p, nil
}

// newFlashPlan lists what of a record can be written. Without all of the phone, its
// partition tables stay out.
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

// rollbackChecked are partitions whose age a phone compares with what it has seen
// (AVB and MediaTek's own anti-rollback counters).
var rollbackChecked = []string{"preloader", "lk", "lk2", "tee1", "tee2", "gz1", "gz2", "vbmeta", "vbmeta_system", "vbmeta_vendor", "boot", "recovery", "md1img"}

// IsTable reports whether what is written is a partition table, which no table lists.
func (w FlashWrite) IsTable() bool { return isTable(w.Name) }

func isTable(name string) bool {
	name = scatter.Canonical(name)
	return name == "pgpt" || name == "sgpt" || name == "mbr" || strings.HasPrefix(name, "ebr")
}

// riskOf says in a few words what writing a partition can do.
func riskOf(e *flash.ManifestEntry) string {
	name := scatter.Canonical(e.Name)
	switch _, identity := scatter.Identity(name); {
	case e.Kind == flash.KindPreloader:
		return "a wrong one leaves a phone that does not start; an older one may be refused (rollback)"
	case name == "seccfg":
		return "lock state of the bootloader: must be this phone's own"
	case identity:
		return "the phone's own " + string(scatter.Why(name)) + ": wrong on any other phone"
	case name == "userdata":
		return "the owner's data as they were"
	case isTable(name):
		return "partition table: right for this size of flash only"
	case slices.Contains(rollbackChecked, name):
		return "an older one than the phone has seen may be refused (rollback)"
	}
	return ""
}

// lossOf says what is lost of what the phone holds now.
func lossOf(e *flash.ManifestEntry) string {
	name := scatter.Canonical(e.Name)
	switch _, identity := scatter.Identity(name); {
	case name == "userdata":
		return "everything the owner did since the backup; what is encrypted opens only with the metadata and keys of the same day"
	case name == "seccfg":
		return "the present lock state (seccfg): a phone that was unlocked later is locked again"
	case name == "nvram" || name == "nvdata":
		return "what " + name + " holds now: IMEI, calibration, addresses become those of the backup"
	case identity:
		return "the " + string(scatter.Why(name)) + " that the phone holds now in " + name
	}
	return ""
}

// Target is what is known of the phone to be written.
type Target struct {
	Path          string
	Table         *flash.Table
	Chip, Project string // "" unknown
}

// TargetOf is a phone by its dump.
func TargetOf(d *dump.Dump) *Target {
	return &Target{d.Path, &d.Layout.Table, d.Layout.Chip.Value, d.Layout.Project.Value}
}

// ScatterTarget is a phone by its scatter file, nil when the file is none.
func ScatterTarget(path string) (*Target, error) {
	img, err := source.OpenFile(path)
	if err != nil {
		return nil, nil // opening it as a dump says why
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

// maxDiffer is how many differences tell that a phone is of another model.
const maxDiffer = 8

// refuse refuses a target that is not of the model of a record.
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
			differ = append(differ, e.Name+": the target has no such partition")
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
