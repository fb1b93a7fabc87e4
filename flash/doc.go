// Package flash holds the nouns of mtkkit: what a phone's flash memory is, seen
// from a program that has a copy of it. It imports the standard library only, and
// every other package speaks in its words.
//
//	Device                      one phone, as far as we have its bytes
//	 ├─ EMMC_BOOT_1  → Image    the regions, under the scatter file's own names
//	 ├─ EMMC_BOOT_2  → Image
//	 └─ EMMC_USER    → Image ──────────────────────────────────────────────┐
//	      0x0        0x80000     0x100000                            Size()│
//	      ├──────────┼───────────┼──────── … ──────────┬───────────────────┤
//	      │ MBR      │ EBR1      │ PRO_INFO            │ USRDATA           │
//	      └──────────┴───────────┴──────── … ──────────┴───────────────────┘
//	        Partition{Name, Region, Extent{Offset, Length}, …}
//
// Most callers need Image (bytes that can be read anywhere), Extent (a range of
// bytes, never of sectors), Partition and Table. A reader of a format returns what
// it understood plus a list of Problem: damage is data, not a reason to stop. Only
// damage that leaves nothing to return is an error, a *FormatError with the offset.
//
// The package never writes, prints or guesses.
package flash
