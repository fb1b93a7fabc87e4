package source

import (
	"io"
	"os"

	"github.com/mtkkit/mtkkit/flash"
)

// File is a regular file, opened read-only, as a flash.Image.
type File struct {
	f    *os.File
	size int64
}

// OpenFile opens path for reading.
func OpenFile(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{f, st.Size()}, nil
}

// ReadAt implements io.ReaderAt. The kernel has its own ideas of offsets near the end
// of the number range, so what lies beyond the file is answered here.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.size {
		return 0, io.EOF
	}
	return f.f.ReadAt(p, off)
}

// Size returns the length the file had when it was opened, in bytes.
func (f *File) Size() int64 { return f.size }

// File gives the descriptor to movers that let the kernel copy. It is read-only.
func (f *File) File() *os.File { return f.f }

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

// NextData implements flash.DataFinder by the file system's own map of holes. Where
// there is none (or the call fails), all is data.
func (f *File) NextData(off int64) (flash.Extent, error) {
	if off >= f.size {
		return flash.Extent{Offset: f.size}, nil
	}
	start, end, err := seekData(f.f, off, f.size)
	switch {
	case err == io.EOF:
		return flash.Extent{Offset: f.size}, nil
	case err != nil:
		start, end = off, f.size
	}
	end = min(end, f.size)
	return flash.Extent{Offset: start, Length: end - start}, nil
}
