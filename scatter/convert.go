package scatter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Convert says in another dialect what f says, as far as that dialect can: the
// problems list what is left behind or made up. Addresses, names and unknown keys are
// carried over as they are spelled. Into its own dialect a file is itself, byte for
// byte. From a list (V1, update package) the sizes are the distances between rows,
// and the flash tool's words are those of Defaults.
//
// The result is nil when nothing can be written: no row has a usable address.
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
				c.add(flash.Error, "", 0, "the file has no rows, and %s is nothing else", to)
			}
			return nil, c.problems
		}
	} else if to != XML {
		d.typed = to.several()
	}
	for i := range d.sections {
		if s := &d.sections[i]; d.typed && s.info.Storage == "" {
			s.info.Storage = flash.EMMC
			c.add(flash.Warning, "", 0, "the file does not say its storage; written as EMMC")
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
	base     int64 // where the user area begins in linear addresses, 0 unknown
	problems flash.Problems
}

func (c *converter) add(s flash.Severity, place string, line int, text string, a ...any) {
	c.problems = append(c.problems, lineProblem(s, place, line, text, a...))
}

// oneOf keeps the table that is selected.
func (c *converter) oneOf(d *document) {
	for i, s := range d.sections {
		if i != c.f.current {
			c.add(flash.Warning, "", 0, "%s holds one storage: the table of %s, %d rows, is left out", c.to, s.info.Storage, len(s.rows))
		}
	}
	d.sections = d.sections[c.f.current : c.f.current+1]
}

// version gives a text file the version it is converted to, and takes away the keys
// that version does not know.
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

// optionalKeys are the keys that came later, by the oldest version they are seen in
// that ptgen wrote.
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
		c.add(flash.Note, "", 0, "%s has no %s: left out of %d rows", c.to, key, n)
	}
}

// spellOut makes full rows of a list.
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
		c.add(flash.Note, "", 0, "a list has no version; written as %s", info.Version)
	}
	spec := Spec{Platform: info.Platform, Project: info.Project, Storage: info.Storage}.complete()
	if info.Platform == "" && !c.to.bare() {
		c.add(flash.Warning, "", 0, "nothing says the chip; written as %s", spec.Platform)
	}
	s := section{info: info}
	s.info.Storage = spec.Storage
	s.head.Fields = spec.storageHead()
	for i, p := range f.Table(0).Partitions {
		s.rows = append(s.rows, c.spellOutRow(i, p, spec.Storage))
	}
	if !c.to.bare() {
		c.add(flash.Warning, "", 0, "file names, types and operations are the usual ones for these partitions; the list does not give any")
		c.add(flash.Note, "", 0, "sizes are the distances between rows; the list does not give any")
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
	if p.ToEnd && p.Region.IsBoot() { // up to the user area, as MT6572 files have it
		p.Length = c.base - p.Offset
		p.ToEnd = p.Length <= 0
	}
	if p.Length == 0 && p.Reserved && !c.to.bare() {
		c.add(flash.Warning, p.Name, r.Line, "its size is not known; written as 0")
	}
	return rowOf(i, p, storage, linear, physical)
}

// linearBase returns where the user area begins in linear addresses, 0 when the file
// does not tell.
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

// compare lists the values that did not come through, such as a line end in a name.
func (c *converter) compare(d document, out *File) {
	if c.to.bare() {
		return
	}
	got := out.document()
	for i, s := range d.sections {
		if i >= len(got.sections) || len(got.sections[i].rows) != len(s.rows) {
			c.add(flash.Error, "", 0, "not all rows came through")
			return
		}
		if want, has := string(s.info.Storage), string(got.sections[i].info.Storage); d.typed && want != has {
			c.add(flash.Warning, "", 0, "storage %q cannot be said in %s as it is", want, c.to)
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
		c.add(flash.Warning, place, fd.Line, "%s: %s cannot be said in %s as it is", fd.Key, fd.Value, c.to)
	}
}

// zeroColumn says that a column is empty which the target keeps, and its readers may go by.
func (c *converter) zeroColumn() {
	if c.to.bare() || c.f.Dialect.bare() {
		return
	}
	if rows := c.f.build(farEnd).compared(); allZero(rows) {
		c.add(flash.Note, rows[0].Name, rows[0].row.Line, "%s, and are written so: who reads this file must go by the linear ones, counted from the MBR's row", zeroThroughout)
	}
}

// leftBehind counts what is no part of any table.
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
		c.add(flash.Note, "", first, "%d comments are left behind", comments)
	}
	if n := len(c.f.odd); n > 0 {
		c.add(flash.Note, "", c.f.odd[0], "%d lines that are no scatter syntax are left behind", n)
	}
}
