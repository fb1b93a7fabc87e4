package commands

import (
	"cmp"
	"context"
	"errors"
	"os"
	"strings"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/words"
)

// filePlace names a file in a file system: DUMP PARTITION:/PATH, IMAGE:/PATH or IMAGE /PATH.
type filePlace struct {
	dump      []string // several are the pieces of a sparse image
	partition string   // "" for the image itself
	path      string
}

// placeOf parses arguments: one file or several pieces, and the path in it. An argument that is an
// existing file is not split at a colon. It returns false if there are too many arguments.
func placeOf(args []string) (p filePlace, ok bool) {
	n := max(pieces(args), 1)
	if len(args) < 1 || len(args) > n+1 {
		return p, false
	}
	p = filePlace{dump: args[:n], path: "/"}
	if len(args) == n+1 {
		partition, inside, ok := strings.Cut(args[n], ":")
		if !ok || strings.Contains(partition, "/") {
			p.path = args[n]
			return p, true
		}
		p.partition, p.path = partition, cmp.Or(inside, "/")
		return p, true
	}
	if _, err := os.Stat(args[0]); err == nil {
		return p, true
	}
	if i := strings.LastIndex(args[0], ":/"); i > 0 {
		p.dump, p.path = []string{args[0][:i]}, args[0][i+1:]
	}
	return p, true
}

// opened is a single image or a partition of a dump, with what must be closed after use.
type opened struct {
	*files.Tree // nil if the command needs no file system
	*dump.Opened
	u      *ui
	inputs []string // files that must never be written to
}

// Close closes the files. If the dump has changed since it was opened, the command fails at its end.
func (o *opened) Close() error {
	if o.Dump != nil && o.u.changed == nil {
		o.u.changed = o.Dump.Check()
	}
	return o.Opened.Close()
}

// open calls do with the options of the library, and prints which files and which slot are used.
func (o *dumpOptions) open(ctx context.Context, u *ui, do func(dump.Options) (*dump.Opened, error)) (*opened, error) {
	opt, err := o.dump(ctx, u)
	if err != nil {
		return nil, err
	}
	f, err := do(opt)
	if err != nil {
		return nil, o.notOpened(u, err)
	}
	u.Bars.Clear()
	if f.Dump != nil {
		u.meet(f.Dump)
	}
	if f.Slot != nil {
		u.tellSlot(*f.Slot)
	}
	return &opened{Opened: f, u: u, inputs: o.inputs(f.Files...)}, nil
}

// openFiles opens the file system that p names.
func openFiles(ctx context.Context, u *ui, opt *dumpOptions, p filePlace) (*opened, error) {
	o, err := openImage(ctx, u, opt, p)
	if err != nil {
		return nil, err
	}
	if o.Dump != nil {
		u.notCompared(o.Dump)
	}
	if o.Tree, err = o.Slice.Files(); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// openImage opens the image or partition that p names.
func openImage(ctx context.Context, u *ui, opt *dumpOptions, p filePlace) (*opened, error) {
	o, err := opt.open(ctx, u, func(opt dump.Options) (*dump.Opened, error) { return dump.OpenSlice(ctx, p.dump, p.partition, opt) })
	if which := (*dump.PartitionError)(nil); errors.As(err, &which) {
		if which.Name == "" {
			return nil, usage("%v (mtkkit image ls %s system:/)", which, which.Path)
		}
		return nil, usage("%v", which)
	}
	return o, err
}

// tellSlot prints which slot is used, if the phone has two.
func (u *ui) tellSlot(s dump.Slot) {
	if text := words.SlotUsed(s); text != "" {
		u.Note("%s", text)
	}
}
