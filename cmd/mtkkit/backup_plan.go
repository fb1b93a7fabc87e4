package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/source"
)

// restorePlan is the JSON document of restore --plan: what a flash tool would do with
// the files, as mtkkit itself never writes to a phone.
type restorePlan struct {
	Schema   string              `json:"schema"`
	Chip     string              `json:"chip,omitempty"`
	Project  string              `json:"project,omitempty"`
	Storage  flash.Storage       `json:"storage"`
	Scatter  string              `json:"scatter,omitempty"`
	Writes   []planWrite         `json:"writes"`
	Tables   []string            `json:"tables_left_out,omitempty"` // partition tables that list more than is in the backup
	Lost     []string            `json:"lost"`
	Commands map[string][]string `json:"commands"` // by flash tool
}

// planWrite is one partition that would be written.
type planWrite struct {
	Name   string       `json:"name"`
	Region flash.Region `json:"region"`
	flash.Extent
	File string `json:"file"`
	Risk string `json:"risk,omitempty"`
}

// plan prints what a flash tool would write, what that costs, and how to tell it to.
func (r *restoring) plan() error {
	if r.record == nil {
		return fmt.Errorf("%s has lost its manifest: what is where cannot be told", r.a.path)
	}
	if err := r.refuseForeign(); err != nil {
		return err
	}
	whole := r.record.Covers()
	wanted, err := r.choose(r.record)
	if err != nil {
		return err
	}
	if err := r.unlock(r.record, wanted); err != nil {
		return err
	}
	p := newRestorePlan(r.record, whole, func(e *flash.ManifestEntry) bool {
		return (r.a.Member(e.File) != nil || r.opens(e.File)) && wanted(e.File)
	})
	for i, ms := 0, r.a.Members(); i < len(ms); i++ {
		if strings.Contains(strings.ToLower(ms[i].Name), "_android_scatter") {
			p.Scatter = ms[i].Name
		}
	}
	if len(p.Writes) == 0 {
		return fmt.Errorf("%s holds no partition that a flash tool could write", r.a.path)
	}
	p.Commands = p.commands()
	if n := r.locked; n > 0 {
		r.problems = append(r.problems, flash.Problem{Severity: flash.Warning, Place: r.path, Offset: flash.NoOffset,
			Text: fmt.Sprintf("%d encrypted files (NAME%s) are not in this plan: it leaves their partitions as they are, and the scatter file names images that must be opened first (--key FILE)", n, sealedEnding)})
	}
	r.tellLacking(r.record.Sources)
	if len(p.Tables) > 0 {
		r.problems = append(r.problems, flash.Problem{Severity: flash.Warning, Place: r.path, Offset: flash.NoOffset,
			Text: fmt.Sprintf("%s is not in this plan: the partition table lists partitions that are not all in here, and a phone is left without their content", strings.Join(p.Tables, ", "))})
	}
	r.u.problems(r.all())
	if r.u.json {
		err = r.u.document(p)
	} else {
		err = p.print(r.u)
	}
	if err != nil {
		return err
	}
	return verdict(r.all())
}

// newRestorePlan lists what of a record can be written. Without all of the phone, its
// partition tables stay out.
func newRestorePlan(m *flash.Manifest, whole bool, has func(*flash.ManifestEntry) bool) *restorePlan {
	p := &restorePlan{Schema: "mtkkit.restore-plan/1", Chip: m.Chip, Project: m.Project, Storage: m.Storage}
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Kind != "partition" && e.Kind != "preloader" || m.State(e) != flash.StateStored || e.File == "" || !has(e) {
			continue
		}
		if !whole && e.Kind == "partition" && isTable(e.Name) {
			p.Tables = append(p.Tables, e.Name)
			continue
		}
		p.Writes = append(p.Writes, planWrite{e.Name, e.Region, e.Extent, e.File, riskOf(e)})
		if lost := lossOf(e); lost != "" && !slices.Contains(p.Lost, lost) {
			p.Lost = append(p.Lost, lost)
		}
	}
	return p
}

// rollbackChecked are partitions whose age a phone compares with what it has seen
// (AVB and MediaTek's own anti-rollback counters).
var rollbackChecked = []string{"preloader", "lk", "lk2", "tee1", "tee2", "gz1", "gz2", "vbmeta", "vbmeta_system", "vbmeta_vendor", "boot", "recovery", "md1img"}

// isTable reports whether a partition is a partition table.
func isTable(name string) bool {
	name = scatter.Canonical(name)
	return name == "pgpt" || name == "sgpt" || name == "mbr" || strings.HasPrefix(name, "ebr")
}

