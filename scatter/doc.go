// Package scatter reads and writes scatter files: the text that lists, for a
// MediaTek flash tool, every partition of a phone with its address, size and image
// file. Limits: files of at most 16 MiB; UTF-16 and XML with entities are refused; the
// reading of NAND files with sizes (V1.1.5) is unverified; no address is guessed.
//
//	line  1   ####################…            comments, kept as they are
//	      6   - general: MTK_PLATFORM_CFG      ┐
//	      7     info:                          │ File.Head, and decoded File.Info
//	      8       - config_version: V1.1.2     │
//	      9         platform: MT6592           │
//	     13         block_size: 0x20000        ┘ the unit of addresses "from the end"
//	     19   - partition_index: SYS0          ┐
//	     20     partition_name: PRELOADER      │ one Row per partition
//	     25     physical_start_addr: 0x0       │ bytes, within the row's region
//	     26     partition_size: 0x40000        │
//	     27     region: EMMC_BOOT_1            ┘
//	          …
//	    319   - partition_index: SYS20
//	    320     partition_name: BMTPOOL
//	    325     physical_start_addr: 0xFFFF00a8   reserved: 0xa8 blocks before the end
//	    330     is_reserved: true
//
// Most callers need Read, and File.Table with the size of the user area. Convert
// writes another dialect, Build and Create write a new file, Check and Diff judge files.
// Defaults has the usual names, image files and privacy of the partitions of the field.
//
// The text files look like YAML but are not: vendors append sections of their own,
// tools mix indentations, names are empty, keys are missing. The package reads them
// line by line and keeps every line, so that Encode returns the file byte for byte.
//
// All dialects are read:
//
//	v1              NAME 0xADDRESS { }, linear addresses, no sizes     MT6573–MT6589
//	list            name 0xaddress, inside update packages
//	v1.1.1 – v1.2   the text above, one storage                        MT6572 and later
//	v2.x            the same with a table for eMMC and one for UFS     MT6765 and later
//	xml             either in XML                                      MT6833 and later
//
// A file for two storages has two tables: File.Storages lists them, File.Select chooses
// one. UTF-16, XML with entities, and files made by hand whose rows cannot be separated
// are refused by name (see ErrDialect). Files for NAND with sizes (V1.1.5) are
// unverified: no real one was available, and File.Problems reports it.
//
// The package never guesses an address: a row without a usable address is
// flash.Unplaced, and a problem gives the reason.
//
// Sources: files written by MediaTek's ptgen (the layout, the order of keys, the
// addresses from the end), SP Flash Tool's headers (types and operations), and a
// survey of published scatter files of some 60 devices.
package scatter
