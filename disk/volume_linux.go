package disk

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// VolumeOf describes the file system of path.
func VolumeOf(path string) (Volume, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return Volume{}, fmt.Errorf("disk: %s: %w", path, err)
	}
	v := Volume{Free: int64(st.Bavail) * int64(st.Bsize), Holes: true}
	switch int64(st.Type) {
	case unix.MSDOS_SUPER_MAGIC:
		v.Kind, v.MaxFile, v.Holes = "FAT", MaxFAT, false
	case unix.EXFAT_SUPER_MAGIC:
		v.Kind, v.Holes = "exFAT", false
	case unix.XFS_SUPER_MAGIC:
		v.Kind, v.Shares = "XFS", true
	case unix.BTRFS_SUPER_MAGIC:
		v.Kind, v.Shares = "btrfs", true
	}
	return v, nil
}
