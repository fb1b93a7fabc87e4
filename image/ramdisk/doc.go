// Package ramdisk reads and edits the ramdisk of an Android boot image: one or more
// cpio archives, compressed or not.
//
//	1F 8B 08           gzip          FD 37 7A 58 5A 00  xz
//	02 21 4C 18        lz4 legacy    5D 00 00 xx xx     lzma
//	04 22 4D 18        lz4 frame     "070701"           cpio, not compressed
//
// Behind lz4 legacy data LG's kernels want the unpacked length, a u32.
//
// Kernels unpack what stands one behind the other, so a ramdisk is a list of segments,
// each compressed on its own, and a segment a run of cpio records ("newc"):
//
//	+0   070701 or 070702, then 13 numbers of 8 hex digits:
//	     inode mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor
//	     namesize check
//	+110 name and NUL, zeros to a multiple of 4
//	     data, zeros to a multiple of 4
//	last record: TRAILER!!!, then zeros
//
// Records that nobody edits are kept as they are, byte for byte, and so is each segment
// in which nothing was edited, still compressed. Names are untrusted: Path
// says which of them are safe to write to.
//
// A file can have several names (hard links): then its bytes are in the archive once, and
// here under each name; an edit of one name alone gives it a file of its own.
//
// Everything unpacked is held in memory, up to a limit that the caller gives: a few
// hundred bytes can stand for gigabytes. What unpacks to more is found out without
// holding it.
//
// Sources: the kernel's Documentation/driver-api/early-userspace/buffer-format.rst and
// lib/decompress*.c, init/initramfs.c, GNU cpio for hard links, lz4_Frame_format.md, the lzma and xz file format descriptions.
package ramdisk
