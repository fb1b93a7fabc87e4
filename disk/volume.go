// Package disk has the services of the operating system that movers need: free space and
// sparse files, locks that end with the process, durable names, regular files that are
// checked for changes.
//
//	Linux      statfs, flock, fsync of a folder      Volume, TryLock, SyncDir
//	macOS      the same, other numbers
//	Windows    GetVolumeInformation, LockFileEx, FSCTL_SET_SPARSE
//	others     nothing is known, and nothing is forbidden
//
// The kind of a file is checked before it is opened (OpenPlain, OpenDump, OpenIn,
// OpenInFolder); State tells whether it has changed since. Publish gives a file its name, after
// all of it is on the disk.
//
// There is one file for each system; it says what the package cannot do there.
package disk

// Volume is what is known of the file system that a path lies on.
type Volume struct {
	Kind    string
	Free    int64 // bytes that this user may still write
	MaxFile int64 // bytes; 0: no limit worth knowing
	Holes   bool  // a file may have holes
	Shares  bool  // files may share blocks (reflink)
}

// MaxFAT is the largest file of FAT12, FAT16 and FAT32: its size is a 32-bit field
// of the directory entry (Microsoft FAT specification, DIR_FileSize).
const MaxFAT = 1<<32 - 1
