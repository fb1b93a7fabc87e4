// Package recovery unpacks boot images of any kind into a folder and repacks them. It
// builds a recovery for a phone from the phone's own parts and a donor's ramdisk, and
// checks whether a phone would start an image. Limits: it writes no files, it returns
// Images and lists of them; it makes no signatures.
//
//	folder of an unpacked image
//	  image.json       the header's fields; edits go back into the image
//	  kernel.bin …     the payloads, without MediaTek's section header
//	  ramdisk/         the files of the ramdisk
//	  ramdisk.list     their types, modes, owners, links and devices, one line each
//	  ramdisk.odd/     files whose names some system cannot hold
//	  original.img     the image itself: the source of everything that was not edited
//
//	built recovery     kernel, dtb, addresses, command line and header style of the phone;
//	                   the donor's ramdisk, over it
//	                     fstab files rewritten for the phone's own partition table
//	                     ueventd*.rc, init.recovery.<chip>.rc   of the phone
//	                     default.prop, prop.default             merged
//
// The folder needs no special file system or rights, and works on Windows. Every device
// path in an fstab, also in the stock one, is checked against the phone's partition
// table: some real stock recoveries use partitions with the phone's IMEI as cache and
// data.
package recovery
