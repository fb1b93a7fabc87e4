// Package da reads a phone through its maker's Download Agent: the program that SP Flash Tool ships
// as MTK_AllInOne_DA.bin and that runs in the phone's RAM. It supports the XFlash (V5), legacy (V3)
// and XML (V6) agents, for reading only. Legacy agents read eMMC only.
//
//	MTK_AllInOne_DA.bin                      little-endian
//	0x00  "MTK_DOWNLOAD_AGENT"
//	0x20  id text, "MTK_AllInOne_DA_v3.3001…" or "MTK_DA_v6_…"
//	0x60  u32 version (4; 0x4a) 0x64  99 88 66 22     0x68  u32 number of entries
//	0x6c  entries of 0xdc bytes (0xd8 in old files), one for each chip:
//	      u16 dada, hw_code, hw_sub_code, hw_version, [sw_version, -,] pagesize, -, first region, regions
//	      then for each region: u32 offset, length with signature, load address, -, signature length
//	      regions[1] is the first stage (for SEND_DA), regions[2] the second
//
//	Read ─► Container ─Choose─► Entry ─Start─► Phone ─► flash.Device
//	                                            │        a region is an Image, read ahead
//	                                            └─ XFlash | legacy | XML
//
// Of each of the three protocols the package has only the commands for reading: identify, region
// sizes, read a range, end. It counts the bytes that arrive and checks the sums that an agent
// sends. Missing bytes are an error.
//
// The package has no command that writes, erases or formats, and it bypasses no security check. If
// an agent requires a challenge, the error is brom.ErrSLA; if the two stages of an agent do not
// match, it is ErrMismatch. The agent's bytes are sent unchanged.
//
// Sources: mtkclient (daconfig.py, xflash_lib.py, dalegacy_lib.py, xml_lib.py),
// penumbra (da/), MtkFlash (MtkFlash.c).
package da
