package dump

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/source"
)

// TableFile is a file that lists partitions: a scatter file, or another list, such as
// /proc/dumchar_info or the output of mtkclient.
type TableFile struct {
	Path    string
	Scatter *scatter.File    // nil for a list
	List    *capture.Capture // nil for a scatter file
}

// OpenTableFile reads a file that lists partitions. The error wraps flash.ErrNotThis if the file is
// neither a scatter file nor a list.
func OpenTableFile(path string) (*TableFile, error) {
	img, err := source.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer img.Close()
	t := &TableFile{Path: path}
	if capture.Sniff(img) != "" && !scatter.Sniff(img) {
		t.List, err = capture.Read(img)
	} else {
		t.Scatter, err = scatter.Read(img)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// NoStartsError reports a list without the offsets of its partitions: no scatter file can be
// made from it alone.
type NoStartsError struct {
	Path string
	Kind string // kind of the list
}

func (e *NoStartsError) Error() string {
	return fmt.Sprintf("%s: the list does not say where its partitions begin (%s)", e.Path, e.Kind)
}

// Create makes a scatter file from a list alone. The flash type is the list's. The device size
// and the linear base are the list's if the facts have none. The error is a *NoStartsError.
func (t *TableFile) Create(facts scatter.CreateOptions) (made scatter.Creation, err error) {
	table := t.List.Table
	for _, p := range table.Partitions {
		if !p.Placed() && !p.Reserved {
			return made, &NoStartsError{t.Path, string(t.List.Kind)}
		}
	}
	facts.Storage = storageOf(table)
	facts.DeviceSize = cmp.Or(facts.DeviceSize, table.DeviceSize)
	facts.LinearBase = cmp.Or(facts.LinearBase, t.List.Base)
	made = scatter.Create(table, facts)
	made.Problems = append(slices.Clone(table.Problems), made.Problems...)
	return made, nil
}

// storageOf returns the flash type that has the regions of the rows.
func storageOf(t *flash.Table) flash.Storage {
	for _, s := range []flash.Storage{flash.UFS, flash.NAND} {
		if slices.ContainsFunc(t.Partitions, func(p flash.Partition) bool { return p.Region == s.User() }) {
			return s
		}
	}
	return flash.EMMC
}

// Convert returns the same table in the dialect of the facts. For a scatter file, only the
// platform is taken from the facts, if the file has none; a file that already has the dialect is
// t.Scatter itself. The problems list what is lost or made up; they are returned with an error,
// too.
func (t *TableFile) Convert(facts scatter.CreateOptions) (*scatter.File, []flash.Problem, error) {
	if t.List != nil {
		made, err := t.Create(facts)
		if err != nil {
			return nil, nil, err
		}
		return scatter.Build(made.Spec), made.Problems, nil
	}
	t.Scatter.Info.Platform = cmp.Or(t.Scatter.Info.Platform, facts.Platform)
	out, problems := scatter.Convert(t.Scatter, facts.Dialect)
	if out == nil {
		return nil, problems, fmt.Errorf("%s: cannot be written as %s", t.Path, facts.Dialect)
	}
	return out, problems, nil
}

// Lists returns the table in the dialects without comments, for recognising such a file; none if it
// cannot be written so.
func (t *TableFile) Lists() [][]byte {
	if t.Scatter != nil {
		return t.Scatter.Lists()
	}
	made, err := t.Create(scatter.CreateOptions{Profile: scatter.Firmware})
	if err != nil {
		return nil
	}
	return scatter.Build(made.Spec).Lists()
}

// Rows returns the rows for scatter.Diff, with the problems of a list.
func (t *TableFile) Rows() (*scatter.File, []flash.Problem) {
	if t.Scatter != nil {
		return t.Scatter, nil
	}
	table := t.List.Table
	return scatter.FromTable(table, storageOf(table), t.List.Base), table.Problems
}

// Script returns the table in the form that the output for other tools needs. DeviceSize is the
// size of the user area in bytes, 0 if unknown.
func (t *TableFile) Script(deviceSize int64) (scatter.Script, []flash.Problem) {
	s := scatter.Script{DeviceSize: deviceSize}
	if t.List != nil {
		s.Table = t.List.Table
		s.Storage, s.DeviceSize = storageOf(s.Table), cmp.Or(deviceSize, s.Table.DeviceSize)
	} else {
		s.Table, s.Storage, s.Chip = t.Scatter.Table(deviceSize), t.Scatter.Info.Storage, t.Scatter.Info.Platform
		s.Common = strings.HasPrefix(strings.ToUpper(t.Scatter.Info.Version), "V2")
	}
	return s, s.Table.Problems
}

// Judged is the result of scatter.Check for one table of a scatter file.
type Judged struct {
	Storage  flash.Storage     `json:"storage,omitempty"`
	Rows     int               `json:"rows"`
	Findings []scatter.Finding `json:"findings"`
}

// Check checks the tables of a scatter file: that of one flash type, or with "" all.
func (t *TableFile) Check(only flash.Storage, opt scatter.CheckOptions) (out []Judged) {
	for _, storage := range t.Scatter.Storages() {
		if only == "" || storage == only || storage == "" {
			f := t.Scatter.Select(storage)
			out = append(out, Judged{storage, len(f.Rows), append([]scatter.Finding{}, scatter.Check(f, opt)...)})
		}
	}
	return out
}

// SizesIn returns a function that gives the sizes of images in a folder, for
// scatter.CheckOptions. A name that leads out of the folder is fs.ErrInvalid, because a scatter
// file is untrusted.
func SizesIn(dir string) func(name string) (int64, error) {
	return func(name string) (int64, error) {
		if name != filepath.Base(name) {
			return 0, fs.ErrInvalid
		}
		st, err := disk.StatInFolder(dir, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return 0, fs.ErrNotExist
		case err != nil:
			return 0, err
		case !st.Mode().IsRegular():
			return 0, fs.ErrInvalid
		}
		return st.Size(), nil
	}
}
