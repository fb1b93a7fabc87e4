package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"
)

// Identity returns a text that only this very file has, as long as it exists: it stays when the
// file is renamed or written to, and a copy, or a file that is made later under the same name, has
// another one; only a file that is made in the same tick of the clock, a few milliseconds, may
// have the same. It does not follow a link at the end of the path. It returns "" if the system or
// the file system cannot tell files apart in this way.
//
//	Linux, macOS, FreeBSD  inode and time of creation; an inode alone is used again
//	Windows                file index, which NTFS does not use again
//	FAT, exFAT             time of creation: these have no inodes
func Identity(path string) (string, error) {
	number, born, err := identify(path)
	if errors.Is(err, errors.ErrUnsupported) {
		return "", nil
	}
	if err != nil {
		return "", &fs.PathError{Op: "identify", Path: path, Err: err}
	}
	if isFAT(path) {
		if born.IsZero() {
			return "", nil
		}
		return fmt.Sprintf("born %x", born.UnixMilli()/fatTick), nil
	}
	if born.IsZero() {
		return fmt.Sprintf("%x", number), nil
	}
	return fmt.Sprintf("%x born %x", number, born.UnixNano()), nil
}

// isFAT reports whether a file is on a FAT or an exFAT, which have no inodes.
func isFAT(path string) bool {
	v, err := VolumeOf(filepath.Dir(path))
	kind := strings.ToLower(v.Kind)
	return err == nil && (strings.HasPrefix(kind, "fat") || kind == "exfat" || kind == "msdos")
}

// fatTick is the unit of a time of creation on FAT, milliseconds (DIR_CrtTimeTenth).
const fatTick = 10

// timeOf returns a time of the system, zero for none.
func timeOf(sec, nsec int64) time.Time {
	if sec == 0 && nsec == 0 {
		return time.Time{}
	}
	return time.Unix(sec, nsec)
}
