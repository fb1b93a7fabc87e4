package scatter

import (
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// FromTable gives the rows of a table that is no scatter file, as Diff compares them:
// by name, place and size. Nothing else stands in such a list, and of a listed file
// nothing else counts. base is where its user area begins in linear addresses, 0 when
// that is not known.
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

// bare reports whether the file says no more than names and places.
func (f *File) bare() bool { return f.listed || f.Dialect.bare() }

// Lists returns what the file says in the dialects that have no comments, and so cannot
// bear the name of who wrote them. Those that cannot be written are left out.
func (f *File) Lists() [][]byte {
	var out [][]byte
	for _, to := range []Dialect{V1, List} {
		if list, _ := Convert(f, to); list != nil {
			out = append(out, list.Encode())
		}
	}
	return out
}
