// Package nand recognises dumps of raw NAND flash, tells whether they hold the spare
// bytes of each page, and separates data and spare bytes.
//
//	a page+spare dump                                  the chip, by blocks
//	0        Page   Page+Spare                         ┌──────────────────────────────┐
//	├────────┼──────┼────────┬──────┬── …              │ 0    boot header, preloader  │
//	│ data 0 │spare0│ data 1 │spare1│                  │ …    partitions, UBI         │
//	└────────┴──────┴────────┴──────┴── …              │ n-2  PMT, twice              │
//	├─ one block: PagesPerBlock pages ─── …            │ n    pool: spare blocks, BMT │
//	                                                   └──────────────────────────────┘
//	spare bytes of one page (as MediaTek's drivers hand them over)
//	+0   0xFF on a good block's first two pages, else the factory's or driver's mark
//	+1   "bmt" on the page of a BMT, the signature again on that of a PMT
//	+29  u16 on pages of a replacement block: the bad block it stands for
//	     and somewhere, by chip, the ECC
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
// Detect returns a *Geometry; Logical gives the pages without spare bytes, Spares the
// spare bytes alone, Join makes the dump of both again. No view changes a byte.
//
// Sizes come from the data: the file's size must be a multiple of a page with its
// spare, and two independent kinds of evidence must agree, of which one shows where in
// the dump a page ends: the boot header's neighbours, the distance from a UBI erase
// counter to the volume header behind it, text and marker bytes at the page's border,
// signatures in spare bytes. A read-back without spare bytes is recognised too.
//
// Limits: it does not correct bits. ECC differs by controller and chip, and a dump
// with spare bytes is mostly one before correction: a flipped bit stays flipped. Some
// controllers also store the spare bytes behind every sector of 512 or 1024 bytes
// instead of behind the page. Geometry.Sector reports that this is likely; such a
// dump is not separated unless the caller asks for Sectors.
//
// Sources: u-boot tools/mtk_nand_headers.c (boot headers), the Linux kernel's
// drivers/mtd/ubi/ubi-media.h and nand_ids.c (UBI, sizes of chips), MediaTek's bmt.c in
// published LK trees (BMT), MediaTek ptgen (order of PMT and pool). None of it was verified
// on a real phone, and every Geometry says so in its Problems.
package nand
