// Package whatis says what a file is that is no dump: an image by itself, a table, an
// agent, one of the files that this program writes, or something of somebody else's.
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
// Of looks at the first 36 KiB, at the last 512 bytes, and reads text files whole that
// are small enough to be one of the known ones. It names no command: what can be done
// with a kind is for the caller to say.
//
// A dump has marks of its own (a partition table, a boot region's header) and is none of
// the kinds; Front says which files cannot be a dump by their first bytes, so that nobody
// searches them for partitions.
//
// Sources: the formats' own specifications, as libmagic lists them; libewf's
// documentation (E01, Ex01), QEMU's docs/interop (qcow2), Microsoft's VHD and VHDX
// specifications, LUKS on-disk format 1.2.3, and RFC 8878.
package whatis
