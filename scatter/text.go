package scatter

import (
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Bounds of a file that is believed. A GPT holds 128 partitions; rows have some 18
// keys.
const (
	maxRows   = 4096
	maxFields = 256
)

// readText reads the single-storage text: a header, then list items that begin with
// partition_index. Indentation means nothing; real files disagree about it.
func readText(f *File) error {
	row := &f.Head // what fields belong to; nil after a line that ends the rows
	var odd []int
	for i, l := range f.lines {
		fd, item, ok := field(l, i+1)
		if !ok {
			switch s := bare(l); {
			case s == "" || s[0] == '#':
			default:
				odd = append(odd, i+1)
				if s[0] == '[' { // a vendor's own section after the rows
					row = nil
				}
			}
			continue
		}
		switch {
		case strings.EqualFold(fd.Key, "partition_index"):
			row = f.newRow(i + 1)
		case f.isNameOfNew(row, fd, item):
			f.problem(flash.Warning, fd.Value, i+1, "row has no partition_index")
			row = f.newRow(i + 1)
		case len(f.Rows) > 0 && item:
			row = &f.Head
		}
		if row == nil {
			odd = append(odd, i+1)
			continue
		}
		if row.Line == 0 {
			row.Line = i + 1
		}
		row.Fields = append(row.Fields, fd)
		if len(f.Rows) > maxRows || len(row.Fields) > maxFields {
			return lineError(i+1, nil, "more than %d rows or %d keys in one, no flash has so many", maxRows, maxFields)
		}
	}
	if len(odd) > 0 {
		f.problem(flash.Note, "", odd[0], "%d lines are no scatter syntax; kept as they are", len(odd))
	}
	f.readHead()
	f.checkRows()
	return nil
}

// isNameOfNew reports whether a partition_name begins a row whose partition_index
// line is missing: it is a list item itself, or the row before has its name already.
func (f *File) isNameOfNew(row *Row, fd Field, item bool) bool {
	if row == nil || !strings.EqualFold(fd.Key, "partition_name") {
		return false
	}
	return item || row == &f.Head || row.Find("partition_name") != nil
}

func (f *File) newRow(line int) *Row {
	f.Rows = append(f.Rows, Row{Line: line})
	return &f.Rows[len(f.Rows)-1]
}

// readHead decodes the header and says what it lacks.
func (f *File) readHead() {
	h := f.Head
	f.Info = Info{
		Version:     h.Get("config_version"),
		Platform:    h.Get("platform"),
		Project:     h.Get("project"),
		Storage:     flash.Storage(strings.ToUpper(h.Get("storage"))),
		BootChannel: h.Get("boot_channel"),
	}
	switch v := f.Info.Version; {
	case v == "":
		f.problem(flash.Warning, "", 0, "header has no config_version; read as V1.1")
	case !strings.HasPrefix(strings.ToUpper(v), "V1."):
		f.problem(flash.Warning, "", h.Find("config_version").Line, "config_version %q is not known; read as V1.1", v)
	}
	if b := h.Find("block_size"); b != nil {
		n, ok := number(b.Value)
		if !ok || n == 0 || n > maxBlock {
			f.problem(flash.Warning, "", b.Line, "block_size %q is not a usable size", b.Value)
			return
		}
		f.Info.BlockSize = int64(n)
	}
}

// maxBlock bounds block_size in bytes, so that 0xFFFF blocks cannot overflow.
const maxBlock = 1 << 30

// checkRows reports what is odd about the rows as text. What their numbers mean is
// for Table to say.
func (f *File) checkRows() {
	indexes := map[string]int{}
	for _, r := range f.Rows {
		name := r.Get("partition_name")
		if index := r.Get("partition_index"); index != "" {
			if first, dup := indexes[index]; dup {
				f.problem(flash.Note, name, r.Line, "partition_index %s was used before at line %d", index, first)
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
