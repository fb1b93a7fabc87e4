// Package acquire reads a phone into a dump folder. After an interruption, at most a few seconds of
// reading are repeated. Only a dump whose bytes are proven is called complete. Limits: the caller
// opens the flash.Device; this package knows no protocol and no partitions. One folder holds one
// phone, and the disk must have room for all of it. The package never writes to the phone.
//
//	DUMP/
//	├─ manifest.json            what was read, from which phone; written last.
//	│                           Until then it is manifest.json.part
//	├─ SHA256SUMS
//	├─ phone.key                key of the HMACs of the phone's identities
//	└─ regions/
//	   ├─ ROM_1                 EMMC_USER or UFS_LU2; ROM_1.part until all is read
//	   ├─ ROM_1.map             ddrescue's map of it
//	   ├─ ROM_1.journal         during reading ─► ROM_1.chunks, the same, sorted
//	   └─ BOOT_1, BOOT_2, RPMB …
//
//	phone ─ReadAt, 4 MiB─► SHA-256 ─► WriteAt, sparse ─► Sync ─► journal ─► Sync
//	                                   every 16 MiB or 5 seconds: ─┘
//
// The journal decides what was read. The data that it lists are on the disk, because they are
// synced before the journal is written. A run that resumes first compares the disk with the journal
// and reads differing data again (prove.go). The map is made from the journal. The most important
// regions are read first, in case the run is stopped early:
//
//	tables ─► boot regions ─► other regions ─► user area ─► RPMB ─► where the phone was lost
//	└── read twice, compared ┘
//
// A region is read in one pass in order of offset. A range that fails is retried, then split into
// halves, then skipped; a second pass tries it again. The journal also records the ranges at which
// the phone disconnects. After the second loss such a range is put off and read last, in small
// steps (lost.go). If the phone refuses RPMB, it is left out, with a note.
//
// The package moves bytes and parses none. The caller gives the extents to read and the extents to
// read twice. The flash.Device may be a phone, a card in a reader or a file.
package acquire
