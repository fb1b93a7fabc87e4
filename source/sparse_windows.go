package source

import (
	"os"

	"golang.org/x/sys/windows"
)

// fsctlSetSparse is FSCTL_SET_SPARSE of winioctl.h. On NTFS a file can have holes only after
// this call.
const fsctlSetSparse = 0x900c4

func sparseFile(f *os.File) {
	var n uint32
	_ = windows.DeviceIoControl(windows.Handle(f.Fd()), fsctlSetSparse, nil, 0, nil, 0, &n, nil)
}
