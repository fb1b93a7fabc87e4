// Package gpt reads the GUID partition table of a phone's user area, even if the table
// is damaged or cut, and can make a correct one. Limits: the table must be at the start
// or at the end of the image, or be the whole image; the package does not search the
// middle of an image. It never writes to an image and does not look inside partitions.
//
//	LBA 0    1          2           34                     n-33        n-1
//	├────────┼──────────┼───────────┼───────── … ──────────┼───────────┼──────────┤
//	│ PMBR   │ header   │ entries   │ boot_para … userdata │ entries   │ header   │
//	└────────┴──────────┴───────────┴───────── … ──────────┴───────────┴──────────┘
//	          primary copy                                  backup copy
//
//	header                              entry
//	0x00 "EFI PART"                     0x00 type GUID
//	0x08 u32 revision 0x00010000        0x10 unique GUID
//	0x0c u32 header size, 92            0x20 u64 first LBA
//	0x10 u32 CRC-32 of the header       0x28 u64 last LBA, included
//	0x18 u64 LBA of this header         0x30 u64 attributes
//	0x20 u64 LBA of the other header    0x38 36 × u16 name, UTF-16
//	0x28 u64 first usable LBA
//	0x30 u64 last usable LBA            numbers are little-endian; a sector is
//	0x38 disk GUID                      512 bytes on eMMC and 4096 on UFS, and
//	0x48 u64 LBA of the entries         the table does not contain the size
//	0x50 u32 entry count, 128
//	0x54 u32 entry size, 128
//	0x58 u32 CRC-32 of the entries
//
// Sources: the UEFI specification, chapter 5; U-Boot disk/part_efi.c; mtkclient
// gpt.py; MediaTek's LK efi.c and ptgen for what their tables look like.
//
// Most callers need Read and (*GPT).Table. Read takes a whole dump, one that was cut,
// one that is too long, or a file with only a table: a read-back of the first sectors,
// a header without the sector before it (the gpt_backup.bin of mtkclient, the PGPT of a
// firmware package), or entries without a header. The checksums of header and entries
// decide which copy is used; a wrong checksum never stops the reader. A PGPT from a
// firmware package is a template: the flash tool fills in the values that depend on the
// chip's size. A template has no checksums, and its rows without an address stay
// without one.
//
// (*GPT).Repair returns the correct bytes of both copies.
package gpt
