// Package report collects the facts about a dump in one struct and renders it
// as a table for a terminal, a self-contained HTML page, or JSON.
//
//	Input (rows, regions, problems) ──Build──► Report ──Text──► a table and a strip for each region
//	   from package dump                        │  └───HTML──► one file: no network, no script
//	                                             └──────json──► the same struct, "mtkkit.blocks/2"
//
// How full a row is and what it holds is read from the row itself. By default a few samples
// of each are read, so that 60 GB take no longer than 60 MB:
//
//	row      ├──────┬──────┬──────┬── … ──┬──────┤   64 cells of equal length
//	          4 KiB  4 KiB  (hole)         4 KiB      one sample a cell, none of known zeros
//	Fill.Map  d      d      z       …      -          data, zeros, erased, x unreadable, - not in the dump
//
// Estimates are marked as such. The pictures of a boot logo are taken from its row:
//
//	0x000  MediaTek section header, 512 bytes (see package image)
//	0x200  u32 count   u32 total   u32 offset[count]      little-endian, from 0x200
//	  …    zlib streams, each of bare pixels: RGB565 or BGRA, width and height not stated
//
// Sources: MediaTek's LK (mkimg.h, and how it shows its logo), AOSP bootimg.h and
// libavb's avb_vbmeta_image.h, the blocks map of MTK Droid Tools for the columns people
// know; the picture sizes of published firmware for the list of screens.
//
// Limits: it does not choose the rows (the caller gives them), does not show the content of
// private partitions, and writes no file.
package report
