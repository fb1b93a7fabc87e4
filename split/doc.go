// Package split moves bytes between an image and a folder of files: Create and Copy write the
// outputs of a plan, Join makes the dump again from such a folder, Verify checks its hashes.
// Limits: it knows no partitions (an output is a name and an Image), it does not parse the bytes
// that it moves, it only replaces files that the caller or an earlier run wrote, and only one run at a time can
// write a folder.
//
//	Create ─ all refusals, then ─► DIR/.mtkkit-unfinished   the files of this run, synced first
//	                             ► DIR/NAME.part            empty, and recorded in the marker
//	Copy, WriteFile              ► DIR/NAME.part            the bytes
//	Finish                       ► DIR/SHA256SUMS.part, DIR/manifest.json.part
//	  the commit                 ► a record in the marker: all parts are whole
//	                             ► DIR/NAME, the manifest last; then the marker is removed
//	Abandon                      ► nothing: everything above is removed again
//
// There is one pass: a block of 256 KiB is read, checked for zeros, hashed and written while it
// is still in the processor's cache. Known zeros of the source are not read. They, and every 4
// KiB of zeros, become sparse ranges of the output file, unless NoHoles is set. If source and
// folder are on one file system that can share blocks (XFS, btrfs), the kernel shares them.
//
//	ReadAt ──► all zero? ──► SHA-256 ──► WriteAt (runs that are not zero)
//
// A folder with the marker is unfinished, whatever else it contains. With Force, the files of an
// earlier run stay until the commit, so both need space; only files are replaced whose hash is in
// the manifest and fits. After a kill the next Create does one of two things:
//
//	before the commit   it removes the files that the killed run made, and starts again
//	after the commit    it gives the rest of the files their names: the folder is finished
//
// A name in a marker proves nothing: it may be a stranger's. A marker has the identity of its own
// file (disk.Identity) and that of each file that its run made. Only these files are removed.
//
// The package never writes to a file in Options.Inputs, whatever its name.
package split
