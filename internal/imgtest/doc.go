// Package imgtest makes MediaTek-shaped flash images for tests: parts of them
// (a preloader, a boot image, a partition table) and whole phones.
//
//	MT6592()  MBR + EBR chain   256 MiB   scatter V1.1.2, linear == physical
//	MT6572()  MBR + EBR1        256 MiB   scatter V1.1.1, linear == physical + 0x1400000
//	MT6765()  GPT, 512 B        256 MiB   eMMC, scatter V1.1.2
//	MT6893()  GPT, 4096 B       256 MiB   UFS, A/B, scatter V2.1.0 for both storages
//
// The phones hold small file systems (ext4, EROFS), ramdisks and, where they had them, a
// super partition and a vbmeta that describes what is there; IMEIs are of the range for
// tests.
//
// It writes every structure by hand and uses none of the format packages, so that a
// writer and a reader of ours cannot be wrong together. What it makes depends on its
// arguments only: the same bytes on every machine. Nothing in it comes from a phone
// or a vendor's package; names, serial numbers and contents are invented.
//
// Only tests import it. It will not make an image a phone could start from.
package imgtest

//go:generate go run ./gen -o ../../testdata
