package split

import (
	"os"

	"golang.org/x/sys/unix"
)

// cloneRange makes n bytes of dst share the blocks of src (FICLONERANGE, ioctl_ficlonerange(2)).
func cloneRange(dst *os.File, dstOff int64, src *os.File, srcOff, n int64) error {
	return unix.IoctlFileCloneRange(int(dst.Fd()), &unix.FileCloneRange{
		Src_fd: int64(src.Fd()), Src_offset: uint64(srcOff), Src_length: uint64(n), Dest_offset: uint64(dstOff)})
}

// copyRange lets the kernel copy up to n bytes and returns how many it did
// (copy_file_range(2)); 0 means the end of src.
func copyRange(dst *os.File, dstOff int64, src *os.File, srcOff int64, n int) (int, error) {
	for {
		m, err := unix.CopyFileRange(int(src.Fd()), &srcOff, int(dst.Fd()), &dstOff, n, 0)
		if err != unix.EINTR {
			return m, err
		}
	}
}

// startSync asks the system to start writing a file's data to the disk, and does not wait
// (sync_file_range(2)).
func startSync(f outFile) {
	if f, ok := f.(*os.File); ok {
		_ = unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
	}
}
