// Package disk is what movers ask of the system: whether a file system has room and
// holes, a lock that dies with the process, names that are on the disk for certain, files
// that are files and stay what they were.
//
//	Linux      statfs, flock, fsync of a folder      Volume, TryLock, SyncDir
//	macOS      the same, other numbers
//	Windows    GetVolumeInformation, LockFileEx, FSCTL_SET_SPARSE
//	others     nothing is known, and what is not known forbids nothing
//
// What a path is comes before it is opened (OpenPlain, OpenDump, OpenIn, OpenOwn), and
// whether a file is still what was opened is asked while it is read (State). A file gets its
// name in one way only (Publish): when all of it is on the disk.
//
// One file a system; what the package cannot do somewhere it says there.
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
