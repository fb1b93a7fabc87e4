package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// maxUnpacked is the size limit of an unpacked file. Zeros need no disk space, so without it a
// few KB could keep the program busy for days.
const maxUnpacked = 4 << 40

// worthAWord is the size from which a temporary file is reported, bytes.
const worthAWord = 1 << 20

// spool unpacks a stream into a sparse temporary file. Blocks of zeros are not written, so a 64
// GB dump of an empty phone takes a few MB. A stream that breaks off is damage, not a failure:
// the unpacked part is kept and the break is reported.
func (s *Source) spool(ctx context.Context, r io.Reader, name string) (*temporary, error) {
	t, err := newTemporary(s.opt.TempDir)
	if err != nil {
		return nil, err
	}
	n, err := copySparse(ctx, t.f, r, maxUnpacked, func(done int64) {
		s.opt.progress(flash.Event{Op: "unpack", Name: name, Done: done})
	})
	t.state = disk.Sized(n)
	var broken *streamError
	var changed *disk.ChangedError
	if errors.As(err, &broken) && !errors.As(err, &changed) && n > 0 {
		s.Problems.AddAt(flash.Error, name, n, "%s", broken.text(n))
		err = nil
	}
	if err == nil {
		err = t.f.Truncate(n)
	}
	if err != nil {
		t.Close()
		return nil, fmt.Errorf("source: unpacking %s: %w", name, err)
	}
	s.closers = append(s.closers, t)
	if n >= worthAWord {
		s.tellSpooled(name, n, t.dir)
	}
	return t, nil
}

// tellSpooled reports the size of temporary files, in one line, because an archive has many
// members.
func (s *Source) tellSpooled(name string, size int64, dir string) {
	s.spooled.files++
	s.spooled.size += size
	note := flash.NewProblem(flash.Note, name, flash.NoOffset, "unpacked to %s in a temporary file in %s", flash.Size(size), dir)
	if s.spooled.files > 1 {
		note.Text = fmt.Sprintf("this and %d more were unpacked to %s in temporary files in %s", s.spooled.files-1, flash.Size(s.spooled.size), dir)
		if i := slices.Index(s.Problems, s.spooled.note); i >= 0 {
			note.Place = s.spooled.note.Place
			s.Problems[i] = note
			s.spooled.note = note
			return
		}
	}
	s.spooled.note = note
	s.Problems = append(s.Problems, note)
}

// streamError is an error of the compressed data, not of the disk.
type streamError struct{ err error }

func (e *streamError) Error() string { return e.err.Error() }
func (e *streamError) Unwrap() error { return e.err }

// text says what the error means after n bytes were unpacked.
func (e *streamError) text(n int64) string {
	if isChecksum(e.err) {
		return fmt.Sprintf("the checksum of the compressed stream is wrong (%v): some of its %s are damaged", e.err, flash.Size(n))
	}
	return fmt.Sprintf("the stream breaks off (%v): only the first %s of the dump could be unpacked", e.err, flash.Size(n))
}

// copySparse writes r to w without blocks of zeros. It returns the number of bytes read from r,
// with an error, too.
func copySparse(ctx context.Context, w io.WriterAt, r io.Reader, limit int64, done func(int64)) (int64, error) {
	const block = 64 << 10
	buf, off := make([]byte, block), int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return off, err
		}
		n, rerr := readBlock(r, buf)
		if !flash.IsZero(buf[:n]) {
			if _, err := w.WriteAt(buf[:n], off); err != nil {
				return off, err
			}
		}
		off += int64(n)
		if off%(64<<20) == 0 {
			done(off)
		}
		switch {
		case rerr == io.EOF:
			return off, nil
		case rerr != nil:
			return off, &streamError{rerr}
		case off > limit:
			return off, fmt.Errorf("it unpacks to more than %s, and no phone has that much", flash.Size(limit))
		}
	}
}

// readBlock fills buf as far as r has data. Unlike io.ReadFull it returns the reader's own
// error, so that the end and a break can be distinguished.
func readBlock(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

// temporary is a File that is removed when it is closed.
type temporary struct {
	File
	path string // "" if it is already removed
	dir  string
}

func newTemporary(dir string) (*temporary, error) {
	f, err := os.CreateTemp(dir, "mtkkit-unpacked-*")
	if err != nil {
		return nil, fmt.Errorf("source: cannot make a temporary file to unpack into: %w", err)
	}
	t := &temporary{File: File{f: f}, path: f.Name(), dir: filepath.Dir(f.Name())}
	sparseFile(f)
	if os.Remove(t.path) == nil { // removed at once, so that kill -9 leaves nothing; not possible on Windows
		t.path = ""
	}
	return t, nil
}

// Close frees the space.
func (t *temporary) Close() error {
	err := t.f.Close()
	if t.path != "" {
		err = errors.Join(err, os.Remove(t.path))
	}
	return err
}
