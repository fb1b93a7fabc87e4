// Package brom speaks to the loaders of a MediaTek phone, before a Download Agent runs on it. The
// BootROM in the chip and the preloader on the flash have the same commands. The package identifies
// the phone and uploads a program; it does not read the flash.
//
//	host → phone              phone → host
//	A0 0A 50 05               5F F5 AF FA           Connect: each byte is answered by its complement
//	FE                        FE: BootROM · else the preloader's version (no echo)
//	FD                        FD, hw_code u16, status u16
//	D7 addr len sig           each is echoed, status u16; then the raw body, checksum u16, status u16
//	└ one byte, u32 words: big-endian, each echoed before the next is sent
//
// A preloader sends READY every 20 ms until it receives a byte, and it may take the first A0 as
// this byte, without an answer. Connect handles both loaders, and also a loader that is already in
// command mode: such a loader sends A0 back, and its answer to FD shows that it is not a line that
// echoes. A loader may refuse the optional commands (FF, FC, D8, E1, E7).
//
// The package has only reading commands, with one exception that changes no permanent memory: it
// writes the watchdog's register, so that a phone in BootROM mode does not reset after some
// seconds. It never writes to the flash, and it bypasses no security check: a phone that requires a
// signature gets the user's file, and for a phone that requires a challenge (SLA) the error is
// ErrSLA.
//
// Sources: MediaTek's preloader for the MT6582 (download.c, handshake_usb.c: the
// phone's side), mtkclient (mtk_preloader.py, brom_config.py), mtk_uartboot.
package brom
