// Package compare compares two dumps, or a dump and a firmware package, partition by partition.
// Limits: it reads both sides once and changes nothing; it judges by content and by tables, not
// by file names.
//
//	A: a dump                    B: a dump, an archive, a firmware package
//	 preloader ────────────────── preloader_k65v1.bin    equal
//	 nvram     ──────────────────                        only in A; the phone's own
//	 boot      ────────────────── boot.img               differs in 3 ranges; A: rooted with Magisk
//	 super                        super.img
//	   system  ────────────────── system                 equal
//	 userdata  ──────────────────                        only in A; the owner's data
//
// A package has images and not partitions: behind the end of an image, zeros and erased bytes are as
// they should be, and others are a difference. Ranges that a sparse image leaves out are not compared.
// An image without a slot is compared with both slots of a phone. Bytes that one side has not read are
// unknown, not different. Of two dumps, gaps between partitions and all of super are compared.
//
// Which side of a partition that differs is right is asked of verified boot:
//
//	             bytes of A   bytes of B
//	block of A   different    intact       B is right: A was changed
//	block of B   different    intact
//
//	block of A   intact       different    both: two builds
//	block of B   different    intact
package compare
