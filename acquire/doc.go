// Package acquire reads a phone into a dump folder, so that an interruption costs
// seconds and "done" is only said of what is there. Limits: one phone into one folder
// at a time, on a disk that has room for it; the source is a flash.Device that something
// else has opened; nothing is ever written to the phone.
//
//	DUMP/
//	├─ manifest.json            what was read, of what phone; the last file to be written.
//	│                           Until then it is manifest.json.part
//	├─ SHA256SUMS
//	├─ phone.key                key of the HMACs that stand for the phone's identities
//	└─ regions/
//	   ├─ ROM_1                 EMMC_USER or UFS_LU2; ROM_1.part while not all is read
//	   ├─ ROM_1.map             ddrescue's map of it
//	   ├─ ROM_1.journal         while it is read ─► ROM_1.chunks, the same in order
//	   └─ BOOT_1, BOOT_2, RPMB …
//
//	phone ─ReadAt, 4 MiB─► SHA-256 ─► WriteAt, sparse ─► Sync ─► journal ─► Sync
//	                                   every 16 MiB or 5 seconds: ─┘
//
// The journal is the truth: what it lists is on the disk, for the data were synced
// before it was written. A run that goes on compares it with the disk first, and reads
// again what is not there any more (prove.go). The map is drawn from it. First what a dump that is stopped
// early can least do without:
//
//	tables ─► boot regions ─► other regions ─► user area ─► RPMB ─► where the phone was lost
//	└── read twice, compared ┘
//
// A region is one pass in order of address, in which what fails is tried again, halved
// and passed over; a second pass comes back to it. A place that makes the phone leave is
// in the journal, too: the second time it is put off, and come back to in small steps
// (lost.go). An RPMB that the phone does not give is left out, and noted.
//
// The package moves bytes: it parses none. What to read, and what of it twice, it is
// told as extents; where it comes from is a flash.Device, be that a phone, a card in
// a reader or a file.
package acquire
