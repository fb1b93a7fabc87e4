package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

const filesHelp = "Reads the file system in a partition of a dump (ROM_1 system:/app; also inside super), or in a single\n" +
	"image (system.img:/app, or system.img /app). If a partition has slots, the active slot is read; system_b names\n" +
	"a slot. ext2, ext3, ext4 and EROFS can be read; nothing is mounted or written. Instead of a dump you can name\n" +
	"all pieces of one Android sparse image, in any order."

// listFilesOptions are the options of image ls.
type listFilesOptions struct {
	dumpOptions
	long, recursive bool
}

func imageLsCommand(u *ui) *cli.Command {
	o := &listFilesOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:        "ls",
		Usage:       "list the files in a partition or an image",
		ArgsUsage:   "ROM_1 PARTITION:/PATH | IMAGE:/PATH",
		Description: filesHelp,
		Flags: flags.Of(flags.Fields(&o.long, &o.recursive, &o.scatter), []flags.Option{
			flags.Switch(&o.long, "long l", "show mode, owner, size and time of each file"),
			flags.Switch(&o.recursive, "recursive R", "list all files in subfolders too, with their paths"),
		}, o.dumpOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			return u.withFiles(ctx, &o.dumpOptions, args, func(f *opened, name string) error {
				l := &fileLister{ctx: ctx, u: u, o: o, f: f, out: bufio.NewWriter(u.Out)}
				return l.list(name)
			})
		}),
	}
}

// catFileOptions are the options of image cat.
type catFileOptions struct {
	dumpOptions
	output string
}

func imageCatCommand(u *ui) *cli.Command {
	o := &catFileOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:        "cat",
		Usage:       "write a file in a partition or an image to standard output",
		ArgsUsage:   "ROM_1 PARTITION:/PATH | IMAGE:/PATH",
		Description: filesHelp,
		Flags: flags.Of(flags.Fields(&o.output, &o.scatter), []flags.Option{
			flags.Text(&o.output, "output o", "write to `FILE`, which must not exist (default: standard output)"),
		}, o.dumpOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			return u.withFiles(ctx, &o.dumpOptions, args, func(f *opened, name string) error {
				return catFile(ctx, u, o, f, name)
			})
		}),
	}
}

// withFiles opens the file system that the arguments name and calls do with the path in it.
func (u *ui) withFiles(ctx context.Context, opt *dumpOptions, args []string, do func(o *opened, name string) error) error {
	place, ok := placeOf(args)
	if !ok {
		return usage("a dump and a path in it are needed (as in ROM_1 system:/build.prop, or system.img:/build.prop)")
	}
	o, err := openFiles(ctx, u, opt, place)
	if err != nil {
		return err
	}
	defer o.Close()
	err = do(o, place.path)
	problems := append(o.Opened.Problems, o.Tree.Problems()...)
	u.Problems(problems)
	if err == nil {
		err = words.Verdict(problems)
	}
	return inWords(err, o.Name, flash.Worst(problems) == flash.Error)
}

// inWords gives the errors of package files a text for the user. Errors of the output file have one.
func inWords(err error, name string, damaged bool) error {
	if errors.As(err, new(writeError)) {
		return err
	}
	return words.InFiles(err, name, damaged)
}

// fileLister prints files, or collects them for the document.
type fileLister struct {
	ctx  context.Context
	u    *ui
	o    *listFilesOptions
	f    *opened
	out  *bufio.Writer
	docs []document.File
	bad  bool // some cannot be read
}

// list prints a file, the files in a directory, or with --recursive all files below it.
func (l *fileLister) list(name string) error {
	node, err := l.f.Find(name)
	if err != nil {
		return err
	}
	switch {
	case l.o.recursive:
		base := strings.Trim(path.Clean("/"+name), "/")
		err = l.f.Walk(base, node, func(at string, n *files.Inode, err error) error {
			if at == base && n == node && err == nil {
				return nil
			}
			return l.add(at, n, err)
		})
	case node.Mode.IsDir():
		err = l.f.listDirectory(node, l.add)
	default:
		err = l.add(path.Base(name), node, nil)
	}
	if l.u.JSON && err == nil {
		err = l.u.Document(document.FileList{Partition: l.f.Name, Path: name, Files: l.docs, Problems: l.f.Tree.Problems()})
	}
	if err := errors.Join(err, l.out.Flush()); err != nil {
		return err
	}
	if l.bad {
		return words.ErrProblems
	}
	return nil
}

// add prints one file; err is the reason why something of it is not known.
func (l *fileLister) add(at string, node *files.Inode, err error) error {
	if l.ctx.Err() != nil {
		return l.ctx.Err()
	}
	d := document.NewFile(l.f.Tree, at, node, err)
	if err != nil {
		l.bad = true
		l.u.Problems([]flash.Problem{{Severity: flash.Error, Place: path.Join("/", at), Offset: flash.NoOffset, Text: d.Error}})
	}
	if l.u.JSON {
		l.docs = append(l.docs, d)
		return nil
	}
	_, werr := fmt.Fprintln(l.out, fileLine(d, l.o.long))
	return werr
}

func (o *opened) listDirectory(dir *files.Inode, add files.Visit) error {
	list, err := o.List(dir)
	if err != nil {
		return err
	}
	for _, e := range list {
		node, err := o.Inode(e.Num)
		if err != nil {
			node = nil
		}
		if err := add(e.Name, node, err); err != nil {
			return err
		}
	}
	return nil
}

// fileLine returns the line that ls prints for a file.
func fileLine(l document.File, long bool) string {
	name := words.OneLine(l.Path)
	if !long {
		return name
	}
	if l.Mode == "" {
		return fmt.Sprintf("%-10s %s", "?", name)
	}
	size := fmt.Sprint(l.Size)
	if l.Device != "" {
		size = l.Device
	}
	if l.Target != "" {
		name += " -> " + words.OneLine(l.Target)
	}
	if l.Encrypted {
		name += "  (encrypted)"
	}
	return fmt.Sprintf("%s %5d %5d %12s %s %s", l.Mode, l.UID, l.GID, size, strings.NewReplacer("T", " ", "Z", "").Replace(l.ModTime), name)
}

// catFile writes the bytes of one file.
func catFile(ctx context.Context, u *ui, opt *catFileOptions, o *opened, name string) error {
	img, err := o.Open(name)
	if err != nil {
		return err
	}
	fill := func(w io.Writer) error {
		n, err := dump.CopyImage(ctx, w, img)
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("%d of %d bytes: %w", n, img.Size(), err)
		}
		return err
	}
	if opt.output == "" {
		return fill(u.Text())
	}
	if err := writeFile(opt.output, split.FileOptions{Inputs: o.inputs}, fill); err != nil {
		return writeError{err}
	}
	return nil
}

// writeError is an error of the output file, not of the file that is read.
type writeError struct{ error }

func (e writeError) Unwrap() error { return e.error }
