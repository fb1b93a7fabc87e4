// Package plan turns a device, its layout and the user's wishes into the list of
// files to make.
//
//	EMMC_USER  ├─ pgpt ─┼─ boot ─┼─   (gap)    ─┼─ system ─┼─ … ─┤
//	                │        │          │            │
//	            pgpt.bin  boot.img  gap_0x….bin  system.img
//
//	EMMC_BOOT_1 → boot1.bin (every byte) and preloader_<board>.bin (for flash tools)
//
// Every byte of every region is in at least one entry of the plan, so the files alone are enough
// to make the dump again. The names are those that SP Flash Tool expects. A name from a table is
// untrusted and is made safe before it becomes a path.
//
// The plan may also have files with the same bytes again, in kinds that join ignores: trimmed
// and sparse copies (AddCopies), and the ends of a skipped userdata ("excerpt").
//
//	system.img → system.trimmed.img, system.sparse.img (or system.sparse.1.img …)
//
// Limits: the package reads only to compare rows that share a file name and to find the end of
// content. It writes nothing.
package plan
