// Package flash has the nouns of mtkkit: the parts of a phone's flash memory, of which a program
// has a copy. It imports only the standard library, and every other package uses its types.
//
//	Device                      one phone, with the bytes that are at hand
//	 ├─ EMMC_BOOT_1  → Image    the regions, under the scatter file's own names
//	 ├─ EMMC_BOOT_2  → Image
//	 └─ EMMC_USER    → Image ──────────────────────────────────────────────┐
//	      0x0        0x80000     0x100000                            Size()│
//	      ├──────────┼───────────┼──────── … ──────────┬───────────────────┤
//	      │ MBR      │ EBR1      │ PRO_INFO            │ USRDATA           │
//	      └──────────┴───────────┴──────── … ──────────┴───────────────────┘
//	        Partition{Name, Region, Extent{Offset, Length}, …}
//
// Most callers need Image (bytes that can be read at any offset), Extent (a range in bytes,
// never sectors), Partition and Table. A reader of a format returns what it understood and a
// list of Problem: damage is data, not a reason to stop. Only damage that leaves nothing to
// return is an error, a *FormatError with the offset.
//
// The package never writes files, prints or guesses.
package flash
