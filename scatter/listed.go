package scatter

import (
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// FromTable makes a File from the rows of a table that is not a scatter file, for Diff.
// Diff then compares only names, addresses and sizes, because such a list has nothing
// else. base is the start of its user area in linear addresses in bytes, 0 if unknown.
func FromTable(t *flash.Table, storage flash.Storage, base int64) *File {
	s := Spec{Storage: storage, Rows: slices.Clone(t.Partitions), Dialect: V112, UserSize: t.DeviceSize, LinearBase: base}
	f := Build(s)
	f.listed = true
	for i := range f.sections {
		for j := range f.sections[i].rows {
			f.sections[i].rows[j].Line = 0
		}
	}
	return f
}

// bare reports whether the file contains only names, addresses and sizes.
func (f *File) bare() bool { return f.listed || f.Dialect.bare() }

// Lists returns the content of the file in the dialects that have no comments, and so
// cannot contain the name of the tool that wrote them. A dialect in which the file
// cannot be written is left out.
func (f *File) Lists() [][]byte {
	var out [][]byte
	for _, to := range []Dialect{V1, List} {
		if list, _ := Convert(f, to); list != nil {
			out = append(out, list.Encode())
		}
	}
	return out
}
