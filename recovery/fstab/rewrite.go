package fstab

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Spelling holds how a phone writes its device paths, learned from the fstab files of
// its own images, as far as its table confirms them.
type Spelling struct {
	phone  *Partitions
	paths  map[string]string           // partition → path
	types  map[string][]string         // partition → file systems, the most likely first
	others map[string]*flash.Partition // mount point → its alternate, if the phone uses it
	byName string                      // prefix of by-name paths, "" if the phone's files have none
	emmcAt string                      // prefix of emmc@ names
	number bool                        // the phone's files use numbers
}

// Learn reads the phone's own files, the most reliable first. Paths that the table
// contradicts are ignored.
func (p *Partitions) Learn(files ...*File) *Spelling {
	s := &Spelling{phone: p, paths: map[string]string{}, types: map[string][]string{}, others: map[string]*flash.Partition{}}
	for _, f := range files {
		for _, e := range f.Entries() {
			s.learn(e)
		}
	}
	return s
}

func (s *Spelling) learn(e *Entry) {
	d := ParseDevice(e.Device)
	if e.elsewhere() {
		return
	}
	want := s.phone.Row(wanted(e.Mount))
	row, known := s.phone.resolve(d)
	if alternate(e.Mount, row) {
		want, s.others[wanted(e.Mount)] = row, row
	}
	if want != nil && e.Type != "auto" && e.Type != "emmc" && !slices.Contains(s.types[want.Name], e.Type) {
		s.types[want.Name] = append(s.types[want.Name], e.Type)
	}
	if d.Style == Other || d.Style == Bare {
		return
	}
	if !known || row == nil || want != nil && want.Name != row.Name || mountsOther(e.Mount, row) {
		return
	}
	switch d.Style {
	case ByName:
		if s.byName == "" {
			s.byName = d.Prefix
		}
	case EMMCAt:
		if s.emmcAt == "" {
			s.emmcAt = d.Prefix
		}
	case Number:
		s.number = true
	}
	if s.paths[row.Name] == "" {
		s.paths[row.Name] = e.Device
	}
}

// Change is one changed line of a file.
type Change struct {
	Line     int    `json:"line"`
	Mount    string `json:"mount"`
	Was      string `json:"was"`
	Now      string `json:"now,omitempty"` // "" if the line was removed
	Why      string `json:"why"`
	Severity flash.Severity
}

// Rewrite changes a donor's file for this phone: every path is written as the phone
// writes it and leads to the partition in the table. Lines for partitions that the
// phone does not have become comments. systems has the file systems found in
// partitions, which are used before those in any file; it may be nil.
func (s *Spelling) Rewrite(f *File, systems map[string]string) []Change {
	listed := map[string][]string{} // mount point → file systems
	for _, e := range f.Entries() {
		listed[e.Mount] = append(listed[e.Mount], e.Type)
	}
	var out []Change
	for i := range f.Lines {
		l := &f.Lines[i]
		e := l.Entry
		if e == nil {
			continue
		}
		d := ParseDevice(e.Device)
		was := e.Type + " on " + e.Device
		if row := s.phone.preciousOption(e); row != nil {
			l.drop("leads to " + row.Name)
			out = append(out, Change{e.Number, e.Mount, was, "", "its options lead to " + row.Name + ", which must not be written to", flash.Warning})
			continue
		}
		if d.Style == Other || e.elsewhere() {
			continue
		}
		row := s.target(e, d)
		if row == nil {
			l.drop("not on this phone")
			out = append(out, Change{e.Number, e.Mount, was, "", "the phone has no such partition", flash.Note})
			continue
		}
		if s.phone.Row(wanted(e.Mount)) == nil && astray(e.Mount, row) {
			l.drop("leads to " + row.Name)
			out = append(out, Change{e.Number, e.Mount, was, "", "it would be " + row.Name + ", which must not be formatted as " + e.Mount, flash.Warning})
			continue
		}
		path, why := s.path(row, d)
		if path == "" {
			l.drop("no path is proven")
			out = append(out, Change{e.Number, e.Mount, was, "", why, flash.Warning})
			continue
		}
		kind, kindWhy := s.system(row, e, systems)
		if slices.Contains(listed[e.Mount], kind) {
			kind, kindWhy = e.Type, "" // another line has it; this line is for a phone that was formatted in another way
		}
		if path != e.Device || kind != e.Type {
			l.set(path, kind)
			out = append(out, Change{e.Number, e.Mount, was, kind + " on " + path, why + kindWhy, flash.Note})
		}
		out = append(out, s.rewriteOptions(l)...)
	}
	return out
}

