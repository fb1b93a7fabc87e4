package disk

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// identify returns inode and time of creation of a file. Without the time, nothing tells a file
// from one that got its inode later.
func identify(path string) (number uint64, born time.Time, err error) {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_INO|unix.STATX_BTIME, &st); err != nil {
		if errors.Is(err, unix.ENOSYS) {
			err = errors.ErrUnsupported
		}
		return 0, time.Time{}, err
	}
	born = timeOf(st.Btime.Sec, int64(st.Btime.Nsec))
	if st.Mask&unix.STATX_BTIME == 0 || born.IsZero() {
		return 0, time.Time{}, errors.ErrUnsupported
	}
	return st.Ino, born, nil
}
