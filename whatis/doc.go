// Package whatis finds out what a file is that is not a dump: a single image, a table,
// an agent, a file that this program wrote, or a file of another program. Limits: it
// looks at the first 36 KiB and the last 512 bytes, and reads a text file completely
// only if it is small enough to be one of the known kinds.
//
//	0x0     ANDROID! AVB0 88 16 88 58 …     an image, as package image knows it
//	0x0     MTK_DOWNLOAD_AGENT              a Download Agent
//	0x0     age-encryption.org/v1           encrypted by age
//	0x0     {"schema": "mtkkit.…"           a document of this program
//	0x0     FF D8 FF  89 PNG  %PDF  7z …    somebody else's
//	0x0     CrAU  OPPOENCRYPT!  PAR2 …      a firmware package, or a backup of another program
//	0x5C    55 AA 5A A5, zeros before       an UPDATE.APP
//	0x101   ustar                           a tar archive
//	0x8001  CD001                           an ISO 9660 image
//	text    general: MTK_PLATFORM_CFG …     a scatter file; a list; a map; sums; a key
//	end     koly, conectix                  a DMG; a VHD of a fixed size
//
// It names no command. The caller decides what can be done with a kind.
//
// A dump has its own marks (a partition table, a boot region's header) and is none of
// the kinds. Front finds the files whose first bytes show that they are not a dump, so
// that they are not searched for partitions.
//
// Sources: the formats' specifications, as libmagic lists them; libewf's documentation
// (E01, Ex01), QEMU's docs/interop (qcow2), Microsoft's VHD and VHDX specifications,
// LUKS on-disk format 1.2.3, and RFC 8878.
package whatis
