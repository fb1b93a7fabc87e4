package report

import (
	"cmp"
	"iter"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/buildprop"
	"github.com/mtkkit/mtkkit/image/ext4"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/scatter"
)

// withBuilds are the partitions that have a build.prop, the most telling first.
var withBuilds = []string{"system", "product", "vendor", "odm", "system_ext"}

// software is the build.prop of a partition.
type software struct {
	*buildprop.Build
	name string // of the partition, as withBuilds has it
	from string // the partition's own name, and the file in it
}

// builds reads the build.prop of each partition that has one, of the slot that the phone
// starts from.
func builds(sources []Source) iter.Seq[software] {
	return func(yield func(software) bool) {
		v := newVolumes(sources)
		for _, name := range withBuilds {
			label, img := v.find(name)
			if img == nil {
				continue
			}
			tree, err := image.Files(img)
			if err != nil {
				continue
			}
			if b := buildprop.Read(tree); b != nil && !yield(software{b, name, label + ":" + b.Path}) {
				return
			}
		}
	}
}

// addBuilds adds what the builds say of themselves.
func addBuilds(sources []Source, add func(value, from string)) {
	for b := range builds(sources) {
		if b.name == "system" || b.name == "product" { // vendors' blobs name the chip maker's board
			add(modelOf(b.Build), b.from)
		}
		add(versionOf(b.Build), b.from)
		add(b.ID, b.from)
		add(b.Fingerprint, b.from)
	}
}

// Chip is what the software says the phone's chip is: its build.prop names the platform it
// was built for. The value is empty where none does.
func Chip(sources []Source) Fact {
	for b := range builds(sources) {
		if chip := preloader.ChipName(b.Platform); chip != "" {
			return Fact{chip, b.from}
		}
	}
	return Fact{}
}

// modelOf names the phone as its box does. What generic system images say is no name.
func modelOf(b *buildprop.Build) string {
	if b.Model == "" || strings.EqualFold(b.Model, "mainline") {
		return ""
	}
	s := b.Model
	if !strings.HasPrefix(strings.ToLower(s), strings.ToLower(b.Brand)) {
		s = b.Brand + " " + s
	}
	if b.Device != "" && b.Device != b.Model {
		s += " (" + b.Device + ")"
	}
	return strings.TrimSpace(s)
}

func versionOf(b *buildprop.Build) string {
	var parts []string
	if b.Android != "" {
		parts = append(parts, "Android "+b.Android)
	}
	if b.Patch != "" {
		parts = append(parts, "security patch "+b.Patch)
	}
	return strings.Join(parts, ", ")
}

// volumes finds file systems among the rows, and inside of super.
type volumes struct {
	order []Source
	rows  map[string]Source // by canonical name
	slot  string            // that the phone starts from
	super *lp.Super
}

func newVolumes(sources []Source) *volumes {
	v := &volumes{rows: map[string]Source{}}
	for _, s := range sources {
		if s.Image != nil && s.Kind == flash.KindPartition {
			v.order = append(v.order, s)
			if name := scatter.Canonical(s.Name); v.rows[name].Image == nil {
				v.rows[name] = s
			}
		}
	}
	for _, name := range []string{"misc", "para"} {
		if row := v.rows[name]; row.Image != nil {
			v.slot = cmp.Or(v.slot, slot.Active(row.Image))
		}
	}
	v.slot = cmp.Or(v.slot, "a")
	for _, name := range []string{"super", "system_" + v.slot, "system"} {
		row := v.rows[name]
		if row.Image != nil && v.super == nil && lp.Sniff(row.Image) {
			v.super, _ = lp.Read(row.Image, v.device)
		}
	}
	return v
}

// device is the partition that super's table names as a place of extents.
func (v *volumes) device(name string) flash.Image {
	if img := v.rows[name].Image; img != nil {
		return img
	}
	return v.rows[name+"_"+v.slot].Image
}

// find returns the bytes of a partition and its name in the table.
func (v *volumes) find(name string) (string, flash.Image) {
	if v.super != nil {
		if p := v.super.Find(name, v.slot); p != nil && p.Image != nil {
			return p.Name, p.Image
		}
	}
	for _, name := range []string{name, name + "_" + v.slot} {
		if row := v.rows[name]; row.Image != nil {
			return row.Name, row.Image
		}
	}
	return v.byLabel(name)
}

// byLabel finds a file system that names itself, among the rows of an MBR, which have no
// names: by its label, or by where the phone mounted it last.
func (v *volumes) byLabel(name string) (string, flash.Image) {
	for _, row := range v.order {
		c := image.Sniff(row.Image)
		if c.Kind != image.Ext4 && c.Kind != image.EROFS {
			continue
		}
		mounted := ""
		if fs, err := ext4.Read(row.Image); err == nil {
			mounted = fs.LastMounted
		}
		if c.Label == name || mounted == "/"+name {
			return row.Name, row.Image
		}
	}
	return "", nil
}
