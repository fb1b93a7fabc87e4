// Package preloader reads the boot region of a MediaTek phone's flash, from which the BootROM
// starts, and the flashable preloader file inside it. It extracts the file (Fix), makes a region of
// a file (Wrap), and proves that the extracted file is complete and unchanged. Limits: it does not
// check RSA signatures (the phone's fuses have the hash of the key), does not decode DRAM settings,
// does not name a chip that the bytes do not prove, and its reading of NAND headers was never
// verified with a real one. It holds at most one window of the image in memory; the result of Wrap
// is in memory completely (at most 8 MiB and the header).
//
//	boot region (eMMC)                        flashable file: preloader_<board>.bin
//	0x000  "EMMC_BOOT" ver 1 unit 0x200
//	0x200  "BRLYT" ver 1, up to 8 entries:
//	       BBBB device type begin boundary
//	0x2b4  0xFF        0x400  0x00
//	0x800 ┌────────────────────────────┐ ◄─── begin ───► 0x00 ┌─────────────────┐
//	      │ MMM 1 0x38 0 "FILE_INFO"   │                       │ GFH records     │
//	      │ MMM … BL_INFO, BROM_CFG …  │                       │                 │
//	      ├────────────────────────────┤ content_offset        ├─────────────────┤
//	      │ code, "AND_ROMINFO_v"      │                       │ content         │
//	      │ "MTK_BLOADER_INFO_v": board name, EMI entries      │                 │
//	      ├────────────────────────────┤ file_len - sig_len    ├─────────────────┤
//	      │ signature: the SHA-256 of all above is in it       │ signature       │
//	      └────────────────────────────┘ file_len              └─────────────────┘
//	      0xFF or 0x00 to the region's end, sometimes data
//
// UFS_BOOT and COMBO_BOOT have units of 0x1000 and their file at 0x1000, but their BRLYT is at
// 0x200, too. All integers are little-endian. NAND chips have another header; see NANDHeader.
//
// Most callers need Read (all facts, in a struct that is also the JSON report) and Fix (the
// flashable files, as views of the image). Only FILE_INFO.file_len gives the end of a preloader:
// the boundary in BRLYT has three different meanings in real regions, and the code of many older
// preloaders contains a second FILE_INFO block.
//
// Sources: u-boot tools/mtk_image.c and mtk_nand_headers.c, mtkclient stage2.py and daconfig.py,
// the Kaitai description mediatek_preloader.ksy, coreboot util/mtkheader; the offset of the digest
// in signatures of type 3 and 5, and the data after a file, are known from real preloaders.
package preloader
