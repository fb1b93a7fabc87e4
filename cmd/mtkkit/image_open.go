package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"strings"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/source"
)

// filePlace names a file in a file system: DUMP PARTITION:/PATH, IMAGE:/PATH or IMAGE /PATH.
type filePlace struct {
	dump      []string // several are the pieces of a sparse image
	partition string   // "" for the image itself
	path      string
}

// placeOf takes arguments apart: pieces or one file, and what is asked for in it. A file that
// exists is one, whatever its name looks like. False: there are too many.
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

// opened is an image by itself, or a partition of a dump, and what must be closed after it.
type opened struct {
	*files.Tree // nil where no file system was asked for
	img         flash.Image
	name        string // of the partition, or of the image's file
	inputs      []string
	told        []flash.Problem // what opening it brought to light
	closers     []io.Closer
}

func (o *opened) Close() error {
	var errs []error
	for _, c := range o.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// openFiles opens the file system that a place names.
func openFiles(ctx context.Context, u *ui, opt *dumpOptions, p filePlace) (*opened, error) {
	o, err := openImage(ctx, u, opt, p)
	if err != nil {
		return nil, err
	}
	if o.Tree, err = (dump.Slice{Name: o.name, Image: o.img}).Files(); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// openImage finds the bytes that a place names.
func openImage(ctx context.Context, u *ui, opt *dumpOptions, p filePlace) (*opened, error) {
	o := &opened{name: path.Base(p.dump[0])}
	err := o.open(ctx, u, opt, p)
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

func (o *opened) open(ctx context.Context, u *ui, opt *dumpOptions, p filePlace) error {
	if file, err := source.OpenFile(p.dump[0]); err == nil && len(p.dump) == 1 { // a bare image needs no partition table
		if kind := image.Sniff(file).Kind; kind == image.Ext4 || kind == image.EROFS {
			o.closers, o.inputs, o.img = append(o.closers, file), p.dump, file
			if p.partition != "" {
				return usage("%s is a file system, and has no partition %s", p.dump[0], p.partition)
			}
			return nil
		}
		file.Close()
	}
	src, err := openBytes(ctx, u, opt, p.dump...)
	if err != nil {
		return err
	}
	if user := src.User(); user != nil && (p.partition == "" || image.Sniff(user.Image).Kind == image.Super) {
		o.closers, o.inputs, o.told = append(o.closers, src), opt.inputs(append(src.Files, p.dump...)...), notable(src.Problems)
		return o.bare(user, p)
	}
	src.Close()
	d, err := openAny(ctx, u, opt, p.dump...)
	if err != nil {
		return err
	}
	o.closers, o.inputs, o.told = append(o.closers, d), opt.inputs(d.files()...), d.Source.Damaged
	return o.take(u, func() (dump.Slice, error) { return d.Slice(p.partition) })
}

// take takes a partition.
func (o *opened) take(u *ui, find func() (dump.Slice, error)) error {
	s, err := find()
	if s.Slot != nil {
		u.tellSlot(*s.Slot)
	}
	o.name, o.img = cmp.Or(s.Name, o.name), s.Image
	return err
}

// bare takes an image that was packed: a file system, or a super partition by itself.
func (o *opened) bare(user *flash.Part, p filePlace) error {
	o.img = dump.Strict(user.Image, user.Unread)
	switch kind := image.Sniff(o.img).Kind; {
	case kind == image.Super && p.partition == "", kind == image.GPT || kind == image.MBR:
		return usage("which partition of %s? (mtkkit image ls %s system:/)", p.dump[0], p.dump[0])
	case kind == image.Super:
		s, err := lp.Read(o.img, nil)
		if err != nil {
			return err
		}
		name, suffix := slot.Cut(p.partition)
		return o.take(nil, func() (dump.Slice, error) { return dump.Logical(s, name, cmp.Or(suffix, "a")) })
	}
	return nil
}

// tellSlot says which slot was chosen, where the phone has two.
func (u *ui) tellSlot(s dump.Slot) {
	switch {
	case s.Single:
	case s.From != "":
		u.Note("slot %s is the active one, says %s; name the other with its suffix", s.Suffix, s.From)
	default:
		u.Note("nothing in the dump says which slot is active: a is taken; name the other with its suffix")
	}
}
