// Package lp reads the table of a super partition: the logical partitions and the
// ranges of their bytes. Each partition becomes a flash.Image; nothing is copied.
// Limits: metadata versions 10.0 to 10.2, at most 16 slots and 1 MiB of metadata; the
// package writes nothing.
//
//	0x0000  reserved
//	0x1000  geometry             52 bytes, then zeros
//	0x2000  geometry, again
//	0x3000  metadata of slot 0, of slot 1, …        each "metadata max size" long
//	…       the same again, as backup
//	…       extents of system_a, vendor_a …
//
//	geometry                            metadata
//	0x00 u32 "gDla"                     0x00 u32 "0PLA"
//	0x04 u32 size of this, 52           0x04 u16 major version 10, u16 minor 0 to 2
//	0x08 SHA-256 of this, with the      0x08 u32 header size, 128 or 256
//	     checksum as zeros              0x0C SHA-256 of the header, the same way
//	0x28 u32 metadata max size          0x2C u32 size of the tables that follow
//	0x2C u32 slots                      0x30 SHA-256 of the tables
//	0x30 u32 logical block size         0x50 4 × (u32 offset, count, entry size):
//	                                         partitions, extents, groups, devices
//	partition, 52                       0x80 u32 flags, from minor version 2 on
//	+0  name[36]
//	+36 u32 attributes                  extent, 24
//	+40 u32 first extent                +0  u64 sectors of 512 bytes
//	+44 u32 extents                     +8  u32 0 linear, 1 zeros
//	+48 u32 group                       +12 u64 first sector on the device
//	                                    +20 u32 device
//	group, 48                           block device, 64
//	+0  name[36]                        +0  u64 first sector that extents may use
//	+36 u32 flags                       +16 u64 size in bytes
//	+40 u64 most bytes                  +24 name[36] of the partition, +60 u32 flags
//
// Numbers are little-endian. A phone with slots reads slot 0's metadata when it starts
// from _a and slot 1's for _b. The super_empty.img of a firmware package has another
// form: geometry at 0 and one metadata at 0x1000.
//
// Phones that got dynamic partitions by an update have no super partition: the metadata
// are in system, and the extents in system, vendor and others. Read gets these
// partitions from a function; Partition.Needs lists the ones that are not available.
//
// Source: AOSP fs_mgr/liblp, metadata_format.h, reader.cpp and images.cpp.
package lp
