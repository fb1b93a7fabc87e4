package scatter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Convert writes the content of f in another dialect, as far as that dialect can
// express it. The problems list what was left out and what was filled in. Addresses,
// names and unknown keys keep their spelling. If to is the file's own dialect, the
// result is f, byte for byte. A list (V1, update package) has no sizes and no values
// for the flash tool: the sizes are then the distances between rows, and the values are
// those of Defaults.
//
// The result is nil if nothing can be written because no row has a usable address.
func Convert(f *File, to Dialect) (*File, []flash.Problem) {
	if to == f.Dialect {
		return f, nil
	}
	c := converter{f: f, to: to, base: f.linearBase()}
	d := f.document()
	if !to.several() && len(d.sections) > 1 {
		c.oneOf(&d)
	}
	switch {
	case f.Dialect.bare():
		d = c.spellOut()
	case to.bare():
	default:
		c.version(&d)
	}
	if to.bare() {
		d = c.pairs(d)
		if len(d.sections[0].rows) == 0 {
			if len(f.Rows) == 0 {
				c.add(flash.Error, "", 0, "the file has no rows, and a %s file contains only rows", to)
			}
			return nil, c.problems
		}
	} else if to != XML {
		d.typed = to.several()
	}
	for i := range d.sections {
		if s := &d.sections[i]; d.typed && s.info.Storage == "" {
			s.info.Storage = flash.EMMC
			c.add(flash.Warning, "", 0, "the file does not name its storage; EMMC is written")
		}
	}
	out, err := d.file(to)
	if err != nil {
		c.add(flash.Error, "", 0, "cannot be written as %s: %v", to, err)
		return nil, c.problems
	}
	c.compare(d, out)
	c.zeroColumn()
	c.leftBehind()
	return out, c.problems
}

type converter struct {
	f        *File
	to       Dialect
	base     int64 // start of the user area in linear addresses in bytes, 0 if unknown
	problems flash.Problems
}

func (c *converter) add(s flash.Severity, place string, line int, text string, a ...any) {
	c.problems = append(c.problems, lineProblem(s, place, line, text, a...))
}

// oneOf keeps only the table of the selected storage.
func (c *converter) oneOf(d *document) {
	for i, s := range d.sections {
		if i != c.f.current {
			c.add(flash.Warning, "", 0, "%s can hold one storage only: the table of %s (%d rows) is left out", c.to, s.info.Storage, len(s.rows))
		}
	}
	d.sections = d.sections[c.f.current : c.f.current+1]
}

// version sets the version that a text file is converted to, and removes the keys that
// this version does not know.
func (c *converter) version(d *document) {
	i := slices.IndexFunc(d.head, func(f Field) bool { return strings.EqualFold(f.Key, "config_version") })
	version := ""
	if i >= 0 {
		version = d.head[i].Value
	}
	if c.to == XML || textDialect(version, c.to.several()) == c.to {
		return
	}
	d.head = slices.Clone(d.head)
	if i < 0 {
		d.head, i = slices.Insert(d.head, 0, Field{Key: "config_version"}), 0
	}
	d.head[i].Value = strings.ToUpper(string(c.to))
	for _, key := range optionalKeys {
		if !c.to.atLeast(key.since) {
			c.drop(d, key.name)
		}
	}
}

// optionalKeys are the keys that newer versions added, each with the oldest version of
// a file by ptgen that has it.
var optionalKeys = []struct {
	name  string
	since Dialect
}{
	{"is_upgradable", V112}, {"empty_boot_needed", V112}, {"combo_partsize_check", V118},
}

func (c *converter) drop(d *document, key string) {
	n := 0
	d.sections = slices.Clone(d.sections)
	for i := range d.sections {
		rows := slices.Clone(d.sections[i].rows)
		for j := range rows {
			fields := slices.DeleteFunc(slices.Clone(rows[j].Fields), func(f Field) bool { return strings.EqualFold(f.Key, key) })
			if len(fields) < len(rows[j].Fields) {
				n++
			}
			rows[j].Fields = fields
		}
		d.sections[i].rows = rows
	}
	if n > 0 {
		c.add(flash.Note, "", 0, "%s does not know %s: it is left out of %d rows", c.to, key, n)
	}
}

// spellOut makes full rows from the rows of a list.
func (c *converter) spellOut() document {
	f := c.f
	info := f.Info
	info.Version = "V1.1.2"
	if f.Dialect == V1 {
		info.Version = "V1.1.1"
	}
	switch {
	case textVersion.MatchString(string(c.to)):
		info.Version = strings.ToUpper(string(c.to))
	case c.to.bare():
	default:
		c.add(flash.Note, "", 0, "a list has no version; %s is written", info.Version)
	}
	spec := Spec{Platform: info.Platform, Project: info.Project, Storage: info.Storage}.complete()
	if info.Platform == "" && !c.to.bare() {
		c.add(flash.Warning, "", 0, "the chip is not known; %s is written", spec.Platform)
	}
	s := section{info: info}
	s.info.Storage = spec.Storage
	s.head.Fields = spec.storageHead()
	for i, p := range f.Table(0).Partitions {
		s.rows = append(s.rows, c.spellOutRow(i, p, spec.Storage))
	}
	if !c.to.bare() {
		c.add(flash.Warning, "", 0, "file names, types and operations are the usual ones of these partitions, because the list has none")
		c.add(flash.Note, "", 0, "sizes are the distances between rows, because the list has none")
	}
	return document{head: []Field{{"config_version", info.Version, 0}, {"platform", spec.Platform, 0}, {"project", spec.Project, 0}},
		sections: []section{s}}
}

