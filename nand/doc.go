// Package nand recognises dumps of raw NAND flash, finds out whether they contain the spare bytes
// of each page, and separates data and spare bytes. It corrects no bit errors, and it was never
// verified with a dump of a real phone.
//
//	a page+spare dump                                  the chip, by blocks
//	0        Page   Page+Spare                         ┌──────────────────────────────┐
//	├────────┼──────┼────────┬──────┬── …              │ 0    boot header, preloader  │
//	│ data 0 │spare0│ data 1 │spare1│                  │ …    partitions, UBI         │
//	└────────┴──────┴────────┴──────┴── …              │ n-2  PMT, twice              │
//	├─ one block: PagesPerBlock pages ─── …            │ n    pool: spare blocks, BMT │
//	                                                   └──────────────────────────────┘
//	spare bytes of one page (as MediaTek's drivers return them)
//	+0   0xFF on a good block's first two pages, otherwise the bad block marker
//	+1   "bmt" on the page of a BMT, the signature again on the page of a PMT
//	+29  u16 on pages of a replacement block: the bad block that it replaces
//	     and the ECC, at offsets that depend on the chip
//
//	BMT version 1, first page of a block of the pool, searched from the chip's end
//	+0   "BMT"
//	+3   u8 version, 1
//	+4   u8 bad blocks in the pool, not used
//	+5   u8 mapped blocks
//	+6   u8 checksum: version + mapped + all bytes of the pool's entries
//	+7   13 bytes reserved
//	+20  entries {u16 bad block, u16 its replacement}; zero to the pool's size, then 0xFF
//
// Detect returns a *Geometry. Logical returns the pages without spare bytes, Spares the spare bytes
// alone, and Join makes the dump again from both. No view changes a byte.
//
// Sizes come from the data: the file's size must be a multiple of a page with its spare bytes, and
// two independent kinds of evidence must agree. At least one must show where in the dump pages end:
// the blocks after the boot header, the distance from a UBI erase counter to the volume header
// after it, text and marker bytes at the end of the page's data, signatures in spare bytes. A
// read-back without spare bytes is recognised, too.
//
// Limits: the package does not correct bits. ECC differs by controller and chip, and a dump with
// spare bytes was usually made before the correction: a flipped bit stays flipped. Some controllers
// store the spare bytes after every sector of 512 or 1024 bytes instead of after the page.
// Geometry.Sector reports that this is likely; such a dump is only separated with Sectors.
//
// Sources: u-boot tools/mtk_nand_headers.c (boot headers), the Linux kernel's
// drivers/mtd/ubi/ubi-media.h and nand_ids.c (UBI, sizes of chips), MediaTek's bmt.c in published
// LK trees (BMT), MediaTek ptgen (order of PMT and pool). Nothing of it was verified on a real
// phone, and every Geometry reports this in its Problems.
package nand
