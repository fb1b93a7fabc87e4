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
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Options say what lies beside the main file.
type Options struct {
	Boot1, Boot2, RPMB string    // files with the other regions, "" for none
	TempDir            string    // where compressed dumps are unpacked, "" for the system's place
	Stdin              io.Reader // what the path "-" reads, nil for the program's standard input
	Progress           func(flash.Event)

	// Lost is told of what a backup has lost, by the file in it; such bytes then read as
	// zeros. Without it reading them fails.
	Lost func(file string, e flash.Extent, err error)

	// Keys returns the keys for what is encrypted; it is called only when something is.
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
	Files    []string // every file that was opened, as paths: what must not be written to

	// Record is the manifest of the folder that was opened, nil for none. Its hashes are of
	// what was written then: nothing here compares them with what is there now.
	Record *flash.Manifest

	// ScatterText is the content of that scatter file, nil for none.
	ScatterText flash.Image

	// Holes are the ranges of a region that no file of a folder holds. They read as
	// zeros; problems name the partitions they touch.
	Holes map[flash.Region][]flash.Extent

	// Unfinished is set of a dump or parts folder that was never finished, or is being
	// written. A problem says so, too.
	Unfinished bool

	// Damaged are the problems that touch whatever is read of the device, and nobody knows
	// where: wrong checksums. They are among Problems, too.
	Damaged []flash.Problem

	opt        Options
	root       *os.Root // the folder that is being opened
	closers    []io.Closer
	outside    []string        // links in the folder that leave it
	unreadable map[string]bool // manifests of which that was said

	spooled struct { // what was unpacked to temporary files
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
	return errors.Join(errs...)
}

// Check reports whether a file is not what it was any more when it was opened: cut, grown,
// written to, or gone. Who has read what he wanted asks before he calls it done.
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

// UnreadableError is a main file that cannot be a dump at all.
type UnreadableError struct {
	Path, Text string
}

func (e *UnreadableError) Error() string { return "source: " + e.Path + ": " + e.Text }

// Open opens a dump and the regions beside it. The path may be that of a file, of the
// first of several numbered ones, of a folder or a block device, or "-".
//
// The error is an *UnreadableError for what is no dump, or one of the file system.
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

// OpenSet opens files that belong together as a folder of just them is opened: which
// holds which region is told by what stands in them. A single path is that of Open.
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

// addMembers lists files the user named one by one.
func (s *Source) addMembers(f *folder, paths []string) error {
	for _, path := range paths {
		st, err := os.Stat(path)
		switch {
		case err != nil:
			return fmt.Errorf("source: %w", err)
		case st.IsDir():
			return &UnreadableError{path, "is a folder: name it alone, or the files in it"}
		case f.find(filepath.Base(path)) != nil:
			return &UnreadableError{path, "two files of this name cannot be told apart: rename one"}
		}
		m := &member{name: filepath.Base(path), path: path, size: st.Size()}
		m.raw = func(ctx context.Context) (flash.Image, error) {
			if IsSparse(path) { // a piece by itself, whatever lies beside it
				return s.openFile(ctx, path)
			}
			return s.openPath(ctx, path)
		}
		m.starts = func(magic string) bool { return fileStarts(path, magic) }
		f.add(m)
	}
	return nil
}

// hole notes what no file holds.
func (s *Source) hole(r flash.Region, holes ...flash.Extent) {
	if s.Holes == nil {
		s.Holes = map[flash.Region][]flash.Extent{}
	}
	s.Holes[r] = flash.Union(append(s.Holes[r], holes...))
}

// openMain opens what the user named, whatever it is.
func (s *Source) openMain(ctx context.Context, path string) error {
	if oci.IsLayout(path) {
		return s.openStore(ctx, path)
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return s.openDir(ctx, path)
	}
	name := filepath.Base(path)
	raw, err := s.openPath(ctx, path)
	if err != nil {
		return err
	}
	if raw, name, err = s.unseal(raw, name); err != nil {
		return err
	}
	if f, err := s.openBackup(raw, name); f != nil || err != nil {
		if err != nil {
			return err
		}
		s.Unpacked = true
		return s.openFolder(ctx, f)
	}
	if f := s.archive(raw, name); f != nil {
		s.Unpacked = true
		return s.openArchive(ctx, f)
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

// openDir opens a folder, and nothing outside of it.
func (s *Source) openDir(ctx context.Context, path string) error {
	if err := s.enter(path); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	defer s.leave()
	f, err := s.readFolder(path)
	if err != nil {
		return err
	}
	return s.openFolder(ctx, f)
}

// take makes a file's regions those of the device.
func (s *Source) take(p placement, name string) {
	s.Storage = p.storage
	for _, part := range p.parts {
		part.Source = name
		s.Parts = append(s.Parts, part)
	}
	s.Problems = append(s.Problems, p.problems...)
}

// openBeside opens the files with other regions that the user named.
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
			return fmt.Errorf("source: %s and %s both hold %s", have.Source, more.path, more.region)
		}
		s.Parts = append(s.Parts, flash.Part{Region: more.region, Image: img, Source: name})
		if err := s.honourMapBeside(ctx, more.path, s.Parts[len(s.Parts)-1:]); err != nil {
			return err
		}
	}
	return nil
}

// openNamed opens and unwraps a file beside the main one, and names it as no other is.
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

// refuseTwice stops a file from being taken for two regions: a phone's two boot regions
// would seem to agree, or a dump be its own preloader.
func (s *Source) refuseTwice(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return nil // opening it says why
	}
	for _, have := range s.Files {
		if hst, err := os.Stat(have); err == nil && os.SameFile(st, hst) {
			return &UnreadableError{path, "is given twice: it is " + have + " already"}
		}
	}
	return nil
}

// openPath opens the bytes of a path as they are: a file, the parts of one that was
// split, a block device, or what comes out of a pipe.
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
			return nil, &UnreadableError{path, "is a device that holds no files, such as a terminal: a card reader or an eMMC is a disk, such as /dev/sdX"}
		}
		return nil, &UnreadableError{path, "is no file: what comes out of a pipe is taken from standard input, as -"}
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
	if ext := filepath.Ext(path); strings.EqualFold(ext, ".zip") && isLastVolume(f) { // begins with anything
		return nil, missingVolume(path, strings.TrimSuffix(path, ext)+".z01")
	}
	return f, nil
}

// openFile opens one file and keeps it open for as long as the Source is.
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
