// Package source turns what the user has into a flash.Device.
//
//	ROM_1                 a raw dump            ─┐
//	ROM_1.zst             the same, compressed  ─┤             ┌ EMMC_USER / UFS_LU2
//	BOOT_1, BOOT_2, RPMB  beside the user area  ─┼─► Device ──►┤ EMMC_BOOT_1 / UFS_LU0
//	                                             ┘             └ …
//
// Everything is opened read-only: a dump may be the only copy there is. Which region
// a file holds is decided by what stands in it (a boot region's header, the sector
// size of its partition table), never by its name.
//
// A compressed dump is unpacked once into a sparse temporary file, which disappears
// with the Device. The package reads no partition table for its rows; that is
// layout's business.
package source
