// Package brom speaks to a MediaTek phone before any program of ours runs on it: the
// BootROM in the chip and the preloader on the flash understand the same commands.
//
//	host → phone              phone → host
//	A0 0A 50 05               5F F5 AF FA           Connect: each byte answered by its complement
//	FE                        FE: BootROM · else the preloader's version (no echo)
//	FD                        FD, hw_code u16, status u16
//	D7 addr len sig           each echoed, status u16; then the raw body, checksum u16, status u16
//	└ one byte, u32 words: big-endian, each echoed before the next is sent
//
// A preloader sends READY every 20 ms until it is spoken to, and may take the first A0
// for the sign to stop that, without an answer. Connect copes with both kinds, and with a
// loader that is in command mode already: it sends A0 back and is told from a line that
// echoes by its answer to FD. What a loader need not tell (FF, FC, D8, E1, E7) it may refuse.
//
// Reading commands only are known here, with one exception that touches no memory that
// lasts: the watchdog's register is written, so that a phone in BootROM mode does not
// reset after some seconds. Nothing here writes to flash, and nothing passes a security
// check: a phone that asks for a signature gets the user's file, and one that sets a
// challenge (SLA) is refused with a sentence (ErrSLA).
//
// Sources: MediaTek's preloader for the MT6582 (download.c, handshake_usb.c: the
// phone's side), mtkclient (mtk_preloader.py, brom_config.py), mtk_uartboot.
package brom
