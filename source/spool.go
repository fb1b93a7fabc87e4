package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/flash"
)

// zstdMagic begins a zstd frame (RFC 8878 §3.1.1), little endian 0xFD2FB528.
var zstdMagic = []byte{0x28, 0xB5, 0x2F, 0xFD}

// maxWindow is what zstd itself accepts without a switch (--long=27).
const maxWindow = 128 << 20

// spool unpacks a stream into a sparse temporary file: blocks of zeros are never
// written, so a 64 GB dump of an empty phone takes a few MB. A stream that breaks off
// is damage, not failure: what came out of it is kept and the break is reported.
func spool(ctx context.Context, in *File, name string, opt Options) (*temporary, []flash.Problem, error) {
	dec, err := zstd.NewReader(bufio.NewReaderSize(io.NewSectionReader(in, 0, in.Size()), 1<<20),
		zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, nil, fmt.Errorf("source: %s: %w", name, err)
	}
	defer dec.Close()

	t, err := newTemporary(opt.TempDir)
	if err != nil {
		return nil, nil, err
	}
	n, err := copySparse(ctx, t.f, dec, func(done int64) {
		opt.progress(flash.Event{Op: "unpack", Name: name, Done: done})
	})
	t.size = n
	if err == nil {
		err = t.f.Truncate(n)
	}
	var broken *streamError
	if errors.As(err, &broken) && n > 0 {
		return t, []flash.Problem{{
			Severity: flash.Error, Place: name, Offset: n,
			Text: fmt.Sprintf("the compressed stream breaks off (%v): only the first %s of the dump came out of it", broken.err, flash.Size(n)),
		}}, t.f.Truncate(n)
	}
	if err != nil {
		t.Close()
		return nil, nil, fmt.Errorf("source: unpacking %s: %w", name, err)
	}
	return t, nil, nil
}

// streamError is a fault of the compressed data, as opposed to one of our disk.
type streamError struct{ err error }

func (e *streamError) Error() string { return e.err.Error() }
func (e *streamError) Unwrap() error { return e.err }

// copySparse writes r to w, leaving out blocks of zeros. It returns how many bytes
// came out of r, also with an error.
func copySparse(ctx context.Context, w io.WriterAt, r io.Reader, done func(int64)) (int64, error) {
	const block = 64 << 10
	var (
		buf  = make([]byte, block)
		zero = make([]byte, block)
		off  int64
	)
	for {
		if err := ctx.Err(); err != nil {
			return off, err
		}
		n, rerr := io.ReadFull(r, buf)
		if n > 0 && !bytes.Equal(buf[:n], zero[:n]) {
			if _, err := w.WriteAt(buf[:n], off); err != nil {
				return off, err
			}
		}
		off += int64(n)
		if off%(64<<20) == 0 {
			done(off)
		}
		switch {
		case rerr == io.EOF || rerr == io.ErrUnexpectedEOF && n < block && endOf(r):
			return off, nil
		case rerr != nil:
			return off, &streamError{rerr}
		}
	}
}

// endOf tells a short last block from a broken stream: io.ReadFull gives the same
// error for both, the reader itself does not.
func endOf(r io.Reader) bool {
	n, err := r.Read(make([]byte, 1))
	return n == 0 && err == io.EOF
}

// temporary is a File that nobody will find afterwards.
type temporary struct {
	File
	path string
}

func newTemporary(dir string) (*temporary, error) {
	f, err := os.CreateTemp(dir, "mtkkit-unpacked-*")
	if err != nil {
		return nil, fmt.Errorf("source: no place to unpack: %w", err)
	}
	t := &temporary{File: File{f: f}, path: f.Name()}
	sparseFile(f)
	if os.Remove(t.path) == nil { // gone at once, even after kill -9; Windows says no
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
