package disk

import (
	"time"

	"golang.org/x/sys/windows"
)

// identify returns the index of a file on its volume. NTFS counts in it how often the index was
// used. The time of creation is only returned where there is no index, on FAT: NTFS gives a file
// the time of the one that had its name a moment ago.
func identify(path string) (number uint64, born time.Time, err error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, time.Time{}, err
	}
	h, err := windows.CreateFile(name, 0, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil,
		windows.OPEN_EXISTING, windows.FILE_FLAG_OPEN_REPARSE_POINT|windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err != nil {
		return 0, time.Time{}, err
	}
	defer windows.CloseHandle(h)
	var st windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &st); err != nil {
		return 0, time.Time{}, err
	}
	if isFAT(path) {
		born = time.Unix(0, st.CreationTime.Nanoseconds())
	}
	return uint64(st.FileIndexHigh)<<32 | uint64(st.FileIndexLow), born, nil
}
