// Package report gathers what is known of a dump into one plain struct and draws it:
// as a table for a terminal, as a page that stands alone, as JSON.
//
//	Facts (rows, regions, problems) ──Build──► Report ──Text──► a table and a strip for each region
//	   from layout and plan, by cmd              │  └───HTML──► one file: no network, no script
//	                                             └──────json──► the same struct, "mtkkit.blocks/2"
//
// What a table cannot say is read from the rows themselves. By default that is a few
// spots of each, so that 60 GB take no longer than 60 MB:
//
//	row      ├──────┬──────┬──────┬── … ──┬──────┤   64 cells of equal length
//	          4 KiB  4 KiB  (hole)         4 KiB      one spot a cell, holes not at all
//	Fill.Map  d      d      z       …      -          data, zeros, erased, x unreadable, - not at hand
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
// What it will not do: decide which rows there are (that is known before it is
// called), show what a private partition holds, or write a file.
package report
