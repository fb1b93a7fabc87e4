// Package boot separates Android boot images into their parts and joins them again,
// byte for byte: boot, recovery and init_boot of header versions 0 to 4, vendor_boot of
// 3 and 4. Limits: it does not unpack ramdisks (package ramdisk does), and it checks no
// signature.
//
//	versions 0 to 2, fields little-endian          versions 3 and 4, pages of 4096 bytes
//	0x000 ANDROID!                                 0x000 ANDROID!
//	0x008 kernel size, address                     0x008 kernel size
//	0x010 ramdisk size, address                    0x00C ramdisk size
//	0x018 second size, address                     0x010 os version
//	0x020 tags address     0x024 page size         0x014 header size
//	0x028 version (or dt size, of vendors' v0)     0x028 version
//	0x02C os version       0x030 board name[16]    0x02C command line[1536]
//	0x040 command line[512]                        0x62C signature size (v4)
//	0x240 id[32], a hash of the parts
//	0x260 more command line[1024]                  vendor_boot
//	0x660 recovery dtbo size, offset (v1, v2)      0x000 VNDRBOOT  0x008 version  0x00C page size
//	0x66C header size                              0x010 kernel, ramdisk address  0x018 ramdisk size
//	0x670 dtb size, address (v2)                   0x01C command line[2048]       0x81C tags address
//	                                               0x820 board name[16]           0x830 header size
//	                                               0x834 dtb size, address[8]
//	                                               0x840 table size, entries, entry size (v4)
//	                                               0x84C bootconfig size (v4)
//
// Each part begins at a new page, in the order kernel, ramdisk, second, (dt), recovery
// dtbo, dtb, signature; in a vendor_boot ramdisk, dtb, table, bootconfig. The bytes
// behind the last page are the tail: fill to the end of a partition, an AVB block with
// its footer, or a vendor's signature.
//
// On MediaTek phones up to about 2014, kernel and ramdisk each begin with a section
// header of 512 bytes, which their sizes include:
//
//	+0x00 88 16 88 58   +0x04 payload bytes   +0x08 KERNEL, ROOTFS or RECOVERY   rest 0xFF
//
// The bootloader of such a phone needs this header, and a later one does not start a
// kernel that has it. So an image keeps its style.
//
// Unlocked Amazon devices have a small loader of 0x400 bytes instead of the header, and
// the header follows it; see Loader.
//
// Sources: AOSP bootimg.h and mkbootimg, vendor boot image documentation; MediaTek's
// headers in images of its phones; Magisk's magiskboot for the offsets of the parts in
// an image with a small loader.
package boot
