package source

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// File is a regular file or a block device, opened read-only, as a flash.Image. It is valid as
// long as the file does not change.
type File struct {
	f     *os.File
	state disk.State
}

// OpenFile opens path for reading. A file without a size and offsets (a pipe, a terminal, a
// folder) is an error.
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

// OpenFileIn opens a regular file in a folder. It does not follow a link out of the folder.
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

// ReadAt implements io.ReaderAt. It handles offsets behind the end itself, because kernels
// differ for very large ones. Bytes that the medium cannot read are a *MediumError; n bytes
// before them were read. A file that has become shorter is a *disk.ChangedError.
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

// MediumError reports bytes that a disk or card, which is still there, cannot read. Other bytes
// may be readable.
type MediumError struct {
	Path   string
	Offset int64 // of the first byte that could not be read
	Err    error
}

func (e *MediumError) Error() string {
	return fmt.Sprintf("source: %s cannot be read at 0x%x: %v", e.Path, e.Offset, e.Err)
}

func (e *MediumError) Unwrap() error { return e.Err }

// isThere opens the file once more. A card that was pulled out fails this test: then the errors are
// not about an offset.
func (f *File) isThere() bool {
	again, err := OpenFile(f.f.Name())
	if err != nil {
		return false
	}
	defer again.Close()
	return again.Size() == f.Size()
}

// Forget asks the system to drop the file from its cache, so that the next read comes from the
// disk. It does nothing on systems without such a call.
func (f *File) Forget() { forget(f.f) }

// Size returns the length the file had when it was opened, in bytes.
func (f *File) Size() int64 { return f.state.Size() }

// Check implements flash.Checker: it returns a *disk.ChangedError if the file was cut, has
// grown, was written to or removed since it was opened.
func (f *File) Check() error { return f.state.Check(f.f) }

// moved returns an error if the path does not lead to the file any more.
func (f *File) moved() error {
	opened, err := f.f.Stat()
	now, gone := os.Stat(f.f.Name())
	if err != nil || gone != nil || !os.SameFile(opened, now) {
		return &disk.ChangedError{Path: f.f.Name(), Text: "was removed or replaced since it was opened"}
	}
	return nil
}

// File returns the descriptor, for movers that let the kernel copy. It is read-only.
func (f *File) File() *os.File { return f.f }

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

// NextData implements flash.DataFinder with the file system's own list of holes. Without one,
// all is data. In a file that has changed no hole can be trusted: this is an error.
func (f *File) NextData(off int64) (flash.Extent, error) {
	start, end, err := f.state.NextData(f.f, off)
	if err != nil {
		return flash.Extent{Offset: f.Size()}, fmt.Errorf("source: %w", err)
	}
	return flash.Extent{Offset: start, Length: end - start}, nil
}
