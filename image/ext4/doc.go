// Package ext4 reads the files of an ext2, ext3 or ext4 file system in an image.
// Limits: it never writes, does not replay the journal and does not decrypt. It mounts
// nothing and needs no rights.
//
//	0x400  superblock: sizes, features, label      │ repeated at the start of some groups
//	+1 blk group descriptors, 32 or 64 bytes each  │ (in each meta group with meta_bg)
//
//	group descriptor → inode table → inode of 128 bytes and more
//
//	inode                                  what i_block holds
//	0x00 u16 mode                          extents   F3 0A, entries, max, depth; then a tree
//	0x04 u32 size, 0x6C high word          blocks    12 direct, indirect, double, triple
//	0x20 u32 flags                         inline    60 bytes, the rest in system.data
//	0x28 i_block, 60 bytes                 fast link the target itself
//	0x64 u32 generation
//	0x7C, 0x82 u16 checksum low, high
//
// A directory entry is u32 inode, u16 length of the entry, u8 length of the name, u8
// type, name. Hashed directories keep their index in entries that look empty, so all
// entries can be read one after the other.
//
// Checksums (crc32c with metadata_csum, crc16 of group descriptors with uninit_bg) are
// checked where they exist; a wrong one is a problem, but the data are still read. A
// file system that was in use while it was read shows an older state, and a problem
// reports it. For content that fscrypt encrypted, the error is files.ErrEncrypted.
//
// Most callers need Read and files.Tree. Sources: the kernel's
// Documentation/filesystems/ext4 and fs/ext4/ext4.h, and libext2fs for the offsets of
// descriptors with meta_bg.
package ext4
