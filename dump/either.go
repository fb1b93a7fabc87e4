package dump

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
)

// Opened is an image, a partition of a dump, or a whole dump, with the files that Close closes.
type Opened struct {
	Slice                    // its Image is nil for a whole dump
	Dump     *Dump           // nil for an image that is not in a dump
	Files    []string        // opened files, which must never be written to
	Problems []flash.Problem // found while it was opened

	plain   bool // the image is the bytes of the file
	tool    string
	closers []io.Closer
}

// Close closes the files.
func (o *Opened) Close() error {
	var errs []error
	for _, c := range o.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// PartitionError reports a file with several partitions of which none was named, or a file without
// partitions of which one was named.
type PartitionError struct {
	Path string
	Name string // the partition that was named, "" for none
}

func (e *PartitionError) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("which partition of %s?", e.Path)
	}
	return fmt.Sprintf("%s is a file system, and has no partition %s", e.Path, e.Name)
}

// OpenPlain opens a file as an image and unpacks nothing.
func OpenPlain(path string) (*Opened, error) {
	f, err := source.OpenFile(path)
	if err != nil {
		return nil, err
	}
	return &Opened{Slice: Slice{Name: path, Image: f}, Files: []string{path}, plain: true, closers: []io.Closer{f}}, nil
}

// OpenSlice opens an image (partition is ""), or a partition of a dump or of a super image. The
// image may be packed. Several paths are the pieces of one sparse image. The error is a
// *PartitionError if the file has no such partition, or has several and partition is "".
func OpenSlice(ctx context.Context, paths []string, partition string, opt Options) (*Opened, error) {
	base := filepath.Base(paths[0])
	if o, err := OpenPlain(paths[0]); err == nil { // a file system needs no partition table
		o.Name = base
		if kind := image.Sniff(o.Image).Kind; len(paths) == 1 && (kind == image.Ext4 || kind == image.EROFS) {
			if partition != "" {
				return nil, errors.Join(&PartitionError{paths[0], partition}, o.Close())
			}
			return o, nil
		}
		o.Close()
	}
	o, err := openEither(ctx, paths, opt, func(img flash.Image) bool {
		return partition == "" || image.Sniff(img).Kind == image.Super
	})
	if err != nil {
		return nil, err
	}
	if err := o.take(paths[0], partition); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	o.Name, o.Problems = cmp.Or(o.Name, base), flash.AtLeast(flash.Warning, o.Problems)
	return o, nil
}

// take selects a partition of the opened file.
func (o *Opened) take(path, partition string) (err error) {
	if o.Dump != nil {
		o.Slice, err = o.Dump.Slice(partition)
		return err
	}
	switch kind := image.Sniff(o.Image).Kind; {
	case kind == image.Super && partition == "", kind == image.GPT || kind == image.MBR:
		return &PartitionError{Path: path}
	case kind == image.Super:
		s, err := lp.Read(o.Image, nil)
		if err != nil {
			return err
		}
		name, suffix := slot.Cut(partition)
		o.Slice, err = Logical(s, name, cmp.Or(suffix, "a"))
		return err
	}
	return nil
}

// openEither opens an image, packed or not, if alone accepts it; otherwise it opens a dump.
func openEither(ctx context.Context, paths []string, opt Options, alone func(flash.Image) bool) (*Opened, error) {
	src, err := OpenBytes(ctx, paths, opt)
	if err != nil {
		return nil, err
	}
	if user := src.User(); user != nil && src.Storage != flash.Package && alone(user.Image) {
		return &Opened{Slice: Slice{Name: filepath.Base(paths[0]), Image: Strict(user.Image, user.Unread)}, tool: opt.Tool,
			Files: slices.Concat(paths, src.Files), Problems: src.Problems, closers: []io.Closer{src}}, nil
	}
	src.Close()
	return openDump(ctx, paths, opt)
}

func openDump(ctx context.Context, paths []string, opt Options) (*Opened, error) {
	opt.Image = true
	d, err := OpenPieces(ctx, paths, opt)
	if err != nil {
		return nil, err
	}
	return &Opened{Slice: Slice{Name: filepath.Base(paths[0])}, Dump: d, tool: opt.Tool,
		Files: slices.Concat(paths, d.Source.Files), Problems: slices.Concat(d.Source.Damaged, d.shipped()), closers: []io.Closer{d}}, nil
}

// OpenAny opens a file as what it is: a dump with its partitions (Image is nil), or an image,
// packed or not. Several paths are the pieces of one sparse image. A file that begins like a
// dump but cannot be opened as one is an image.
func OpenAny(ctx context.Context, paths []string, opt Options) (*Opened, error) {
	if len(paths) > 1 {
		o, err := openEither(ctx, paths, opt, func(img flash.Image) bool { return !beginsLikeDump(img) })
		if err == nil {
			o.Name = paths[0]
		}
		return o, err
	}
	var lost []flash.Problem
	if opt.Table != "" || looksLikeDump(paths[0]) {
		o, err := openDump(ctx, paths, opt)
		if err == nil {
			o.Name, o.Problems = paths[0], nil
			if user := o.Dump.Source.User(); user != nil && !o.Dump.Package() && len(o.Dump.Source.Files) == 1 && opt.Table == "" && !beginsLikeDump(user.Image) {
				o.Image = Strict(user.Image, user.Unread)
			}
			return o, nil
		}
		if st, serr := os.Stat(paths[0]); serr != nil || st.IsDir() || ctx.Err() != nil {
			return nil, err
		}
		if none := (*NoTableError)(nil); errors.As(err, &none) {
			lost = none.Problems
		}
	}
	o, err := OpenPlain(paths[0])
	if err == nil {
		o.Problems = lost
	}
	return o, err
}

// looksLikeDump reports whether a file may have partitions: it begins like a dump, is not a regular
// file, or is packed.
func looksLikeDump(path string) bool {
	f, err := source.OpenFile(path)
	if err != nil {
		return true
	}
	defer f.Close()
	if k := whatis.Of(f, path).Kind; k == whatis.Zip || k == whatis.Tar || k == whatis.Payload {
		return true
	}
	switch image.Sniff(f).Kind {
	case image.Gzip, image.XZ, image.LZ4, image.Zstd:
		return true
	case image.SparseAndroid:
		s, err := image.ReadSparse(f)
		return err == nil && beginsLikeDump(s)
	}
	return beginsLikeDump(f)
}

// beginsLikeDump distinguishes the start of a dump from that of an image.
func beginsLikeDump(img flash.Image) bool {
	const smallest = 16 << 20 // no phone has a smaller user area: a table alone is an image
	switch image.Sniff(img).Kind {
	case image.GPT, image.MBR, image.Unknown, image.Zero, image.BootRegion, image.MTKPreloader:
		return img.Size() >= smallest
	}
	return false
}
