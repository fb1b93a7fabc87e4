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
	v := volume{free: int64(st.Bavail) * int64(st.Bsize), holes: true}
	switch int64(st.Type) {
	case unix.MSDOS_SUPER_MAGIC:
		v.kind, v.maxFile, v.holes = "FAT", maxFAT, false
	case unix.EXFAT_SUPER_MAGIC:
		v.kind, v.holes = "exFAT", false
	case unix.XFS_SUPER_MAGIC:
		v.kind, v.shares = "XFS", true
	case unix.BTRFS_SUPER_MAGIC:
		v.kind, v.shares = "btrfs", true
	}
	return v, nil
}
