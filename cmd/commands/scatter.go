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
		Usage: "make scatter files, convert, check and compare them",
		Subcommands: []*cli.Command{
			scatterCreateCommand(u), scatterConvertCommand(u), scatterCheckCommand(u), scatterDiffCommand(u),
		},
	}
}

func deviceSizeOption(p *int64) flags.Option {
	return flags.Size(p, "device-size", "`BYTES` of the user area, as in 0x1D2000000 or 58G, where no table states it", 1, "0x1D2000000 or 58G")
}

func replaceOption(p *bool) flags.Option {
	return flags.Switch(p, "force f", "replace a file that mtkkit wrote earlier")
}

// openTable reads a scatter file or a list, and chooses the scatter file's table for a kind of
// flash; "" takes the file as it is.
func openTable(path string, storage flash.Storage) (*dump.TableFile, error) {
	t, err := dump.OpenTableFile(path)
	if errors.Is(err, flash.ErrNotThis) {
		err = words.Advise(err, "a scatter file is a text file such as MT6592_Android_scatter.txt")
		return nil, words.WhatElse(path, "scatter file", err, map[whatis.Kind]string{whatis.PartTable: "to make one of a dump: mtkkit scatter create %s -o FILE.xml"})
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

// besideDump says how a list of partitions is used.
func besideDump(path string) []string {
	if t := dump.KindOf(path); t != nil && t.Kind == whatis.List {
		return words.NextSteps(path, t)
	}
	return words.NextSteps(path, &whatis.Thing{Kind: whatis.List})
}

// withoutStarts adds to the error of a list without addresses what helps.
func withoutStarts(err error) error {
	if none, ok := errors.AsType[*dump.NoStartsError](err); ok {
		return words.Advise(err, fmt.Sprintf("a dump of the phone tells it: mtkkit scatter create ROM_1 --table %s", words.Quoted(none.Path)))
	}
	return err
}

// textFile is where a text goes that a command made: a file that is not overwritten, or, with ""
// or "-", standard output.
type textFile struct {
	path   string
	force  bool
	inputs []string // files that must not be written to
	lists  [][]byte // other texts of the same content, by which the command's own output is known again
}

func (f textFile) write(u *ui, text []byte) error {
	if f.path == "" || f.path == "-" {
		_, err := u.Out.Write(text)
		return err
	}
	ours := func(path string) bool { return split.Says("written by mtkkit")(path) || f.known(text, path) }
	return writeBytes(f.path, text, split.FileOptions{Inputs: f.inputs, Force: f.force, Ours: ours})
}

// known tells texts that bear no word of who wrote them, and lose nothing when they are replaced:
// what is to be written, other dialects of it, and copies of an input.
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
