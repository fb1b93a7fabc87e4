package disk

import (
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// VolumeOf describes the file system of path.
func VolumeOf(path string) (Volume, error) {
	v, err := volumeInfo(path)
	if err != nil {
		return Volume{}, fmt.Errorf("disk: %s: %w", path, err)
	}
	return v, nil
}

func volumeInfo(path string) (v Volume, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return v, err
	}
	p, err := windows.UTF16PtrFromString(abs)
	if err != nil {
		return v, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(p, &free, nil, nil); err != nil {
		return v, err
	}
	v.Free = int64(min(free, 1<<62))
	root, kind := make([]uint16, windows.MAX_LONG_PATH), make([]uint16, windows.MAX_PATH+1)
	if err := windows.GetVolumePathName(p, &root[0], uint32(len(root))); err != nil {
		return v, err
	}
	var flags uint32
	if err := windows.GetVolumeInformation(&root[0], nil, 0, nil, nil, &flags, &kind[0], uint32(len(kind))); err != nil {
		return v, err
	}
	v.Kind = windows.UTF16ToString(kind)
	v.Holes = flags&windows.FILE_SUPPORTS_SPARSE_FILES != 0
	if strings.HasPrefix(v.Kind, "FAT") {
		v.MaxFile = MaxFAT
	}
	return v, nil
}
