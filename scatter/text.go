package scatter

import (
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Limits of an accepted file. A GPT holds 128 partitions; rows have about 18 keys;
// there are three kinds of flash.
const (
	maxRows     = 4096
	maxFields   = 256
	maxSections = 8
)

// readText reads the text dialects: a header, then list items that begin with
// partition_index. A storage_type item begins the table of one storage, which has its
// own header. Indentation is ignored, because real files differ in it.
func readText(f *File) error {
	c := collector{f: f, row: &f.Head}
	for i, l := range f.lines {
		fd, item, ok := field(l, i+1)
		if !ok {
			switch s := bare(l); {
			case s == "" || s[0] == '#':
			default:
				c.odd = append(c.odd, i+1)
				if s[0] == '[' { // a vendor's own section after the rows
					c.row = nil
				}
			}
			continue
		}
		switch {
		case strings.EqualFold(fd.Key, "storage_type"):
			c.newSection(fd.Value)
		case strings.EqualFold(fd.Key, "partition_index"):
			c.newRow(i + 1)
		case c.isNameOfNew(fd, item):
			f.commonProblem(flash.Warning, fd.Value, i+1, "row has no partition_index")
			c.newRow(i + 1)
		case item && c.inRow:
			c.toHead()
		}
		if err := c.add(fd); err != nil {
			return err
		}
	}
	f.reportOdd(c.odd)
	f.Dialect = textDialect(f.Head.Get("config_version"), c.typed)
	f.readHead()
	return nil
}

// textDialect returns the dialect of a text file by its version. Text with tables for
// two storages is V2, even if it has another version.
func textDialect(version string, typed bool) Dialect {
	d := Dialect(strings.ToLower(version))
	switch known := textVersion.MatchString(string(d)); {
	case typed && (!known || !d.several()):
		return V210
	case !typed && (!known || d.several()):
		return "v1.1"
	}
	return d
}

// collector adds each field to its row or header while a file is read.
type collector struct {
	f     *File
	row   *Row // receives the fields; nil after a line that ends the rows
	inRow bool // row is a partition's, not a header
	at    int  // index of the section that receives the rows
	typed bool // a storage_type was seen
	odd   []int
}

// newSection begins the table of a storage, or continues it: some tools name the
// storage before every row.
func (c *collector) newSection(storage string) {
	c.typed = true
	c.at = slices.IndexFunc(c.f.sections, func(s section) bool { return strings.EqualFold(s.head.Get("storage_type"), storage) })
	if c.at < 0 {
		c.at = len(c.f.sections)
		c.f.sections = append(c.f.sections, section{})
	}
	c.toHead()
}

// toHead adds the next fields to the header of the storage, or of the file.
func (c *collector) toHead() {
	c.row, c.inRow = &c.f.Head, false
	if c.typed {
		c.row = &c.f.sections[c.at].head
	}
}

func (c *collector) newRow(line int) {
	if len(c.f.sections) == 0 {
		c.f.sections = []section{{}}
	}
	s := &c.f.sections[c.at]
	s.rows = append(s.rows, Row{Line: line})
	c.row, c.inRow = &s.rows[len(s.rows)-1], true
}

// isNameOfNew reports whether a partition_name begins a row whose partition_index line
// is missing: it is a list item itself, or the row before already has a name.
func (c *collector) isNameOfNew(fd Field, item bool) bool {
	if c.row == nil || !strings.EqualFold(fd.Key, "partition_name") {
		return false
	}
	return item || !c.inRow || c.row.Find("partition_name") != nil
}

func (c *collector) add(fd Field) error {
	if c.row == nil {
		c.odd = append(c.odd, fd.Line)
		return nil
	}
	if strings.EqualFold(fd.Key, "storage_type") && c.row.Find(fd.Key) != nil {
		return nil
	}
	if c.row.Line == 0 {
		c.row.Line = fd.Line
	}
	c.row.Fields = append(c.row.Fields, fd)
	n := len(c.f.sections)
	if n > maxSections || n > 0 && len(c.f.sections[c.at].rows) > maxRows || len(c.row.Fields) > maxFields {
		return lineError(fd.Line, nil, "more than %d rows, %d keys in a row, or %d storages: no flash has so many", maxRows, maxFields, maxSections)
	}
	return nil
}

// dropRepeats removes the second half of a table if it equals the first half except for
// the numbers of the rows. XML files of some makers contain each table twice.
func (f *File) dropRepeats() {
	for i := range f.sections {
		s := &f.sections[i]
		half := len(s.rows) / 2
		if half < 2 || !slices.EqualFunc(s.rows[:half], s.rows[half:], Row.says) {
			continue
		}
		f.commonProblem(flash.Note, "", s.rows[half].Line, "the %d rows above are repeated word for word; each row is counted once", half)
		s.rows = s.rows[:half]
	}
}

// says reports whether two rows are equal except for their numbers.
func (r Row) says(o Row) bool {
	return slices.EqualFunc(r.Fields, o.Fields, func(a, b Field) bool {
		return a.Key == b.Key && (a.Value == b.Value || strings.EqualFold(a.Key, "partition_index"))
	})
}

// reportOdd counts the lines that have no meaning in a scatter file.
func (f *File) reportOdd(odd []int) {
	if f.odd = odd; len(odd) > 0 {
		f.commonProblem(flash.Note, "", odd[0], "%d lines are not scatter syntax; they are kept unchanged", len(odd))
	}
}

// checkRows reports faults in the text of the rows. Table reports faults in their
// numbers.
func (f *File) checkRows() {
	indexes := map[string]int{}
	for _, r := range f.Rows {
		name := r.Get("partition_name")
		if index := r.Get("partition_index"); index != "" {
			if first, dup := indexes[index]; dup {
				f.problem(flash.Note, name, r.Line, "partition_index %s is also used at line %d", index, first)
			} else {
				indexes[index] = r.Line
			}
		}
		if name == "" {
			f.problem(flash.Warning, "", r.Line, "row has no partition_name")
		}
		f.checkKeys(name, r)
	}
}

// checkKeys reports keys that a row gives twice with different values.
func (f *File) checkKeys(name string, r Row) {
	first := make(map[string]Field, len(r.Fields))
	for _, fd := range r.Fields {
		key := strings.ToLower(fd.Key)
		before, dup := first[key]
		switch {
		case !dup:
			first[key] = fd
		case before.Value != fd.Value:
			f.problem(flash.Warning, name, fd.Line, "%s is given twice; the value of line %d is used", fd.Key, before.Line)
		}
	}
}
