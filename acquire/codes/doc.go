// Package codes has the meaning of the error numbers of flash tools and phones, and what helps
// against them.
//
//	4032            SP Flash Tool for phones        S_FT_ENABLE_DRAM_FAIL
//	4032            FlashTool for feature phones    S_FT_SEC_RO_WRITE_FAIL   the same number!
//	0xC0050005      XFlash Download Agents          STATUS_EXT_RAM_EXCEPTION
//	0x1D0D          BootROM and preloader           a status word of two bytes
//
// The meaning of a number differs between generations of tools, so every Code has its Tool. A name
// is more reliable than a number: S_DA_SDMMC_WRITE_FAILED is 3149 in SP Flash Tool 3 and 3154 in 5,
// where 3149 is S_DA_EMMC_FLASH_NOT_FOUND. A name that is in no table is reported as unknown; the
// number beside it does not replace it.
//
// Sources, by tool: the status headers (BootRom/mtk_status.h) of SP Flash Tool 3.1113 and 5.1952
// and of a later 5 as they are published; mtkclient's error.py for the agents of feature phones and
// the loaders; penumbra's error list for the newest statuses of agents and loaders; the status
// header of MediaTek's FlashTool SDK for feature phones; the memory commands of MediaTek's
// preloader for the MT6582 (0xFFFD to 0xFFFF); the lists of flash-tool.com and hovatek.com (what
// users see, and what helped). Codes without a public name have the remark "name by sense". Names
// are MediaTek's; meanings, causes and cures were written for this program.
package codes