func (c *converter) spellOutRow(i int, p flash.Partition, storage flash.Storage) Row {
	r := c.f.Rows[i]
	a := Defaults(p.Name, storage)
	p.File, p.Operation, p.Type, p.Download = a.File, a.Operation, a.Type, a.Download
	if strings.EqualFold(r.Get("is_download"), "false") {
		p.File, p.Download = "", false
		if p.Operation == update {
			p.Operation = invisible
		}
	}
	if p.Reserved {
		p.File, p.Download, p.Operation = "", false, reserved
	}
	linear, physical := r.Get("linear_start_addr"), r.Get("physical_start_addr")
	switch {
	case linear == "":
		linear = physical
	case p.Placed():
		physical = fmt.Sprintf("0x%x", p.Offset)
	default:
		physical = linear
	}
	if p.ToEnd && p.Region.IsBoot() { // up to the user area, as in MT6572 files
		p.Length = c.base - p.Offset
		p.ToEnd = p.Length <= 0
	}
	if p.Length == 0 && p.Reserved && !c.to.bare() {
		c.add(flash.Warning, p.Name, r.Line, "its size is not known; 0 is written")
	}
	return rowOf(i, p, storage, linear, physical)
}

// linearBase returns the start of the user area in linear addresses, in bytes, or 0 if
// the file does not contain it.
func (f *File) linearBase() int64 {
	for _, r := range f.Rows {
		if a := readAddress(r.Get("linear_start_addr"), false); strings.EqualFold(r.Get("partition_name"), "MBR") && a.ok {
			if x, err := flash.NewExtent(a.value, 0); err == nil {
				return x.Offset
			}
		}
	}
	return 0
}

// compare reports the values that were changed on the way, such as a line end in a
// name.
func (c *converter) compare(d document, out *File) {
	if c.to.bare() {
		return
	}
	got := out.document()
	for i, s := range d.sections {
		if i >= len(got.sections) || len(got.sections[i].rows) != len(s.rows) {
			c.add(flash.Error, "", 0, "some rows could not be written")
			return
		}
		if want, has := string(s.info.Storage), string(got.sections[i].info.Storage); d.typed && want != has {
			c.add(flash.Warning, "", 0, "storage %q cannot be written unchanged in %s", want, c.to)
		}
		c.compareFields("", s.head.Fields, got.sections[i].head.Fields)
		for j, r := range s.rows {
			c.compareFields(r.Get("partition_name"), r.Fields, got.sections[i].rows[j].Fields)
		}
	}
	c.compareFields("", d.head, got.head)
}

func (c *converter) compareFields(place string, want, got []Field) {
	left := map[[2]string]int{}
	for _, fd := range got {
		left[[2]string{fd.Key, fd.Value}]++
	}
	for _, fd := range want {
		if k := [2]string{fd.Key, fd.Value}; left[k] > 0 {
			left[k]--
			continue
		}
		c.add(flash.Warning, place, fd.Line, "%s: %s cannot be written unchanged in %s", fd.Key, fd.Value, c.to)
	}
}

// zeroColumn reports that a column is empty which the new file keeps; readers of the
// new file may use that column.
func (c *converter) zeroColumn() {
	if c.to.bare() || c.f.Dialect.bare() {
		return
	}
	if rows := c.f.build(farEnd).compared(); allZero(rows) {
		c.add(flash.Note, rows[0].Name, rows[0].row.Line, "%s, and stay 0 in the new file: use the linear addresses, counted from the MBR row", zeroThroughout)
	}
}

// leftBehind counts the comments and other lines that belong to no table.
func (c *converter) leftBehind() {
	comments, first := 0, 0
	for i, l := range c.f.lines {
		s := bare(l)
		if i < 2 && strings.Contains(s, signature) {
			continue
		}
		if c.f.Dialect == XML {
			if !strings.Contains(s, "<!--") {
				continue
			}
		} else if t := strings.Trim(s, "# \t"); s == "" || s[0] != '#' || t == "" || strings.HasSuffix(t, "General Setting") || strings.HasSuffix(t, "Layout Setting") {
			continue
		}
		if comments++; first == 0 {
			first = i + 1
		}
	}
	if comments > 0 {
		c.add(flash.Note, "", first, "%d comments are left out", comments)
	}
	if n := len(c.f.odd); n > 0 {
		c.add(flash.Note, "", c.f.odd[0], "%d lines that are not scatter syntax are left out", n)
	}
}
