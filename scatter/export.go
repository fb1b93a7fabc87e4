package scatter

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Script writes a partition table in the formats of other tools. Rows that cannot be
// written in a format are left out and listed as problems.
type Script struct {
	Table      *flash.Table
	Storage    flash.Storage
	Chip       string // such as MT6765, "" unknown
	Common     bool   // the scatter file is one for eMMC and UFS (V2)
	DeviceSize int64  // size of the user area in bytes, 0 unknown
	Source     string // the origin of the table, for a comment
	ByName     string // folder of the links in the fstab, "" is /dev/block/by-name
}

// basicData is the type GUID of every partition in MediaTek's GPTs.
const basicData = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"

// sector returns the sector size of the script in bytes.
func (s Script) sector() int64 {
	if s.Storage == flash.UFS {
		return 4096
	}
	return 512
}

// rows returns the partitions that a GPT would hold, in the order of the flash, without
// the rows for the GPT itself.
func (s Script) rows() (rows []flash.Partition, problems []flash.Problem) {
	tell := func(p flash.Partition, text string, a ...any) {
		problems = append(problems, flash.NewProblem(flash.Warning, p.Name, flash.NoOffset, text, a...))
	}
	for _, p := range s.Table.Partitions {
		if !p.Region.IsUser() || slices.Contains([]string{"pgpt", "sgpt"}, Canonical(p.Name)) {
			continue
		}
		if p.ToEnd && s.DeviceSize > p.Offset && p.Placed() {
			p.Length = s.DeviceSize - p.Offset
		}
		switch {
		case !p.Placed():
			tell(p, "left out: it is counted from the end of the flash, and the size of the flash is not known")
		case p.Length <= 0:
			tell(p, "left out: its size is not known")
		case p.Offset%s.sector() != 0 || p.Length%s.sector() != 0:
			tell(p, "left out: %s is not a whole number of sectors of %d bytes", p.Extent, s.sector())
		default:
			rows = append(rows, p)
		}
	}
	slices.SortStableFunc(rows, func(a, b flash.Partition) int { return cmp.Compare(a.Offset, b.Offset) })
	if isMBR(s.Table) {
		problems = append(problems, flash.NewProblem(flash.Warning, "mbr", flash.NoOffset, "this phone starts from an MBR with EBRs; its boot loader does not read a GPT"))
	}
	return rows, problems
}

// plainName spells a name so that no tool needs quotes around it.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' {
			return r
		}
		return '_'
	}, s)
}

// Sfdisk returns the input of sfdisk (util-linux) that makes this table as a GPT, and
// the problems of the rows that are left out.
func (s Script) Sfdisk() (string, []flash.Problem) {
	rows, problems := s.rows()
	var w strings.Builder
	fmt.Fprintf(&w, "# %s\n", oneLine(s.Source))
	fmt.Fprintf(&w, "label: gpt\nunit: sectors\nsector-size: %d\nfirst-lba: %d\n", s.sector(), s.firstLBA())
	if s.DeviceSize > 0 {
		fmt.Fprintf(&w, "last-lba: %d\n", s.DeviceSize/s.sector()-s.firstLBA())
	}
	w.WriteString("\n")
	for _, p := range rows {
		fmt.Fprintf(&w, "start=%d, size=%d, type=%s", p.Offset/s.sector(), p.Length/s.sector(), cmp.Or(p.TypeGUID, basicData))
		if p.GUID != "" {
			fmt.Fprintf(&w, ", uuid=%s", p.GUID)
		}
		fmt.Fprintf(&w, ", name=\"%s\"\n", plainName(p.Name))
	}
	return w.String(), problems
}

// firstLBA returns the first sector behind the header and a table of 128 entries. The
// backup behind the last usable sector takes as many sectors.
func (s Script) firstLBA() int64 { return 2 + 128*128/s.sector() }

