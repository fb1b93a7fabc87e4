// Package capture reads lists of a phone's partitions in other forms than scatter file, GPT or MBR:
// text copied from a terminal, and MediaTek's binary PMT. A text may have up to 16 MiB and 1024
// rows.
//
//	dumchar_info  preloader  0x0000000000600000   0x0000000000000000   2   /dev/misc-sd
//	              │          │ on the preloader's │                    │   the block device
//	              │          │ row: the base      │ in the user area   2 = eMMC, 1 = MTD
//	emmc          emmc_p2: 00006800 00005000 "protect_f"            sectors of 512, hex
//	partinfo      part02: 00000400 00006400 "nvram"                 sectors of 512, hex
//	partinfo      nvram      0x0000000000380000	0x0000000000500000     start and size in bytes
//	PartInfo      {"nvram",5242880,0xa00000, EMMC, 0,USER},         linear addresses
//	printgpt      lk:    Offset 0x0000000056e80000, Length 0x0000000000200000, Flags …
//	lk log        [GPT_LK][31]name=lk, start_sect=0x23700, nr_sects=0x100, uuid=…
//	csv           "lk","0x56e80000","0x200000"                      under a header line
//	mtd           mtd1: 00100000 00020000 "nvram"                   sizes only
//	partitions    179  7  786432 mmcblk0p7  and  cache -> /dev/block/mmcblk0p7
//	getvar        (bootloader) partition-size:lk: 200000            sizes only, hex
//
//	PMT block, eMMC, little-endian          entry, 88 bytes; 96 with the part id
//	0x000  "1vTP", mirror "1TPM"            +0   name, 64 bytes, padded with zeros
//	0x004  "1.0\0"; "1.1\0": with part id   +64  u64 size, bytes
//	0x008  entries                          +72  u64 part id (version 1.1, and v3)
//	0xFFC  the signature again              +72  u64 offset, bytes; +80 with part id
//	                                        +80  u64 mask flags;    +88 with part id
//
// Most callers need Read, which finds the form of a text from its content, and FindPMT for a dump.
// A text may contain more than the table (commands, a whole log): other lines are skipped, and
// damaged rows are reported with their line and are not in the table. Text of Windows terminals
// (UTF-16, CR LF) is accepted.
//
// The package never guesses an offset. If a capture has only sizes, rows are flash.Unplaced; if
// offsets are sums of sizes, a Problem reports it and Capture.Verified is false. The package does
// not write captures and does not translate names: dumchar_info has bootimg for BOOTIMG of the
// scatter file.
//
// Sources: MediaTek's dumchar.c, sd.c and partition_define.c (dumchar_info, emmc,
// PartInfo), mtkemmc.c (partinfo), the boot loader's efi.c (log) and pmt.c (PMT),
// mtkclient's gpt.py. No PMT of a real phone was available: every result from a PMT has
// "unverified on real bytes".
package capture
