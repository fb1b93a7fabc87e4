package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/payload"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Options has the other files of the dump, and how it is opened.
type Options struct {
	Boot1, Boot2, RPMB string    // files with the other regions, "" for none
	TempDir            string    // folder for unpacking compressed dumps, "" for the system's
	Stdin              io.Reader // input for the path "-"; nil for the program's standard input
	Progress           func(flash.Event)

	// Lost is called for ranges that a backup has lost, with the file in it; such bytes then
	// read as zeros. Without Lost, reading them is an error.
	Lost func(file string, e flash.Extent, err error)

	// Keys returns the keys for encrypted files. It is called only if there is one.
	Keys func() ([]seal.Key, error)
}

func (o Options) progress(e flash.Event) {
	if o.Progress != nil {
		o.Progress(e)
	}
}

// Source is an opened Device and the files behind it.
type Source struct {
	flash.Device
	Unpacked bool     // the main file was compressed, or packed in an archive
	Scatter  string   // scatter file in the folder that was opened, as a path; its name in an archive; "" for none
	Files    []string // paths of all opened files, which must not be written to

	// Record is the manifest of the folder, zip, archive or store that was opened, nil for none.
	// Its hashes are those of the time when it was written.
	Record *flash.Manifest

	// Proves means that the bytes are proven when they are read, by the hashes of an archive or a
	// store, which agree with those of the record.
	Proves bool

	// Guessed means that the rows of the parts folder or archive are guesses from the content of the
	// dump: no table has them.
	Guessed bool

	// ScatterText is the content of that scatter file, nil for none.
	ScatterText flash.Image

	// Holes are the ranges of a region that no file of a folder has. They read as zeros; the
	// problems name the partitions in them.
	Holes map[flash.Region][]flash.Extent

	// Rows are the partitions of a firmware package. Their offsets are those in the region
	// flash.PackageFiles, and mean nothing on a phone. RowSums are the sums that the package has of
	// them, and Holds says in a few lines what it consists of.
	Rows    []flash.Partition
	RowSums []RowSum
	Holds   []string

	// Origins are the files of a firmware package that have the images, by the names of the rows: the
	// image of boot may be a file, or in payload.bin.
	Origins map[string]string

	// Unfinished means that a dump or parts folder is unfinished or being written. There is a
	// problem about it, too.
	Unfinished bool

	// Damaged are problems that may affect any byte of the device: wrong checksums, an archive
	// that is cut, a record or a backup that contradicts itself. They are in Problems, too.
	Damaged []flash.Problem

	opt        Options
	root       *os.Root // the folder that is being opened
	closers    []io.Closer
	later      closers         // opened since
	outside    []string        // links in the folder that leave it
	unreadable map[string]bool // manifests for which this was reported
	packed     *folder         // the folder of the record
	compared   map[string]bool // files that were compared with their hashes

	packedImages struct { // of a package, not unpacked yet
		files int
		size  int64
	}

	spooled struct { // files that were unpacked to temporary files
		files int
		size  int64
		note  flash.Problem
	}
}

// Close closes every file of the device and removes what was unpacked.
func (s *Source) Close() error {
	var errs []error
	for _, c := range s.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(append(errs, s.later.close())...)
}

// Check returns an error if a file has changed since it was opened: it was cut, has grown, was
// written to, or removed. A mover calls it after the last read, before it reports success.
func (s *Source) Check() error {
	for _, c := range s.closers {
		if f, ok := c.(*File); ok {
			if err := f.Check(); err != nil {
				return fmt.Errorf("source: %w", err)
			}
		}
	}
	return nil
}

// Moved returns a *disk.ChangedError if the path of a file does not lead to it any more: it was removed
// or replaced. Its bytes can still be read, as they were.
func (s *Source) Moved() error {
	for _, c := range s.closers {
		if f, ok := c.(*File); ok {
			if err := f.moved(); err != nil {
				return fmt.Errorf("source: %w", err)
			}
		}
	}
	return nil
}

