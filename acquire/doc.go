// Package acquire reads a phone into a dump folder. An interruption costs seconds, and only a
// proven dump is called complete. Limits: it reads a flash.Device that something else has
// opened, whatever its connection, and knows no protocol and no partitions; one phone goes into
// one folder, on a disk that has room for it. Nothing is ever written to the phone.
//
//	DUMP/
//	├─ manifest.json            what was read, of what phone; the last file to be written.
//	│                           Until then it is manifest.json.part
//	├─ SHA256SUMS
//	├─ phone.key                key of the HMACs that stand for the phone's identities
//	└─ regions/
//	   ├─ ROM_1                 EMMC_USER or UFS_LU2; ROM_1.part until all is read
//	   ├─ ROM_1.map             ddrescue's map of it
//	   ├─ ROM_1.journal         while it is read ─► ROM_1.chunks, the same in order
//	   └─ BOOT_1, BOOT_2, RPMB …
//
//	phone ─ReadAt, 4 MiB─► SHA-256 ─► WriteAt, sparse ─► Sync ─► journal ─► Sync
//	                                   every 16 MiB or 5 seconds: ─┘
//
// The journal is the truth: the data that it lists are on the disk, because they were synced
// before it was written. A run that resumes compares the disk with it first, and reads
// lost data again (prove.go). The map is drawn from it. The most important regions are read
// first, in case the dump is stopped early:
//
//	tables ─► boot regions ─► other regions ─► user area ─► RPMB ─► where the phone was lost
//	└── read twice, compared ┘
//
// A region is read in one pass in order of address. A range that fails is retried, halved
// and skipped; a second pass returns to it. The journal also records a range at which the
// phone disconnects: after the second time it is put off, and read last in small steps
// (lost.go). If the phone refuses RPMB, it is skipped, with a note.
//
// The package moves bytes: it parses none. What to read, and what of it twice, it is
// told as extents; where it comes from is a flash.Device, be that a phone, a card in
// a reader or a file.
package acquire
