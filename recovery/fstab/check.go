package fstab

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Finding is a device path that the phone's table contradicts or cannot confirm.
type Finding struct {
	Severity flash.Severity
	Line     int
	Mount    string
	Device   string
	Text     string
}

// Problem returns the finding as a problem of a file.
func (f Finding) Problem(file string) flash.Problem {
	return flash.NewProblem(f.Severity, fmt.Sprintf("%s, line %d", file, f.Line), flash.NoOffset, "%s", f.Text)
}

// Check compares every device path of a file with the phone's table.
func (p *Partitions) Check(f *File) []Finding {
	var out []Finding
	var spare []string // partitions that the phone does not have, without harm
	first := &Entry{}
	for _, e := range f.Entries() {
		if name := p.spare(e); name != "" {
			if spare == nil {
				first = e
			}
			spare = append(spare, name)
			continue
		}
		if s, text := p.judge(e); text != "" {
			out = append(out, Finding{s, e.Number, e.Mount, e.Device, text})
		}
		for _, d := range optionPaths.FindAllString(e.Options, -1) {
			if s, text := p.judgeOption(e, d); text != "" {
				out = append(out, Finding{s, e.Number, e.Mount, d, text})
			}
		}
		for _, d := range inOptions.FindAllString(e.Options, -1) {
			if p.MBR && p.Row(strings.TrimPrefix(d, "emmc@")) == nil {
				out = append(out, Finding{flash.Note, e.Number, e.Mount, d, fmt.Sprintf("%s: the phone has no such partition", d)})
			}
		}
	}
	if spare != nil {
		out = append(out, Finding{flash.Note, first.Number, first.Mount, first.Device,
			"lists raw partitions that the phone does not have: " + strings.Join(spare, ", ")})
	}
	return out
}

// spare returns the partition of an entry that only lists it, to be flashed or saved,
// and that the phone does not have under any name. MediaTek's own files list the
// partitions of all phones with a chip, so this is not a sign of a mistake; nothing is
// mounted or formatted by it.
func (p *Partitions) spare(e *Entry) string {
	d := ParseDevice(e.Device)
	if e.Type != "emmc" || d.Style == Other || d.Style == Bare || p.Row(wanted(e.Mount)) != nil {
		return ""
	}
	if row, known := p.resolve(d); !known || row != nil {
		return ""
	}
	return path.Base(e.Device)
}

// judge compares one entry with the table; the text is empty if nothing is wrong.
func (p *Partitions) judge(e *Entry) (flash.Severity, string) {
	d := ParseDevice(e.Device)
	if d.Style == Other || e.elsewhere() {
		return 0, ""
	}
	row, known := p.resolve(d)
	want := p.Row(wanted(e.Mount))
	switch {
	case !known:
		return flash.Note, fmt.Sprintf("%s for %s: only the phone's own table, in a dump, shows which partition this is", e.Device, e.Mount)
	case row == nil && d.Style == Bare && want == nil:
		return 0, "" // a word that may be no partition
	case row == nil:
		return flash.Warning, fmt.Sprintf("%s for %s: the phone has no such partition", e.Device, e.Mount)
	case alternate(e.Mount, row):
		return 0, ""
	case want != nil && want.Name != row.Name:
		text := fmt.Sprintf("names %s as %s, but in the phone's table that is %s, not %s", e.Device, e.Mount, row.Name, want.Name)
		return danger(row, text)
	case want == nil && astray(e.Mount, row):
		return danger(row, fmt.Sprintf("names %s as %s, but in the phone's table that is %s", e.Device, e.Mount, row.Name))
	}
	return 0, ""
}

// judgeOption compares a path in the options with the table. Most often it is the
// partition with the key of an encrypted /data, and the phone writes to it.
func (p *Partitions) judgeOption(e *Entry, device string) (flash.Severity, string) {
	d := ParseDevice(device)
	if d.Style != ByName && d.Style != Number {
		return 0, ""
	}
	row, known := p.resolve(d)
	switch {
	case !known:
		return 0, ""
	case row == nil:
		return flash.Warning, fmt.Sprintf("%s in the options of %s: the phone has no such partition", device, e.Mount)
	case precious(row):
		return danger(row, fmt.Sprintf("%s in the options of %s is %s in the phone's table", device, e.Mount, row.Name))
	}
	return 0, ""
}

// preciousOption returns the precious partition that a path in an entry's options leads
// to.
func (p *Partitions) preciousOption(e *Entry) *flash.Partition {
	for _, device := range optionPaths.FindAllString(e.Options, -1) {
		if s, _ := p.judgeOption(e, device); s == flash.Error {
			row, _ := p.resolve(ParseDevice(device))
			return row
		}
	}
	return nil
}

// irreplaceable lists the partitions with data that no other phone has: IMEI,
// calibration, keys. By canonical name.
var irreplaceable = []string{"nvram", "nvdata", "nvcfg", "protect1", "protect2", "proinfo", "persist", "seccfg"}

func precious(row *flash.Partition) bool {
	return slices.Contains(irreplaceable, scatter.Canonical(row.Name))
}

// danger adds what a wrong path can destroy.
func danger(row *flash.Partition, text string) (flash.Severity, string) {
	if precious(row) {
		text += ": formatting it would destroy data that only this phone has, such as its IMEI"
	}
	return flash.Error, text
}

// astray reports whether a mount point that belongs to no partition of the phone must
// not lead to this one: to a precious one under another name, or to any other than the
// one that its name means.
func astray(mount string, row *flash.Partition) bool {
	return (precious(row) || meant(mount)) && mountsOther(mount, row)
}

// meant reports whether a mount point belongs to one certain partition, such as
// /sdcard.
func meant(mount string) bool {
	name, known := mounts[mountName(mount)]
	return known && name != ""
}

// mountsOther reports whether a mount point has nothing in common with the row's names.
func mountsOther(mount string, row *flash.Partition) bool {
	name := scatter.Canonical(row.Name)
	for _, slot := range []string{"_a", "_b"} {
		name = strings.TrimSuffix(name, slot)
	}
	return wanted(mount) != "" && scatter.Canonical(wanted(mount)) != name && !alternate(mount, row)
}

// logical reports whether the partition is within super, and so in no partition table.
func (e *Entry) logical() bool {
	for _, o := range strings.FieldsFunc(e.Options, func(r rune) bool { return strings.ContainsRune(" \t,;", r) }) {
		if o == "logical" || o == "flags=logical" {
			return true
		}
	}
	return false
}

// elsewhere reports whether an entry is for none of the table's partitions: logical
// ones, cards, USB sticks, and file systems in memory.
func (e *Entry) elsewhere() bool {
	return e.logical() || removable(e) || slices.Contains([]string{"ramdisk", "tmpfs", "overlay", "datamedia", "none"}, e.Type)
}

// removable reports whether an entry is a card or a USB stick.
func removable(e *Entry) bool {
	_, known := mounts[mountName(e.Mount)]
	return known && wanted(e.Mount) == "" || strings.HasPrefix(e.Device, "/devices/")
}
