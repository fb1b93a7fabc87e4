// Package preloader reads what a MediaTek BootROM starts from: the boot region of a
// phone's flash, and the flashable preloader file inside it. It takes the file out
// of the region (Fix), puts a file back into one (Wrap), and proves that what it
// took is complete and unchanged. Limits: no RSA signature is checked (the key that
// counts is a hash in the phone's fuses), DRAM settings are not decoded, and the reading
// of NAND headers is unverified on a real one.
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
//	      0xFF or 0x00 to the region's end, at times data
//
// UFS_BOOT and COMBO_BOOT count in units of 0x1000 and begin at 0x1000, but their
// BRLYT is at 0x200 too. All integers are little-endian. NAND chips have a header of
// another kind; see NANDHeader.
//
// Most callers need Read (everything there is to know, as a struct that is also the
// JSON report) and Fix (the flashable files, as views of the image). A preloader's
// end is known only from FILE_INFO.file_len: the boundary in BRLYT has three meanings
// in the field, and a second FILE_INFO block is found inside the code of many older
// preloaders.
//
// Sources: u-boot tools/mtk_image.c and mtk_nand_headers.c, mtkclient stage2.py and
// daconfig.py, the Kaitai description mediatek_preloader.ksy, coreboot
// util/mtkheader; the place of the digest in signatures of type 3 and 5, and
// what follows a file, are from reading real preloaders.
//
// What it will not do: check an RSA signature (the key that counts is a hash in the
// phone's fuses), decode DRAM settings, name a chip that the bytes do not prove, or
// load more than a window of the image into memory (Wrap excepted, whose result is
// at most 8 MiB and its header).
package preloader
