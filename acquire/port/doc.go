// Package port finds and opens the serial port of a phone, and reads and writes exact numbers of
// bytes on it; time-outs are errors. It has no command of any protocol and interprets no bytes.
//
//	phone (USB CDC ACM) ── /dev/ttyACM0, COM5, /dev/cu.usbmodem1 ──Bus──► Conn ──► Line
//	 0e8d:0003 BootROM                                  List  Open      │        exact reads,
//	 0e8d:2000 preloader                                                │        each with a deadline,
//	 0e8d:2001 preloader or Download Agent                              │        cancelled by a context
//	                                                                    └─ Read: ≥ 1 byte or an error
//
// The preloader of a switched-off phone stays on the bus for 1 to 2.5 seconds, so Wait must run
// before the phone is plugged in. After a mode change the phone leaves the bus and comes back under
// another name, so a Conn is never used again after ErrGone.
//
// An Android phone without root as the host has no port, only a file descriptor of usbfs (USB): it is a
// Bus with one phone, on which this package does what the driver cdc-acm does.
//
// The speed in baud has no effect on USB; the line is raw, without flow control. Sources:
// MediaTek's preloader for the MT6582 (handshake_usb.c), mtkclient's usb_ids.py and seriallib.py,
// Linux commit eafb27fa5283 (no echo for 0e8d:2000).
package port
