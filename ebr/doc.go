// Package ebr reads the partition table of MediaTek phones of about 2012 to 2015: an
// MBR and a chain of extended boot records, as MediaTek's software reads them. Limits:
// it writes nothing, has no partition names (the table contains none), and does not
// read a GPT or a PMT.
//
//	one table sector (all fields little-endian)     one entry, 16 bytes
//	0x000  boot code and disk id, all zero          +0   status: 0 or 0x80
//	0x1BE  entry 0 ┐                                +1   CHS of the start, zero
//	0x1CE  entry 1 │ data or link,                  +4   type: 0 unused, 05/0F/85 link,
//	0x1DE  entry 2 │ up to four used                     anything else data
//	0x1EE  entry 3 ┘                                +5   CHS of the end, zero
//	0x1FE  55 AA                                    +8   u32 start, sectors of 512 bytes
//	                                                +12  u32 count of sectors
//
//	0x0        0x80000 = X          X+link
//	├──────────┼─────────── … ──────┼─────────── … ──────────────────────┤
//	│ MBR      │ EBR1               │ EBR2
//	└─┬─┬──────┴─┬─┬─────── … ──────┴─┬───────── … ──────────────────────┘
//	  │ └ data: absolute              └ data: relative to EBR2 itself
//	  └ link: absolute, gives X │
//	             data: relative ┘ to EBR1 itself; link: relative to X
//
// A chain as DOS writes it (one data entry and one link per EBR) follows the same
// rules. MediaTek puts several data entries into one EBR, and the partition tools of
// PCs lose rows there. The last row has no true length: its count is 0xFFFFFFFF, or
// 0xFFFFFFFF less the distance of its start from X. It runs to the end of the device,
// whose size is not in the chain.
//
// The chain has no names, and it has only the partitions that Linux mounts. The others
// (NVRAM, the boot images, the logo …) are only in the scatter file. Rows are therefore
// named as the kernel numbers them (mmcblk0p2 is p2): slot i of the MBR is p(i+1), and
// the data entries of all EBRs continue from p5 in chain order.
//
// The rules are those of MediaTek's ptgen and of the Linux msdos partition parser,
// checked with the tables of real phones.
package ebr
