// Package plan turns a device, its layout and the user's wishes into the list of
// files to make.
//
//	EMMC_USER  ├─ pgpt ─┼─ boot ─┼─ (nobody's) ─┼─ system ─┼─ … ─┤
//	                │        │          │            │
//	            pgpt.bin  boot.img  gap_0x….bin  system.img
//
//	EMMC_BOOT_1 → boot1.bin (every byte) and preloader_<board>.bin (what a flash tool takes)
//
// Every byte of every region is in at least one entry of the plan, so that the dump
// can be put together again from the files alone. The names are those SP Flash Tool
// looks for; a name that comes from a table is untrusted and is made safe
// before it becomes a path.
//
// Beside these there can be files made of the same bytes again, each of a kind of its
// own that join does not count: trimmed and sparse copies (AddCopies), the ends of
// a userdata that is left out ("excerpt").
//
//	system.img → system.trimmed.img, system.sparse.img (or system.sparse.1.img …)
//
// The package reads, to compare rows that share a file name and to find where content
// ends; it writes nothing.
package plan