// UnreadableError reports a main file that cannot be a dump.
type UnreadableError struct {
	Path, Text string
}

func (e *UnreadableError) Error() string { return "source: " + e.Path + ": " + e.Text }

// Open opens a dump and the regions beside it. The path is a file, the first of several numbered
// files, a folder, a block device, or "-".
//
// The end of ctx also stops images of a package that are unpacked later, when they are read: ctx must live
// as long as the Source.
//
// The error is an *UnreadableError for a file that is not a dump, or an error of the file system.
func Open(ctx context.Context, path string, opt Options) (*Source, error) {
	s := &Source{opt: opt}
	err := s.openMain(ctx, path)
	if err == nil {
		main := s.Unpacked
		err = s.openBeside(ctx)
		s.Unpacked = main
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.lackSilent()
	return s, nil
}

// OpenSet opens files that belong together, like a folder that contains only them. The content of a
// file decides which region it is. A single path is the same as in Open.
func OpenSet(ctx context.Context, paths []string, opt Options) (*Source, error) {
	if len(paths) == 1 {
		return Open(ctx, paths[0], opt)
	}
	s := &Source{opt: opt}
	f := &folder{name: strings.Join(paths, ", ")}
	err := s.addMembers(f, paths)
	if err == nil {
		err = s.openFolder(ctx, f)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.lackSilent()
	return s, nil
}

// addMembers adds files that the user named one by one.
func (s *Source) addMembers(f *folder, paths []string) error {
	for _, path := range paths {
		st, err := os.Stat(path)
		switch {
		case err != nil:
			return fmt.Errorf("source: %w", err)
		case st.IsDir():
			return &UnreadableError{path, "is a folder: name it alone, or the files in it"}
		case f.find(filepath.Base(path)) != nil:
			return &UnreadableError{path, "two files have this name: rename one"}
		}
		m := &member{name: filepath.Base(path), path: path, size: st.Size()}
		m.raw = func(ctx context.Context) (flash.Image, error) {
			if IsSparse(path) { // only this piece, whatever is beside it
				return s.openFile(ctx, path)
			}
			return s.openPath(ctx, path)
		}
		m.starts = func(magic string) bool { return fileStarts(path, magic) }
		f.add(m)
	}
	return nil
}

// hole records ranges that are in no file.
func (s *Source) hole(r flash.Region, holes ...flash.Extent) {
	if s.Holes == nil {
		s.Holes = map[flash.Region][]flash.Extent{}
	}
	s.Holes[r] = flash.Union(append(s.Holes[r], holes...))
}

// openMain opens the file, folder or store that the user named.
func (s *Source) openMain(ctx context.Context, path string) error {
	if oci.IsLayout(path) {
		return s.openStore(ctx, path)
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return s.openDir(ctx, path, 0)
	}
	name := filepath.Base(path)
	raw, err := s.openPath(ctx, path)
	if err != nil {
		return err
	}
	if raw, name, err = s.unsealMain(raw, name); err != nil {
		return err
	}
	if f, err := s.openBackup(raw, name); f != nil || err != nil {
		if err != nil {
			return err
		}
		s.Unpacked = true
		return s.openFolder(ctx, f)
	}
	if f, err := s.archive(ctx, raw, name); f != nil || err != nil {
		if err != nil {
			return err
		}
		s.Unpacked = true
		return s.openArchive(ctx, f)
	}
	if payload.Sniff(raw) {
		only := &member{name: "payload.bin", size: raw.Size(), packed: raw}
		_, err := s.openPackage(ctx, &folder{name: name, members: []*member{only}})
		return err
	}
	img, err := s.unwrap(ctx, raw, name)
	if err != nil {
		return err
	}
	s.Unpacked = s.Unpacked || img != raw
	s.take(place(img, true), name)
	s.tellPart(filepath.Base(path))
	return s.honourMapBeside(ctx, path, s.Parts)
}

// take adds a file's regions to the device.
func (s *Source) take(p placement, name string) {
	s.Storage = p.storage
	for _, part := range p.parts {
		part.Source = name
		s.Parts = append(s.Parts, part)
	}
	s.Problems = append(s.Problems, p.problems...)
}

// openBeside opens the files of other regions that the user named.
func (s *Source) openBeside(ctx context.Context) error {
	for _, more := range []struct {
		path   string
		region flash.Region
	}{
		{s.opt.Boot1, s.Storage.Boot1()},
		{s.opt.Boot2, s.Storage.Boot2()},
		{s.opt.RPMB, flash.EMMCRPMB},
	} {
		if more.path == "" {
			continue
		}
		if err := s.refuseTwice(more.path); err != nil {
			return err
		}
		name, img, err := s.openNamed(ctx, more.path)
		if err != nil {
			return err
		}
		if have := s.Part(more.region); have != nil {
			return fmt.Errorf("source: %s and %s are both %s", have.Source, more.path, more.region)
		}
		s.Parts = append(s.Parts, flash.Part{Region: more.region, Image: img, Source: name})
		if err := s.honourMapBeside(ctx, more.path, s.Parts[len(s.Parts)-1:]); err != nil {
			return err
		}
	}
	return nil
}

// openNamed opens and unwraps a file beside the main one, and gives it a unique name.
func (s *Source) openNamed(ctx context.Context, path string) (string, flash.Image, error) {
	raw, err := s.openPath(ctx, path)
	if err != nil {
		return "", nil, err
	}
	name := filepath.Base(path)
	if slices.ContainsFunc(s.Parts, func(p flash.Part) bool { return p.Source == name }) {
		name = filepath.Clean(path) // another file of the same name
	}
	img, err := s.unwrap(ctx, raw, name)
	return name, img, err
}

// refuseTwice refuses one file for two regions: the phone's two boot regions would seem to be
// equal, or a dump would be its own preloader.
func (s *Source) refuseTwice(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return nil // opening it reports why
	}
	for _, have := range s.Files {
		if hst, err := os.Stat(have); err == nil && os.SameFile(st, hst) {
			return &UnreadableError{path, "is given twice: it is already " + have + ""}
		}
	}
	return nil
}

// openPath opens the bytes of a path as they are: a file, numbered parts, a block device, or a
// pipe.
func (s *Source) openPath(ctx context.Context, path string) (flash.Image, error) {
	if path == Stdin {
		in := s.opt.Stdin
		if in == nil {
			in = os.Stdin
		}
		return s.openInput(ctx, in, "standard input")
	}
	st, err := s.stat(path)
	if err == nil && st.Mode()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeCharDevice) != 0 {
		if disk.IsDescriptor(path) {
			return s.openDescriptor(ctx, path)
		}
		if st.Mode()&fs.ModeCharDevice != 0 {
			return nil, &UnreadableError{path, "is a device that is not a disk, such as a terminal: a card reader or an eMMC is a disk, such as /dev/sdX"}
		}
		return nil, &UnreadableError{path, "is not a regular file: the output of a pipe can be read from standard input, as -"}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("source: %w", err)
	}
	if set, err := zipVolumes(path); len(set) > 0 || err != nil {
		return s.openVolumes(ctx, path, set, err)
	}
	if set, err := s.findParts(path); set != nil || err != nil {
		return s.openParts(ctx, path, set, err)
	}
	f, err := s.openFile(ctx, path)
	if err != nil {
		return nil, err
	}
	if ext := filepath.Ext(path); strings.EqualFold(ext, ".zip") && isLastVolume(f) { // it may begin with any bytes
		return nil, missingVolume(path, strings.TrimSuffix(path, ext)+".z01")
	}
	return f, nil
}

// openFile opens one file and keeps it open as long as the Source.
func (s *Source) openFile(ctx context.Context, path string) (*File, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	f, err := s.openAt(path)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	s.closers = append(s.closers, f)
	s.Files = append(s.Files, path)
	return f, nil
}

func (s *Source) problem(sev flash.Severity, place, format string, a ...any) {
	s.Problems.Add(sev, place, format, a...)
}