// rewriteOptions writes the by-name paths in a line's options as the phone does. Paths
// of partitions that it does not have stay, because the option may be needed.
func (s *Spelling) rewriteOptions(l *Line) []Change {
	var out []Change
	l.eachOptionPath(func(was string) string {
		d := ParseDevice(was)
		row := s.phone.Row(d.Name)
		if d.Style != ByName || row == nil {
			return was
		}
		now, why := s.path(row, d)
		if now == "" || now == was {
			return was
		}
		out = append(out, Change{l.Entry.Number, l.Entry.Mount, was, now, "in the options: " + why, flash.Note})
		return now
	})
	return out
}

// target returns the partition that a donor's entry means on this phone: by its mount
// point, or else by the name in its path.
func (s *Spelling) target(e *Entry, d Device) *flash.Partition {
	want := wanted(e.Mount)
	if row := s.others[want]; row != nil {
		return row
	}
	other := s.phone.Row(alternates[want])
	if other != nil && scatter.Canonical(d.Name) == alternates[want] {
		return other // as in the donor's file
	}
	if row := s.phone.Row(want); row != nil {
		return row
	}
	if other != nil {
		return other
	}
	if d.Style == Number {
		return nil // a number of the donor's phone is useless here
	}
	return s.phone.Row(d.Name)
}

// path returns the path of a partition for this phone; donor is the donor's path.
func (s *Spelling) path(row *flash.Partition, donor Device) (path, why string) {
	if p := s.paths[row.Name]; p != "" {
		return p, "it is from the phone's own fstab, and the phone's table confirms it"
	}
	lower := strings.ToLower(row.Name)
	if s.byName != "" {
		return s.byName + row.Name, "the name is from the phone's table, the path from its own fstab"
	}
	if got, known := s.phone.resolve(donor); known && got != nil && got.Name == row.Name && donor.Style != ByName {
		return donor.String(), "it is the donor's path, and the phone's table confirms it"
	}
	n := s.phone.number(row)
	switch {
	case s.number && n > 0:
		return fmt.Sprintf("/dev/block/mmcblk0p%d", n), "the number is proven by the phone's table, and its own fstab uses numbers"
	case s.emmcAt != "" && mounted(row):
		return s.emmcAt + lower, "the name is from the phone's table, the spelling from its own fstab"
	case n > 0:
		return fmt.Sprintf("/dev/block/mmcblk0p%d", n), "the number is proven by the phone's table"
	case s.phone.MBR && !mounted(row):
		return "/dev/" + lower, "it is the partition's name in kernels of this generation"
	}
	return "", fmt.Sprintf("it is not known how this phone writes the path of %s", row.Name)
}

// mounted reports whether a partition has a file system. Kernels of the MBR generation
// give only these partitions a block device.
func mounted(row *flash.Partition) bool {
	return slices.Contains([]string{"system", "userdata", "cache", "protect1", "protect2", "secro", "fat", "custom", "cust", "persist", "nvdata", "vendor"}, scatter.Canonical(row.Name))
}

// system returns the file system of an entry.
func (s *Spelling) system(row *flash.Partition, e *Entry, found map[string]string) (kind, why string) {
	if e.Type == "emmc" || e.Type == "auto" || e.Type == "mtd" {
		return e.Type, ""
	}
	if k := found[row.Name]; k != "" && k != e.Type {
		return k, "; the file system is the one found in the partition"
	} else if k != "" {
		return k, ""
	}
	if own := s.types[row.Name]; len(own) > 0 && !slices.Contains(own, e.Type) {
		return own[0], "; the file system is from the phone's own fstab"
	}
	return e.Type, ""
}
