// Package codes knows what the numbers mean that flash tools and phones answer with.
//
//	4032            SP Flash Tool for phones        S_FT_ENABLE_DRAM_FAIL
//	4032            FlashTool for feature phones    S_FT_SEC_RO_WRITE_FAIL   the same number!
//	0xC0050005      XFlash Download Agents          STATUS_EXT_RAM_EXCEPTION
//	0x1D0D          BootROM and preloader           a status word of two bytes
//
// A number is stable only within one generation of tools, so a Code always says whose it
// is, and the name counts for more than the number. The table holds what a person meets
// when reading a phone back, and what people quote most of the rest.
//
// Sources, by tool: mtkclient's error.py (numbers of SP Flash Tool, XFlash and the loaders),
// the status header of MediaTek's FlashTool SDK (feature phones, and the agents of its
// time), the lists of flash-tool.com and hovatek.com (what users see, and what helped).
// Names are MediaTek's; meanings, causes and cures are written for this program.
package codes
