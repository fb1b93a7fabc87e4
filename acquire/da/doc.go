// Package da reads a phone through its maker's Download Agent: the program that SP
// Flash Tool ships as MTK_AllInOne_DA.bin and that runs in the phone's RAM.
//
//	MTK_AllInOne_DA.bin                      little-endian
//	0x00  "MTK_DOWNLOAD_AGENT"
//	0x20  id text, "MTK_AllInOne_DA_v3.3001…" or "MTK_DA_v6_…"
//	0x60  u32 version (4; 0x4a) 0x64  99 88 66 22     0x68  u32 number of entries
//	0x6c  entries of 0xdc bytes (0xd8 in old files), one a chip:
//	      u16 dada, hw_code, hw_sub_code, hw_version, [sw_version, -,] pagesize, -, first region, regions
//	      then a region each: u32 offset, length with signature, load address, -, signature length
//	      regions[1] is the first stage (for SEND_DA), regions[2] the second
//
//	Read ─► Container ─Choose─► Entry ─Start─► Phone ─► flash.Device
//	                                            │        a region is an Image, read ahead
//	                                            └─ XFlash | legacy | XML
//
// Three families of agents exist, and each is spoken here as far as reading goes: who
// are you, how large are your regions, give me this range, good-bye. Bytes that arrive
// are counted and, where the agent sends sums, checked; anything short is an error.
//
// No command that writes, erases or formats is known to this package, and no security
// check is passed: an agent that sets a challenge is left with brom.ErrSLA, an agent
// whose stages do not belong together with ErrMismatch. The agent's bytes are sent as
// they are.
//
// Sources: mtkclient (daconfig.py, xflash_lib.py, dalegacy_lib.py, xml_lib.py),
// penumbra (da/), MtkFlash (MtkFlash.c).
package da
