// Package ramdisk reads and edits the ramdisk of an Android boot image: one or more
// cpio archives, compressed or not. Limits: all unpacked data are held in memory, up to
// a limit that the caller gives, because a few hundred bytes can unpack to gigabytes.
// Data that unpack to more are counted first, not held.
//
//	1F 8B 08           gzip          FD 37 7A 58 5A 00  xz
//	02 21 4C 18        lz4 legacy    5D 00 00 xx xx     lzma
//	04 22 4D 18        lz4 frame     "070701"           cpio, not compressed
//
// LG's kernels need the unpacked length, a u32, behind lz4 legacy data.
//
// Kernels unpack several archives that follow each other, so a ramdisk is a list of
// segments, each compressed separately. A segment is a sequence of cpio records
// ("newc"):
//
//	+0   070701 or 070702, then 13 numbers of 8 hex digits:
//	     inode mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor
//	     namesize check
//	+110 name and NUL, zeros to a multiple of 4
//	     data, zeros to a multiple of 4
//	last record: TRAILER!!!, then zeros
//
// Records that are not edited are kept byte for byte, and so is each segment in which
// nothing was edited, still compressed. Names are untrusted: Path reports which of them
// are safe to write to.
//
// A file can have several names (hard links): its bytes are then in the archive once,
// and here under each name. If only one name is edited, it becomes a separate file.
//
// Sources: the kernel's Documentation/driver-api/early-userspace/buffer-format.rst,
// lib/decompress*.c and init/initramfs.c; GNU cpio for hard links; lz4_Frame_format.md;
// the lzma and xz file format descriptions.
package ramdisk
