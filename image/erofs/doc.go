// Package erofs reads the files of an EROFS image, the read-only file system of Android
// since version 10. Limits: it never writes; data on other devices and the 48-bit form
// of 2025 are reported and not read.
//
//	0x400  superblock: block size, root, where inodes begin, features, label
//	       inodes of 32 bytes (compact) or 64 (extended); number n is at
//	       meta block + 32·n; behind it its attributes, then what its layout needs:
//
//	plain        nothing: the blocks follow each other from the start block on
//	inline       the last, partial block; the others as plain
//	chunks       a block number for each chunk; FFFFFFFF is a hole
//	compressed   8 bytes of header, then an index of logical clusters:
//
//	  full       8 bytes each: type, offset in the cluster, block or distances
//	  compact    2 or 4 bytes each, in packs of 16 or 2 that share a base block
//
//	    file  ├──────┼──────┼──────┼──────┤ logical clusters, mostly of a block
//	          HEAD   NONHEAD NONHEAD HEAD    a HEAD has the start of compressed data
//	          ╰─── extent ───────╯           that expand to all up to the next HEAD
//
// A directory block is entries of u64 inode, u16 offset of the name, u8 type, u8 0,
// then the names; the offset in the first entry gives the number of entries.
//
// All layouts are read: compressed data of one block or more (big pclusters), tails in
// the index (ztailpacking) or in the packed inode (fragments), shared data (dedupe).
// LZ4, LZMA, DEFLATE and Zstandard are decompressed.
//
// Sources: the kernel's Documentation/filesystems/erofs.rst and fs/erofs/erofs_fs.h,
// and zmap.c for the indexes.
package erofs