// riskOf says in a few words what writing a partition can do.
func riskOf(e *flash.ManifestEntry) string {
	name := scatter.Canonical(e.Name)
	switch _, identity := scatter.Identity(name); {
	case e.Kind == "preloader":
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

// commands are the lists for each tool, to be run in the folder that restore --parts
// writes.
func (p *restorePlan) commands() map[string][]string {
	c := map[string][]string{"spflashtool": {fmt.Sprintf("flash_tool -c download -b -s %s", quoted(p.Scatter))}, "spflashtool-xml": p.xml()}
	for _, w := range p.Writes {
		mtk := fmt.Sprintf("mtk w %s %s", quoted(w.Name), quoted(w.File))
		switch {
		case w.Region.IsBoot():
			mtk = fmt.Sprintf("mtk w preloader %s --parttype=boot1", quoted(w.File))
		case isTable(w.Name): // in no table itself
			mtk = fmt.Sprintf("mtk wo 0x%x 0x%x %s", w.Offset, w.Length, quoted(w.File))
		default:
			c["fastboot"] = append(c["fastboot"], fmt.Sprintf("fastboot flash %s %s", quoted(w.Name), quoted(w.File)))
		}
		c["mtkclient"] = append(c["mtkclient"], mtk)
	}
	return c
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// xml is a configuration of SP Flash Tool's console mode (flash_tool -i FILE).
func (p *restorePlan) xml() []string {
	head := []string{
		`<?xml version="1.0" encoding="UTF-8"?>`, `<flashtool-config version="2.0">`, ` <general>`,
		`  <chip-name>` + xmlEscapes.Replace(p.Chip) + `</chip-name>`,
		`  <storage-type>` + string(p.Storage) + `</storage-type>`,
		`  <download-agent>MTK_AllInOne_DA.bin</download-agent>`,
		`  <scatter>` + xmlEscapes.Replace(p.Scatter) + `</scatter>`,
	}
	return append(head, `  <rom-list/>`, // the scatter file names them
		`  <connection type="BromUSB" high-speed="true" power="AutoDetect" timeout-count="120000" com-port=""/>`,
		`  <checksum-level>none</checksum-level>`, ` </general>`,
		` <commands><download-only><da-download-all/></download-only></commands>`, `</flashtool-config>`)
}

func (p *restorePlan) print(u *ui) error {
	u.say("what a flash tool would write to %s %s; mtkkit itself writes nothing to a phone", p.Chip, p.Project)
	w := tabwriter.NewWriter(u.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "PARTITION\tREGION\tSTART\tSIZE\tFILE\tMIND")
	for _, x := range p.Writes {
		fmt.Fprintf(w, "%s\t%s\t0x%x\t%s\t%s\t%s\n", oneLine(x.Name), x.Region, x.Offset, flash.Size(x.Length), x.File, x.Risk)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(p.Lost) > 0 {
		u.say("\nwhat would be lost of what the phone holds now:")
		for _, l := range p.Lost {
			u.say("  %s", l)
		}
	}
	u.say("\nin the folder that restore --parts writes:")
	for _, t := range []struct{ key, title string }{
		{"spflashtool", "SP Flash Tool"},
		{"spflashtool-xml", "SP Flash Tool, as flash_tool -i FILE (made by its published examples, not tried)"},
		{"mtkclient", "mtkclient"}, {"fastboot", "fastboot, with an unlocked bootloader; most phones refuse some of these"},
	} {
		u.say("\n# %s", t.title)
		for _, line := range p.Commands[t.key] {
			u.say("%s", line)
		}
	}
	return nil
}

// refuseForeign refuses a target that is not of this model: a scatter file, or a dump
// of the phone that is to be written.
func (r *restoring) refuseForeign() error {
	target := r.c.String("target")
	if target == "" || r.c.Bool("foreign") {
		return nil
	}
	table, chip, project, err := r.target(target)
	if err != nil {
		return err
	}
	var differ []string
	add := func(what, a, b string) {
		if a != "" && b != "" && !strings.EqualFold(a, b) {
			differ = append(differ, fmt.Sprintf("%s: the backup is of %s, the target of %s", what, a, b))
		}
	}
	add("chip", r.record.Chip, chip)
	add("board", r.record.Project, project)
	for i := range r.record.Entries {
		e := &r.record.Entries[i]
		if e.Kind != "partition" || !e.Region.IsUser() || e.Offset < 0 {
			continue
		}
		row := findRow(table, e.Name)
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
	if n := len(differ) - 8; n > 0 {
		differ = append(differ[:8], fmt.Sprintf("and %d more", n))
	}
	return refusal{errors.New(target + " is of another model:\n  " + strings.Join(differ, "\n  ")),
		[]string{"--foreign plans it all the same"}}
}

// target reads what is known of the phone to be written.
func (r *restoring) target(path string) (t *flash.Table, chip, project string, err error) {
	if img, err := source.OpenFile(path); err == nil {
		defer img.Close()
		if scatter.Sniff(img) {
			f, err := scatter.Read(img)
			if err != nil {
				return nil, "", "", fmt.Errorf("%s: %w", path, err)
			}
			return f.Table(0), f.Info.Platform, f.Info.Project, nil
		}
	}
	d, err := openDump(r.c, r.u, path)
	if err != nil {
		return nil, "", "", err
	}
	defer d.Close()
	return &d.Layout.Table, d.Layout.Chip.Value, d.Layout.Project.Value, nil
}

func findRow(t *flash.Table, name string) *flash.Partition {
	for i := range t.Partitions {
		if scatter.Canonical(t.Partitions[i].Name) == scatter.Canonical(name) {
			return &t.Partitions[i]
		}
	}
	return nil
}
