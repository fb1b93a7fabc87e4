// Package source opens any form of dump as a flash.Device, read-only. Limits: it does not list
// partitions (package layout does); it reads tables only to find the user area and to order files.
//
//	ROM_1                           a raw dump, a block device
//	ROM_1.zst .gz .xz .lz4 .bz2 -   the same, compressed; standard input
//	dump.zip, .z01 …                in an archive, also one in volumes
//	ROM_1.001, ROM_1.002 …          split                               ┐
//	system.simg                     an Android sparse image; what it    │  Device
//	                                does not say is unread              │
//	super.img_sparsechunk.0 …       one in pieces, in any order         │
//	ROM_0                           BOOT_1 ‖ BOOT_2 ‖ RPMB ‖ USER       ├► EMMC_USER / UFS_LU2
//	ROM_0, ROM_1, boot1.bin …       a folder of regions                 │  EMMC_BOOT_1 / UFS_LU0
//	gpt.bin, boot.bin, lk.bin …     a folder of partitions              │  …
//	manifest.json, …                a parts folder, a dump folder       ┘
//
//	a scatter file and boot.img …   a folder, .zip, .tar or .tgz        ┐
//	AP_….tar.md5                    Samsung's archives, alone or zipped ├► PACKAGE, and Source.Rows
//	payload.bin, NAME.new.dat …     full updates                        ┘
//
//	+ NAME.map                      the unread bytes of NAME: flash.Part.Unread
//
// Everything is opened read-only: a dump may be the only copy. The content of a file decides
// which region it holds (a boot region's header, a partition table and the data it points
// at). Its name decides only if the content cannot, for instance of a blank second boot region.
//
// Only regular files and block devices are opened, and from a folder only files in it: links
// that lead out of it are reported and not followed. It is an error if a file changes while it
// is read. A dump folder without a manifest is unfinished, whatever it contains.
//
// Some forms are read in place: backups, archives without compression, parts, sparse images, and
// zstd files of many frames, of which a few are kept in memory. All others are
// unpacked once into a sparse temporary file, which is removed with the Device.
//
// A table is only searched for in the first 64 MiB of a file. No address is guessed.
//
// A firmware package is a device of its own kind: its images, one after the other. Where they belong on
// a phone, only a scatter file says. Of an archive or a stream that lies about its size, no more than it
// states is unpacked.
//
// Sources: SP Flash Tool's read-back names, the folders that mtkclient and MTK Droid
// Tools leave, RFC 8878 and pzstd, PKWARE's APPNOTE.TXT.
package source
