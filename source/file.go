package source

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// File is a regular file or a block device, opened read-only, as a flash.Image. It is
// believed for as long as it stays what it was when it was opened.
type File struct {
	f     *os.File
	state disk.State
}

// OpenFile opens path for reading. What has no size and no places (a pipe, a terminal,
// a folder) is an error.
func OpenFile(path string) (*File, error) {
	if strings.HasPrefix(path, `\\.\`) {
		return nil, fmt.Errorf("%s: Windows gives no free access to its drives: copy the drive to a file first", path)
	}
	f, err := disk.OpenDump(path)
	if err != nil {
		return nil, err
	}
	return newFile(f)
}

// OpenFileIn opens a regular file of a folder, and nothing outside of it.
func OpenFileIn(root *os.Root, name string) (*File, error) {
	f, err := disk.OpenIn(root, name)
	if err != nil {
		return nil, err
	}
	return newFile(f)
}

func newFile(f *os.File) (*File, error) {
	state, err := disk.StateOf(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{f, state}, nil
}

// ReadAt implements io.ReaderAt. The kernel has its own ideas of offsets near the end
// of the number range, so what lies beyond the file is answered here. A place that the
// medium does not give is a *MediumError; n bytes before it came. A file that has become
// shorter is a *disk.ChangedError.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.Size() {
		return 0, io.EOF
	}
	n, err := f.f.ReadAt(p, off)
	switch {
	case err == io.EOF && off+int64(n) < f.Size():
		if err = f.Check(); err == nil {
			err = io.ErrUnexpectedEOF
		}
	case err != nil && isMedium(err) && f.isThere():
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
	return again.Size() == f.Size()
}

// Forget asks the system to drop what it keeps of the file in memory, so that the next
// read comes from the disk. Where it cannot be asked, nothing happens.
func (f *File) Forget() { forget(f.f) }

// Size returns the length the file had when it was opened, in bytes.
func (f *File) Size() int64 { return f.state.Size() }

// Check implements flash.Checker: it reports, as a *disk.ChangedError, whether the file was
// cut, has grown or was written to since it was opened, or is gone.
func (f *File) Check() error { return f.state.Check(f.f) }

// File gives the descriptor to movers that let the kernel copy. It is read-only.
func (f *File) File() *os.File { return f.f }

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

// NextData implements flash.DataFinder by the file system's own map of holes. Where
// there is none, all is data. A file that is not what it was any more has no holes: it is
// an error.
func (f *File) NextData(off int64) (flash.Extent, error) {
	start, end, err := f.state.NextData(f.f, off)
	if err != nil {
		return flash.Extent{Offset: f.Size()}, fmt.Errorf("source: %w", err)
	}
	return flash.Extent{Offset: start, Length: end - start}, nil
}
