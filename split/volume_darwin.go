package split

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func volumeOf(path string) (volume, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return volume{}, fmt.Errorf("split: %s: %w", path, err)
	}
	v := volume{kind: unix.ByteSliceToString(st.Fstypename[:]), free: int64(st.Bavail) * int64(st.Bsize)}
	switch v.kind {
	case "msdos":
		v.maxFile = maxFAT
	case "apfs":
		v.holes = true
	}
	return v, nil
}
