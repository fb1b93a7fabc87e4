// Package disk has the services of the operating system that movers need: free space and
// sparse files, locks that end with the process, durable names, regular files that are
// checked for changes.
//
//	Linux      statfs, flock, fsync of a folder      Volume, TryLock, SyncDir
//	macOS      the same, other numbers
//	Windows    GetVolumeInformation, LockFileEx, FSCTL_SET_SPARSE
//	others     free space and limits are unknown, and nothing is refused
//
// Identity tells a file from a later one of the same name. The kind of a file is checked before it is opened (OpenPlain, OpenDump, OpenIn, OpenInFolder).
// State finds out whether a file has changed. Publish gives a file its name after all of it is
// on the disk.
//
// Each system has a file of its own, which says what is not supported there.
package disk

// Volume describes the file system of a path.
type Volume struct {
	Kind    string
	Free    int64 // free space for this user, bytes
	MaxFile int64 // size limit of a file, bytes; 0: no relevant limit
	Holes   bool  // a file may have holes
	Shares  bool  // files may share blocks (reflink)
}

// MaxFAT is the largest size of a file on FAT12, FAT16 and FAT32, bytes: the size is a 32-bit
// field of the directory entry (Microsoft FAT specification, DIR_FileSize).
const MaxFAT = 1<<32 - 1
