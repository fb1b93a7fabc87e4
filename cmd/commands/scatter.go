package commands

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/whatis"
	"github.com/mtkkit/mtkkit/words"
)

func scatterCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "scatter",
		Usage: "create, convert, check and compare scatter files",
		Subcommands: []*cli.Command{
			scatterCreateCommand(u), scatterConvertCommand(u), scatterCheckCommand(u), scatterDiffCommand(u),
		},
	}
}

func deviceSizeOption(p *int64) flags.Option {
	return flags.Size(p, "device-size", "size of the user area in `BYTES`, as in 0x1D2000000 or 58G, if no table has it", 1, "0x1D2000000 or 58G")
}

func replaceOption(p *bool) flags.Option {
	return flags.Switch(p, "force f", "replace a file that mtkkit wrote earlier")
}

// openTable reads a scatter file or a list of partitions. If storage is not "", it selects the scatter
// file's table for that kind of flash.
func openTable(path string, storage flash.Storage) (*dump.TableFile, error) {
	t, err := dump.OpenTableFile(path)
	if errors.Is(err, flash.ErrNotThis) {
		err = words.Advise(err, "a scatter file is a text file such as MT6592_Android_scatter.txt")
		return nil, words.WhatElse(path, "scatter file", err, map[whatis.Kind]string{whatis.PartTable: "to create one from a dump: mtkkit scatter create %s -o FILE.xml"})
	}
	if err != nil || t.Scatter == nil || storage == "" {
		return t, err
	}
	f := t.Scatter.Select(storage)
	if f == nil {
		return nil, usage("%s has no table for %s; it has %v", path, storage, t.Scatter.Storages())
	}
	t.Scatter = f
	return t, nil
}

// besideDump returns hints on the use of a list of partitions.
func besideDump(path string) []string {
	if t := dump.KindOf(path); t != nil && t.Kind == whatis.List {
		return words.NextSteps(path, t)
	}
	return words.NextSteps(path, &whatis.Thing{Kind: whatis.List})
}

// withoutStarts adds a hint to the error that a list has no offsets.
func withoutStarts(err error) error {
	if none, ok := errors.AsType[*dump.NoStartsError](err); ok {
		return words.Advise(err, fmt.Sprintf("a dump of the phone has the start addresses: mtkkit scatter create ROM_1 --table %s", words.Quoted(none.Path)))
	}
	return err
}

// textFile is the destination of a text that a command made: a file, which is not overwritten without
// force, or standard output if path is "" or "-".
type textFile struct {
	path   string
	force  bool
	inputs []string // files that must not be written to
	lists  [][]byte // other texts with the same content, to recognize earlier output of the command
}

func (f textFile) write(u *ui, text []byte) error {
	if f.path == "" || f.path == "-" {
		_, err := u.Text().Write(text)
		return err
	}
	ours := func(path string) bool { return split.Says("written by mtkkit")(path) || f.known(text, path) }
	return writeBytes(f.path, text, split.FileOptions{Inputs: f.inputs, Force: f.force, Ours: ours})
}

// known reports whether the file at path may be replaced although it does not name mtkkit, because
// nothing is lost: it equals the text to be written, another dialect of it, or an input.
func (f textFile) known(text []byte, path string) bool {
	st, err := os.Stat(path)
	if err != nil || st.Size() > scatter.MaxSize {
		return false
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	same := func(b []byte) bool { return bytes.Equal(old, b) }
	if same(text) || slices.ContainsFunc(f.lists, same) {
		return true
	}
	return slices.ContainsFunc(f.inputs, func(in string) bool {
		st, err := os.Stat(in)
		if err != nil || !st.Mode().IsRegular() || st.Size() != int64(len(old)) {
			return false
		}
		b, err := os.ReadFile(in)
		return err == nil && same(b)
	})
}
