package commands

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/whatis"
	"github.com/mtkkit/mtkkit/words"
)

// archiveOptions are the options of a command that reads one archive.
type archiveOptions struct {
	displayOptions
	keyOptions
}

func (o *archiveOptions) options() []flags.Option {
	return append(o.keyOptions.options(), o.displayOptions.options()...)
}

// openArchive opens an archive. If the file is something else, the error says what it is and what to
// do with it.
func openArchive(ctx context.Context, u *ui, o *keyOptions, path string) (*archive.Archive, error) {
	a, err := archive.Open(ctx, path, o.keys(ctx, u))
	if errors.Is(err, flash.ErrNotThis) {
		err = words.WhatElse(path, "archive of mtkkit", err, map[whatis.Kind]string{
			whatis.PartTable: "to verify a dump: mtkkit verify %s",
			whatis.Zip:       "if mtkkit made it, it is cut or its manifest is missing: copy it again; unzip -l %s lists its content",
		})
	} else if err != nil {
		err = placeNotFile(path, err)
	}
	if errors.Is(err, seal.ErrKey) {
		err = words.Locked(path, err, o.key)
	}
	return a, err
}

// reading returns the action of a command that reads one archive and takes n arguments.
func (o *archiveOptions) reading(u *ui, takes string, n int, do func(ctx context.Context, a *archive.Archive, args []string) error) cli.ActionFunc {
	return u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
		if len(args) != n {
			return usageHelp("%s is needed", takes)
		}
		a, err := openArchive(ctx, u, &o.keyOptions, args[0])
		if err != nil {
			return err
		}
		defer a.Close()
		if err := do(ctx, a, args); err != nil {
			return err
		}
		u.Problems(a.Problems)
		return words.Verdict(a.Problems)
	})
}

func backupListCommand(u *ui) *cli.Command {
	o := &archiveOptions{displayOptions: newDisplay()}
	const takes = "phone.tar.zst"
	return &cli.Command{
		Name:      "list",
		Aliases:   []string{"ls"},
		Usage:     "list the files of an archive",
		ArgsUsage: takes,
		Flags:     flags.Of(flags.Fields(&o.json, &o.key), o.options()),
		Action: o.reading(u, takes, 1, func(_ context.Context, a *archive.Archive, _ []string) error {
			return printMembers(u, a)
		}),
	}
}

func printMembers(u *ui, a *archive.Archive) error {
	doc := document.NewArchiveList(a)
	if u.JSON {
		return u.Document(doc)
	}
	w := u.Table("FILE", "SIZE", "DATA", "PACKED", "SHA-256")
	for _, d := range doc.Files {
		sum := d.SHA256
		if len(sum) > 16 {
			sum = sum[:16] + "…"
		}
		w.Row(d.File, flash.Size(d.Size), flash.Size(d.Data), flash.Size(d.Packed), sum)
	}
	return w.Flush()
}

func backupCatCommand(u *ui) *cli.Command {
	o := &archiveOptions{displayOptions: newDisplay()}
	const takes = "phone.tar.zst FILE"
	return &cli.Command{
		Name:      "cat",
		Usage:     "write one file of an archive to standard output",
		ArgsUsage: takes,
		Flags:     flags.Of(flags.Fields(&o.key), o.keyOptions.options(), o.displayOptions.options()[1:]),
		Action: o.reading(u, takes, 2, func(_ context.Context, a *archive.Archive, args []string) error {
			m, err := a.Find(args[1])
			if err != nil {
				return err
			}
			if m == nil {
				return fmt.Errorf("%s has no file %q (see mtkkit backup list)", a.Path, args[1])
			}
			if u.OutTTY {
				return usage("standard output is a terminal; write it to a file: mtkkit backup cat … > %s", m.Name)
			}
			n, err := io.Copy(u.Out, io.NewSectionReader(a.Image(m), 0, m.Size))
			if err != nil {
				return fmt.Errorf("%d of %d bytes written: %w", n, m.Size, err)
			}
			return nil
		}),
	}
}
