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
	v := Volume{Kind: unix.ByteSliceToString(st.Fstypename[:]), Free: int64(st.Bavail) * int64(st.Bsize)}
	switch v.Kind {
	case "msdos":
		v.MaxFile = MaxFAT
	case "apfs":
		v.Holes = true
	}
	return v, nil
}
