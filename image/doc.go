// Package image finds out what a slice of flash contains, how long the content really
// is, and what its headers contain. It looks at magic numbers and headers, never at a
// partition's name; Agrees compares a name with the content. Limits: it does not look
// inside file systems, except for Files and FindHoleUse (ext2 to ext4 and EROFS).
//
//	0x0     ANDROID! VNDRBOOT AVB0 hsqs UBI# …  88 16 88 58  MMM..FILE_INFO  EMMC_BOOT  SSSS
//	0x1FE   55 AA: an MBR, or FAT after a jump at 0x0
//	0x200   EFI PART (512-byte sectors)
//	0x400   F2FS 10 20 F5 F2, EROFS E2 E1 F5 E0
//	0x438   ext2 to ext4, 53 EF
//	0x1000  EFI PART (4096-byte sectors), gDla of a super partition
//	end−64  AVBf, the footer of a verified partition
//
// MediaTek's own images are chains of sections, each with this header:
//
//	+0x00 88 16 88 58   +0x04 payload bytes   +0x08 name[32]   +0x28 load address
//	+0x30 89 16 89 58   +0x34 header bytes    +0x40 1 on the last of a signed chain
//	+0x44 alignment of what follows           +0x48 payload bytes, high word
//	+0x200 payload, then (aligned) the next section: cert1, cert2, lk_main_dtb …
//
// Up to 2014 everything from 0x30 on is 0xFF and no alignment applies.
//
// A length is given only if headers contain it and only fill follows: a length that
// cuts off a signature is worse than no length. Sniff reads a few small blocks.
// Describe reads what it needs (a kernel, a table of clusters), each with a limit.
// TrueLength reads all that follows. There is one file for each kind, and the list of
// kinds is formats in image.go. Larger formats have their own packages: boot, avb, lp.
// The Android sparse image is the one format that this package can read through:
// ReadSparse gives the image inside it.
//
// Sources: u-boot tools/mtk_image.h, MediaTek's mkimage and lk (mkimg.h), AOSP
// bootimg.h, vendor boot, dt_table.h, avb_vbmeta_image.h, avb_footer.h, sparse_format.h
// and liblp metadata_format.h, and the Linux headers of each file system.
package image