// Sgdisk returns a shell script that calls sgdisk (GPT fdisk) with these partitions,
// and the problems of the rows that are left out. The argument of the script is the
// disk or image.
func (s Script) Sgdisk() (string, []flash.Problem) {
	rows, problems := s.rows()
	var w strings.Builder
	fmt.Fprintf(&w, "#!/bin/sh\n# %s\n# usage: sh THIS DISK    replaces the partition table of DISK, whose sectors must be of %d bytes\n", oneLine(s.Source), s.sector())
	w.WriteString("set -eu\n: \"${1:?which disk or image?}\"\nsgdisk --clear --set-alignment=1")
	for i, p := range rows {
		first, n := p.Offset/s.sector(), i+1
		fmt.Fprintf(&w, " \\\n  --new=%d:%d:%d --typecode=%d:%s --change-name=%d:%s", n, first, first+p.Length/s.sector()-1, n, cmp.Or(p.TypeGUID, basicData), n, plainName(p.Name))
		if p.GUID != "" {
			fmt.Fprintf(&w, " --partition-guid=%d:%s", n, p.GUID)
		}
	}
	w.WriteString(" \\\n  \"$1\"\n")
	return w.String(), problems
}

// mounts are the usual mount points of Android. All other partitions are raw ones for a
// recovery, under their own names.
var mounts = map[string]struct{ point, options, manager string }{
	"system":   {"/system", "ro", "wait"},
	"vendor":   {"/vendor", "ro", "wait"},
	"product":  {"/product", "ro", "wait"},
	"odm":      {"/odm", "ro", "wait"},
	"cust":     {"/cust", "ro", "wait"},
	"userdata": {"/data", "noatime,nosuid,nodev", "wait,check"},
	"cache":    {"/cache", "noatime,nosuid,nodev", "wait,check"},
	"metadata": {"/metadata", "noatime,nosuid,nodev", "wait"},
	"protect1": {"/mnt/vendor/protect_f", "noatime,nosuid,nodev", "wait,check"},
	"protect2": {"/mnt/vendor/protect_s", "noatime,nosuid,nodev", "wait,check"},
	"nvdata":   {"/mnt/vendor/nvdata", "noatime,nosuid,nodev", "wait,check"},
	"nvcfg":    {"/mnt/vendor/nvcfg", "noatime,nosuid,nodev", "wait,check"},
	"persist":  {"/mnt/vendor/persist", "noatime,nosuid,nodev", "wait,check"},
}

// Fstab returns one line for each partition in the form of Android's fstab since 4.4:
// device, mount point, type, options, flags. Devices are the links by name. Phones with
// an MBR have no such links: their kernel has /emmc@name and /dev/name instead.
func (s Script) Fstab() (string, []flash.Problem) {
	var w strings.Builder
	fmt.Fprintf(&w, "# %s\n# the file systems are the usual ones, not those of this phone: compare with the phone's own fstab\n", oneLine(s.Source))
	var problems []flash.Problem
	old := isMBR(s.Table)
	for _, p := range s.Table.Partitions {
		name := Canonical(p.Name)
		if !p.Region.IsUser() || p.Name == "" || isTable(name) || name == "bmtpool" {
			continue
		}
		base, slot := cutSlot(name)
		if slot == "_b" {
			continue
		}
		if plainName(p.Name) != p.Name {
			problems = append(problems, flash.NewProblem(flash.Warning, p.Name, flash.NoOffset, "left out: an fstab cannot contain such a name"))
			continue
		}
		device := path.Join(cmp.Or(s.ByName, "/dev/block/by-name"), strings.TrimSuffix(p.Name, slot))
		m, mounted := mounts[base]
		if old {
			device = "/dev/" + strings.ToLower(p.Name)
			if mounted {
				device = "/emmc@" + strings.ToLower(p.Name)
			}
		}
		kind, flags := "emmc", "defaults"
		if m.point == "" {
			m.point, m.options = "/"+strings.ToLower(base), "defaults"
		} else {
			kind, flags = "ext4", m.manager
		}
		if slot != "" {
			flags += ",slotselect"
		}
		fmt.Fprintf(&w, "%-44s %-24s %-5s %-22s %s\n", device, m.point, kind, m.options, strings.TrimPrefix(flags, "defaults,"))
	}
	return w.String(), problems
}
