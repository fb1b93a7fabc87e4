package gpt

import (
	"fmt"
	"io"
	"io/fs"
	"time"
)

// sparseDisk is a disk of any size in memory; it needs memory only for the bytes that
// were written. go-diskfs requires it as a file.
type sparseDisk struct {
	size   int64
	pos    int64
	pieces []piece // later ones overwrite earlier ones
}

type piece struct {
	off  int64
	data []byte
}

// WriteAt implements io.WriterAt within the size of the disk.
func (d *sparseDisk) WriteAt(p []byte, off int64) (int, error) {
	if off < 0 || off > d.size-int64(len(p)) {
		return 0, fmt.Errorf("write of %d bytes at 0x%x is outside the disk", len(p), off)
	}
	d.pieces = append(d.pieces, piece{off, append([]byte(nil), p...)})
	return len(p), nil
}

// ReadAt implements io.ReaderAt; bytes that were never written are zero.
func (d *sparseDisk) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= d.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), d.size-off))
	clear(p[:n])
	for _, w := range d.pieces {
		from, to := max(off, w.off), min(off+int64(n), w.off+int64(len(w.data)))
		if from < to {
			copy(p[from-off:to-off], w.data[from-w.off:])
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// bytes returns the bytes between two offsets of the disk.
func (d *sparseDisk) bytes(from, to int64) []byte {
	b := make([]byte, to-from)
	_, _ = d.ReadAt(b, from) // bytes behind the end stay zero
	return b
}

// Read implements io.Reader.
func (d *sparseDisk) Read(p []byte) (int, error) {
	n, err := d.ReadAt(p, d.pos)
	d.pos += int64(n)
	return n, err
}

// Seek implements io.Seeker.
func (d *sparseDisk) Seek(off int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		off += d.pos
	case io.SeekEnd:
		off += d.size
	}
	if off < 0 {
		return d.pos, fmt.Errorf("seek to %d", off)
	}
	d.pos = off
	return off, nil
}

// Close implements io.Closer.
func (d *sparseDisk) Close() error { return nil }

// Stat implements fs.File.
func (d *sparseDisk) Stat() (fs.FileInfo, error) { return diskInfo(d.size), nil }

// diskInfo is the fs.FileInfo of a disk with that size in bytes.
type diskInfo int64

func (i diskInfo) Name() string     { return "disk" }
func (i diskInfo) Size() int64      { return int64(i) }
func (diskInfo) Mode() fs.FileMode  { return 0o600 }
func (diskInfo) ModTime() time.Time { return time.Time{} }
func (diskInfo) IsDir() bool        { return false }
func (diskInfo) Sys() any           { return nil }
