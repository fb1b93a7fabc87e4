package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/preloader"
)

// Options say what lies beside the main file.
type Options struct {
	Boot1, Boot2, RPMB string // files with the other regions, "" for none
	TempDir            string // where compressed dumps are unpacked, "" for the system's place
	Progress           func(flash.Event)
}

func (o Options) progress(e flash.Event) {
	if o.Progress != nil {
		o.Progress(e)
	}
}

// Source is an opened Device and the files behind it.
type Source struct {
	flash.Device
	Unpacked bool // the main file was compressed
	closers  []io.Closer
}

// Close closes every file of the device and removes what was unpacked.
func (s *Source) Close() error {
	var errs []error
	for _, c := range s.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// UnreadableError is a main file that cannot be a dump at all.
type UnreadableError struct {
	Path, Text string
}

func (e *UnreadableError) Error() string { return "source: " + e.Path + ": " + e.Text }

// Open opens a dump and the regions beside it.
func Open(ctx context.Context, path string, opt Options) (*Source, error) {
	s := &Source{}
	fail := func(err error) (*Source, error) {
		s.Close()
		return nil, err
	}
	img, err := s.open(ctx, path, opt)
	if err != nil {
		return fail(err)
	}
	s.Storage = storageOf(img)
	region := s.Storage.User()
	if medium := preloader.Medium(img); medium != "" {
		region = s.Storage.Boot1()
	}
	s.Parts = []flash.Part{{Region: region, Image: img, Source: filepath.Base(path)}}

	for _, more := range []struct {
		path string
		of   func(flash.Storage) flash.Region
	}{
		{opt.Boot1, flash.Storage.Boot1},
		{opt.Boot2, flash.Storage.Boot2},
		{opt.RPMB, func(flash.Storage) flash.Region { return flash.EMMCRPMB }},
	} {
		if more.path == "" {
			continue
		}
		img, err := s.open(ctx, more.path, opt)
		if err != nil {
			return fail(err)
		}
		r := more.of(s.Storage)
		if s.Part(r) != nil {
			return fail(fmt.Errorf("source: %s and %s both hold %s", s.Part(r).Source, more.path, r))
		}
		s.Parts = append(s.Parts, flash.Part{Region: r, Image: img, Source: filepath.Base(more.path)})
	}
	return s, nil
}

// open opens one file and unpacks it when it is compressed.
func (s *Source) open(ctx context.Context, path string, opt Options) (flash.Image, error) {
	f, err := OpenFile(path)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		f.Close()
		return nil, fmt.Errorf("source: %s: %w", path, err)
	}
	if why := notADump(head[:n]); why != "" {
		f.Close()
		return nil, &UnreadableError{path, why}
	}
	if !bytes.HasPrefix(head[:n], zstdMagic) {
		s.closers = append(s.closers, f)
		return f, nil
	}
	defer f.Close()
	t, problems, err := spool(ctx, f, filepath.Base(path), opt)
	if err != nil {
		return nil, err
	}
	s.Unpacked = true
	s.closers = append(s.closers, t)
	s.Problems = append(s.Problems, problems...)
	return t, nil
}

// notADump names what people have fed to dump tools by mistake: downloads that did
// not happen, and archives of a kind that must be unpacked first.
func notADump(head []byte) string {
	if len(head) == 0 {
		return "the file is empty"
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"))
	for _, k := range []struct {
		head        []byte
		magic, what string
	}{
		{text, "version https://git-lfs", "a Git LFS pointer, not the file itself: fetch it with git lfs pull"},
		{text, "<!doctype", "a web page saved under this name: the download went wrong"},
		{text, "<html", "a web page saved under this name: the download went wrong"},
		{head, "\x1f\x8b", "gzip-compressed: unpack it first (gunzip -k)"},
		{head, "PK\x03\x04", "a zip archive: unpack it first"},
		{head, "\xfd7zXZ\x00", "xz-compressed: unpack it first (xz -dk)"},
		{head, "7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"},
		{head, "Rar!", "a RAR archive: unpack it first"},
	} {
		if bytes.HasPrefix(k.head, []byte(k.magic)) {
			return k.what
		}
	}
	return ""
}

// storageOf tells the kind of flash from what stands in the file: the boot region's
// own header, or the sector size of the partition table (UFS has 4096-byte sectors,
// eMMC 512). Anything else is taken for eMMC, which all older phones have.
func storageOf(img flash.Image) flash.Storage {
	if preloader.Medium(img) == "UFS_BOOT" {
		return flash.UFS
	}
	if g, err := gpt.Read(img); err == nil && g.SectorSize == 4096 {
		return flash.UFS
	}
	return flash.EMMC
}
