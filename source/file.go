package source

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// File is a regular file or a block device, opened read-only, as a flash.Image.
type File struct {
	f    *os.File
	size int64
}

// OpenFile opens path for reading. What has no size and no places (a pipe, a terminal,
// a folder) is an error.
func OpenFile(path string) (*File, error) {
	if strings.HasPrefix(path, `\\.\`) {
		return nil, fmt.Errorf("%s: Windows gives no free access to its drives: copy the drive to a file first", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	size, err := sizeOf(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{f, size}, nil
}

// sizeOf returns the size of a file, or of a block device, which has none in the
// folder it stands in.
func sizeOf(f *os.File) (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if st.Mode().IsRegular() {
		return st.Size(), nil
	}
	if st.IsDir() {
		return 0, fmt.Errorf("%s: is a folder", f.Name())
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, fmt.Errorf("%s: no file that can be read at any place: %w", f.Name(), err)
	}
	if size == 0 { // character devices; on macOS also block devices
		return 0, fmt.Errorf("%s: the system does not say how large this device is: copy it to a file first", f.Name())
	}
	return size, nil
}

// ReadAt implements io.ReaderAt. The kernel has its own ideas of offsets near the end
// of the number range, so what lies beyond the file is answered here. A place that the
// medium does not give is a *MediumError; n bytes before it came.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.size {
		return 0, io.EOF
	}
	n, err := f.f.ReadAt(p, off)
	if err != nil && isMedium(err) && f.isThere() {
		err = &MediumError{f.f.Name(), off + int64(n), err}
	}
	return n, err
}

// MediumError is a place that a disk or card does not give while it is there. Other
// places can be read.
type MediumError struct {
	Path   string
	Offset int64 // the first byte that did not come
	Err    error
}

func (e *MediumError) Error() string {
	return fmt.Sprintf("source: %s cannot be read at 0x%x: %v", e.Path, e.Offset, e.Err)
}

func (e *MediumError) Unwrap() error { return e.Err }

// isThere opens the file once more: a card that was pulled out has no such size now,
// and its errors are of no place.
func (f *File) isThere() bool {
	again, err := OpenFile(f.f.Name())
	if err != nil {
		return false
	}
	defer again.Close()
	return again.size == f.size
}

// Forget asks the system to drop what it keeps of the file in memory, so that the next
// read comes from the disk. Where it cannot be asked, nothing happens.
func (f *File) Forget() { forget(f.f) }

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
