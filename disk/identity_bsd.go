//go:build darwin || freebsd

package disk

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// identify returns inode and time of creation of a file. Without the time, nothing tells a file
// from one that got its inode later.
func identify(path string) (number uint64, born time.Time, err error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return 0, time.Time{}, err
	}
	sec, nsec := st.Btim.Unix()
	if born = timeOf(sec, nsec); born.IsZero() {
		return 0, born, errors.ErrUnsupported
	}
	return st.Ino, born, nil
}
