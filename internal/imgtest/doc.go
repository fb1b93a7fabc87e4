// Package imgtest makes flash images of MediaTek phones for tests: parts (a preloader,
// a boot image, a partition table) and whole phones. Limits: the phones have a user
// area of 256 MiB; a real phone cannot start from these images.
//
//	MT6592()  MBR + EBR chain   256 MiB   scatter V1.1.2, linear == physical
//	MT6572()  MBR + EBR1        256 MiB   scatter V1.1.1, linear == physical + 0x1400000
//	MT6765()  GPT, 512 B        256 MiB   eMMC, scatter V1.1.2
//	MT6893()  GPT, 4096 B       256 MiB   UFS, A/B, scatter V2.1.0 for both storages
//
// The phones have small file systems (ext4, EROFS), ramdisks and, where real phones of
// the time have them, a super partition and a vbmeta with the right descriptors. IMEIs
// are from the range for tests.
//
// It writes every structure by hand and uses none of the format packages, so that a
// writer and a reader cannot have the same error. The result depends only on the
// arguments: the same bytes on every machine. Nothing in it comes from a phone or a
// vendor's package; names, serial numbers and contents are invented.
//
// Only tests, and the parts of cmd that play a phone, import it.
package imgtest

//go:generate go run ./gen -o ../../testdata
