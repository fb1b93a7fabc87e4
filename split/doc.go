// Package split moves bytes between an image and a folder of files: Create and Copy
// write the outputs of a plan, Join puts such a folder together again, Verify proves
// it by its hashes. It knows nothing of partitions: an output is a name and an Image.
// Limits: it does not parse what it moves, it replaces no file that is not its caller's
// own, and a folder is written by one run at a time.
//
//	Create ─ all refusals, then ─► DIR/.mtkkit-unfinished   what this run owns, synced first
//	Copy                         ► DIR/NAME.part ─► DIR/NAME
//	WriteFile                    ► DIR/MT6592_Android_scatter.txt …
//	Finish                       ► DIR/SHA256SUMS, DIR/manifest.json; the marker goes last
//	Abandon                      ► nothing: everything above is removed again
//
// One pass does it all: a block of 256 KiB is read, tested for zeros, hashed and
// written while it is still in the processor's cache. Holes of the source are not
// read; they and every all-zero 4 KiB of the data become holes of the output, unless
// NoHoles. Where source and folder share a file system that can share blocks (XFS,
// btrfs), the kernel shares them.
//
//	ReadAt ──► all zero? ──► SHA-256 ──► WriteAt (runs that are not zero)
//
// A folder in which the marker stands is unfinished, whatever else is in it. The next
// Create removes what the marker lists, nothing else, and starts again.
//
// The package never writes to a path that is, by whatever name, one of Options.Inputs;
// it does not parse what it moves, print, or decide what the files are called.
package split
