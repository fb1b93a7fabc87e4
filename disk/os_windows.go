package disk

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// noWait is not needed, because named pipes are not in folders.
const noWait = 0

// openMovable opens or creates a file that can be renamed while it is open; os.OpenFile does not
// request this right. It opens a link itself and does not follow it.
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

// TryLock takes an exclusive lock that ends with the process. It locks one byte far behind the
// marker's text, so that the text can still be read.
func TryLock(f *os.File) bool {
	at := &windows.Overlapped{OffsetHigh: 1}
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	return !errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}

// SyncDir does nothing on Windows: NTFS journals names.
func SyncDir(string) error { return nil }

// Allocated returns at most how many bytes are freed if the file is removed.
func Allocated(st fs.FileInfo) int64 { return st.Size() }

// AllowHoles marks a file as one that may have holes, as NTFS requires.
func AllowHoles(f *os.File) error {
	var n uint32
	return windows.DeviceIoControl(windows.Handle(f.Fd()), windows.FSCTL_SET_SPARSE, nil, 0, nil, 0, &n, nil)
}

// SameDevice is only used for sharing blocks, which is not supported here.
func SameDevice(*os.File, string) bool { return false }
