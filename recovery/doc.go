// Package recovery takes recoveries (and every other boot image) apart into a folder, puts
// them together again, and builds a recovery for a phone from its own parts and a
// donor's ramdisk.
//
//	folder of an unpacked image
//	  image.json       what the header says; edited facts go back into it
//	  kernel.bin …     the payloads, without MediaTek's section header
//	  ramdisk/         the files of the ramdisk
//	  ramdisk.list     their types, modes, owners, links and devices, one a line
//	  ramdisk.odd/     files whose names are none everywhere
//	  original.img     the image itself: what is not edited is taken from it
//
//	built recovery     kernel, dtb, addresses, command line and header style of the phone;
//	                   the donor's ramdisk, over it
//	                     fstab files rewritten for the phone's own partition table
//	                     ueventd*.rc, init.recovery.<chip>.rc   of the phone
//	                     default.prop, prop.default             merged
//
// Nothing relies on what a file system can hold: a tree survives any user's account, and
// Windows. A device path of any fstab, the stock one's too, is held against the phone's
// partition table before it is believed: real stock recoveries name partitions as cache
// and data that hold the phone's IMEI.
//
// The package writes no files: it returns Images and lists of them.
package recovery
