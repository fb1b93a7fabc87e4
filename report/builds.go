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

// withBuilds are the partitions that may have a build.prop, the most important first.
var withBuilds = []string{"system", "product", "vendor", "odm", "system_ext"}

// software is the build.prop of a partition.
type software struct {
	*buildprop.Build
	name string // name of the partition in withBuilds
	from string // the partition's own name, and the path of the file in it
}

// builds reads the build.prop of each partition that has one, in the slot from which the phone
// starts.
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

// addBuilds adds the facts in the build.prop files.
func addBuilds(sources []Source, add func(value, from string)) {
	for b := range builds(sources) {
		if b.name == "system" || b.name == "product" { // those of vendor partitions name the chip maker's board
			add(modelOf(b.Build), b.from)
		}
		add(versionOf(b.Build), b.from)
		add(b.ID, b.from)
		add(b.Fingerprint, b.from)
	}
}

// Chip returns the phone's chip by its build.prop, which names the platform that it was built
// for. The value is empty if there is none.
func Chip(sources []Source) Fact {
	for b := range builds(sources) {
		if chip := preloader.ChipName(b.Platform); chip != "" {
			return Fact{chip, b.from}
		}
	}
	return Fact{}
}

// Fingerprint returns the fingerprint of the phone's software, by its build.prop or its vbmeta. The
// value is empty if there is none.
func Fingerprint(sources []Source) Fact {
	for b := range builds(sources) {
		if b.Fingerprint != "" {
			return Fact{b.Fingerprint, b.from}
		}
	}
	for _, s := range sources {
		if base, _ := slot.Cut(scatter.Canonical(s.Name)); s.Image == nil || base != "vbmeta" && base != "vbmeta_system" {
			continue
		}
		for _, p := range fingerprints(s.Image) {
			return Fact{p, s.Name}
		}
	}
	return Fact{}
}

// modelOf returns the phone's name for people. The model of a generic system image is not used.
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

// volumes finds file systems in the rows and in super.
type volumes struct {
	order []Source
	rows  map[string]Source // by canonical name
	slot  string            // the slot from which the phone starts
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

// device returns the partition that super's table names as the device of extents.
func (v *volumes) device(name string) flash.Image {
	if img := v.rows[name].Image; img != nil {
		return img
	}
	return v.rows[name+"_"+v.slot].Image
}

// find returns the name of a partition in the table and its bytes.
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

// byLabel finds a file system among the rows of an MBR, which have no names: by its label, or by
// the path where the phone mounted it last.
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
