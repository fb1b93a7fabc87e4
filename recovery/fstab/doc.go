// Package fstab reads and rewrites the fstab files of Android, and compares every
// device path in them with the partition table of the phone. Limits: it reads both
// forms below, and keeps every other line unchanged.
//
//	v1   mount  type  device  [device2]  [options]     recoveries up to about 2013, TWRP
//	     /cache  ext4  /dev/block/mmcblk0p6  flags=display="Cache";wipeingui
//	v2   device  mount  type  options  manager's options
//	     /emmc@usrdata  /data  ext4  noatime  wait,check
//
// A file may contain both forms. In a changed line only the replaced words differ.
//
//	/dev/block/platform/…/by-name/NAME   the partition of that name
//	/dev/block/by-name/NAME
//	/emmc@NAME, emmc@NAME                MediaTek's kernels of the MBR era, their names
//	/dev/NAME, NAME                      raw partitions of these kernels: /dev/bootimg
//	/dev/block/mmcblk0pN                 the N-th of the GPT; of MBR and EBRs as Linux counts
//	anything else                        cards, USB sticks, sysfs paths: not the phone's table
//
// The options may contain paths too, of the partition with the key of an encrypted
// /data.
//
// Sources: AOSP fs_mgr (fs_mgr_fstab), recovery's roots.cpp of Android 4.2 and 4.3, TWRP's
// partition.cpp; the spellings are those of fstab files in phones' images.
package fstab
