// Package scatter reads and writes scatter files: the text that lists, for a
// MediaTek flash tool, every partition of a phone with its address, size and image
// file.
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
// Most callers need Read, and File.Table with the size of the user area. Build
// writes a new file; Defaults knows what partitions of the field are usually called,
// flashed with and must be kept private.
//
// The files look like YAML and are not: vendors append sections of their own, tools
// mix indentations, names are empty, keys are missing. They are read line by line
// and every line is kept, so that Encode returns the file byte for byte.
//
// Read are the single-storage text files, V1.1.1 to V1.1.8. Other dialects (the V1
// list with braces, the list in update packages, the two-storage V2.1.0 text, XML)
// are recognised and refused by name, see ErrDialect.
//
// The package never guesses an address: a row that cannot be placed stays
// flash.Unplaced and says why.
//
// Sources: files written by MediaTek's ptgen (the layout, the order of keys, the
// addresses from the end), SP Flash Tool's headers (types and operations), and a
// survey of published scatter files of some 60 devices.
package scatter
