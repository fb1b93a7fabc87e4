// Package split moves bytes between an image and a folder of files: Create and Copy write the
// outputs of a plan, Join makes the dump again from such a folder, Verify checks its hashes.
// Limits: it knows no partitions (an output is a name and an Image), it does not parse the bytes
// that it moves, it only replaces files that the caller wrote, and only one run at a time can
// write a folder.
//
//	Create ─ all refusals, then ─► DIR/.mtkkit-unfinished   the files of this run, synced first
//	Copy                         ► DIR/NAME.part ─► DIR/NAME
//	WriteFile                    ► DIR/MT6592_Android_scatter.txt …
//	Finish                       ► DIR/SHA256SUMS, DIR/manifest.json; the marker is removed last
//	Abandon                      ► nothing: everything above is removed again
//
// There is one pass: a block of 256 KiB is read, checked for zeros, hashed and written while it
// is still in the processor's cache. Known zeros of the source are not read. They, and every 4
// KiB of zeros, become sparse ranges of the output file, unless NoHoles is set. If source and
// folder are on one file system that can share blocks (XFS, btrfs), the kernel shares them.
//
//	ReadAt ──► all zero? ──► SHA-256 ──► WriteAt (runs that are not zero)
//
// A folder with the marker is unfinished, whatever else it contains. The next Create removes the
// files that the marker lists, and no others, and starts again.
//
// The package never writes to a file in Options.Inputs, whatever its name.
package split
