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
// looks for; a name that comes from a table is data from a stranger and is made safe
// before it becomes a path.
//
// The package reads, to compare rows that share a file name; it writes nothing.
package plan
