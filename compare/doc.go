// Package compare compares two dumps, or a dump and a firmware package, partition by partition.
// Limits: it reads both sides once and changes nothing; it judges by content and by tables, not
// by file names.
//
//	A: a dump                    B: a dump, an archive, a firmware package
//	 preloader ────────────────── preloader_k65v1.bin    equal
//	 nvram     ──────────────────                        only in A; the phone's own
//	 boot      ────────────────── boot.img               differs in 3 ranges: rooted with Magisk (A)
//	 super                        super.img
//	   system  ────────────────── system                 equal
//	 userdata  ──────────────────                        only in A; the owner's data
//
// A package has images and not partitions: a partition is compared as far as its image goes, and
// ranges that a sparse image leaves out are not compared. A package without slots is compared
// with both slots of a phone. Bytes that one side has not read are unknown, not different.
package compare
