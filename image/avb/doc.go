// Package avb reads the vbmeta blocks of Android Verified Boot and compares a phone's
// partitions with their descriptors. This needs no key: the package finds out whether
// an image is the one that its descriptor was made for, not whose key signed it.
// Limits: error correction (FEC) is not read, and a digest that is kept elsewhere on
// the phone is unknown.
//
//	vbmeta block, numbers big-endian                footer, last 64 bytes of a partition
//	0x00 "AVB0"                                     0x00 "AVBf"
//	0x04 u32 major version 1, u32 minor             0x04 u32 major version, u32 minor
//	0x0C u64 size of the authentication block       0x0C u64 size of the image itself
//	0x14 u64 size of the auxiliary block            0x14 u64 where the vbmeta block is
//	0x1C u32 algorithm                              0x1C u64 its size
//	0x20 u64 hash offset, size          ┐ in the
//	0x30 u64 signature offset, size     ┘ authentication block
//	0x40 u64 public key offset, size    ┐
//	0x50 u64 key metadata offset, size  │ in the auxiliary block
//	0x60 u64 descriptors offset, size   ┘
//	0x70 u64 rollback index                         descriptor, multiple of 8 bytes
//	0x78 u32 flags: 1 no hashtrees, 2 nothing       +0x00 u64 tag: 0 property, 1 hashtree,
//	         is verified                                  2 hash, 3 kernel command line,
//	0x7C u32 rollback index location                      4 chain
//	0x80 release[48], the tool that made it         +0x08 u64 bytes that follow
//	0x100 authentication block, auxiliary block
//
// Hash and signature cover header and auxiliary block. A hash descriptor has the digest
// of salt and image. A hashtree descriptor has the root of a dm-verity tree: each block
// of the image is hashed with the salt before it, the digests fill blocks, and so on up
// to one block; the digest of this block is the root. The tree is behind the image,
// with its top level first.
//
// Sources: AOSP external/avb, libavb headers and README; Linux dm-verity.
package avb
