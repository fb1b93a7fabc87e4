package disk

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// noWait is not needed: named pipes stand in no folder.
const noWait = 0

// openMovable opens a file, or makes it, that can be renamed while it is open; os.OpenFile
// does not ask for that right. A link is opened itself, and not followed.
func openMovable(path string) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil,
		windows.OPEN_ALWAYS, windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

// TryLock takes an exclusive lock that ends with the process. It locks one byte far
// behind the marker's text, which so stays readable.
func TryLock(f *os.File) bool {
	at := &windows.Overlapped{OffsetHigh: 1}
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	return !errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}

// SyncDir has no meaning on Windows: NTFS journals names.
func SyncDir(string) error { return nil }

// Allocated returns how many bytes removing the file gives back, at most.
func Allocated(st fs.FileInfo) int64 { return st.Size() }

// AllowHoles marks a file as one that may have holes; NTFS wants to be asked.
func AllowHoles(f *os.File) error {
	var n uint32
	return windows.DeviceIoControl(windows.Handle(f.Fd()), windows.FSCTL_SET_SPARSE, nil, 0, nil, 0, &n, nil)
}

// SameDevice is asked for sharing blocks only, which is not done here.
func SameDevice(*os.File, string) bool { return false }
