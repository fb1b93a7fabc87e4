package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
)

// Lists of partitions that are no scatter file (/proc/dumchar_info, mtkclient's printgpt
// …), given where one is expected.

// besideDump says how such a list is used.
func besideDump(path string) []string {
	if t := dump.KindOf(path); t != nil && t.Kind == whatis.List {
		return nextSteps(path, t)
	}
	return nextSteps(path, &whatis.Thing{Kind: whatis.List})
}

// openList reads a list that is no scatter file; nil when it is none.
func openList(path string) (*capture.Capture, error) {
	f, err := source.OpenFile(path)
	if err != nil {
		return nil, nil // reading it as something else says why
	}
	defer f.Close()
	if capture.Sniff(f) == "" || scatter.Sniff(f) {
		return nil, nil
	}
	got, err := capture.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return got, nil
}

// openCompared reads one of the two files that are compared.
func openCompared(c *cli.Context, path string) (*scatter.File, []flash.Problem, error) {
	got, err := openList(path)
	if err != nil {
		return nil, nil, err
	}
	if got == nil {
		f, err := openTable(c, path)
		return f, nil, err
	}
	return scatter.FromTable(got.Table, listStorage(got.Table), got.Base), got.Table.Problems, nil
}

// listStorage is the kind of flash whose regions the rows are in.
func listStorage(t *flash.Table) flash.Storage {
	for _, s := range []flash.Storage{flash.UFS, flash.NAND} {
		if slices.ContainsFunc(t.Partitions, func(p flash.Partition) bool { return p.Region == s.User() }) {
			return s
		}
	}
	return flash.EMMC
}

var errSizesOnly = errors.New("the list does not say where its partitions begin")

// fromList makes a scatter file of a list alone.
func fromList(path string, got *capture.Capture, facts scatter.Facts) (made scatter.Creation, err error) {
	for _, p := range got.Table.Partitions {
		if !p.Placed() && !p.Reserved {
			return made, hinted{fmt.Errorf("%s: %w (%s)", path, errSizesOnly, got.Kind),
				[]string{fmt.Sprintf("a dump of the phone tells it: mtkkit scatter create ROM_1 --table %s", quoted(path))}}
		}
	}
	facts.Storage = listStorage(got.Table)
	facts.DeviceSize = cmp.Or(facts.DeviceSize, got.Table.DeviceSize)
	facts.LinearBase = cmp.Or(facts.LinearBase, got.Base)
	made = scatter.Create(got.Table, facts)
	made.Problems = append(slices.Clone(got.Table.Problems), made.Problems...)
	return made, nil
}
