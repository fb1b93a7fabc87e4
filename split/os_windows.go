package split

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// openMovable opens a file, or makes it, that can be renamed while it is open; os.OpenFile
// does not ask for that right.
func openMovable(path string) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil,
		windows.OPEN_ALWAYS, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

// tryLock takes an exclusive lock that ends with the process. It locks one byte far
// behind the marker's text, which so stays readable.
func tryLock(f *os.File) bool {
	at := &windows.Overlapped{OffsetHigh: 1}
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	return !errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}

// syncDir has no meaning on Windows: NTFS journals names.
func syncDir(string) {}

// allocated returns how many bytes removing the file gives back, at most.
func allocated(st fs.FileInfo) int64 { return st.Size() }

// allowHoles marks a file as one that may have holes; NTFS wants to be asked.
func allowHoles(f *os.File) error {
	var n uint32
	return windows.DeviceIoControl(windows.Handle(f.Fd()), windows.FSCTL_SET_SPARSE, nil, 0, nil, 0, &n, nil)
}

// sameDevice is asked for sharing blocks only, which is not done here.
func sameDevice(*os.File, string) bool { return false }
