package split

// volume is what is known of the file system that a path lies on.
type volume struct {
	kind    string
	free    int64 // bytes that this user may still write
	maxFile int64 // bytes; 0: no limit worth knowing
	holes   bool  // a file may have holes
	shares  bool  // files may share blocks (reflink)
}

// maxFAT is the largest file of FAT12, FAT16 and FAT32: its size is a 32-bit field
// of the directory entry (Microsoft FAT specification, DIR_FileSize).
const maxFAT = 1<<32 - 1
