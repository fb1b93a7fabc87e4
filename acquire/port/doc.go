// Package port is the line to a phone: finding it, opening it, and moving exact
// numbers of bytes with time-outs that are errors.
//
//	phone (USB CDC ACM) ── /dev/ttyACM0, COM5, /dev/cu.usbmodem1 ──Bus──► Conn ──► Line
//	 0e8d:0003 BootROM                                  List  Open      │        exact reads,
//	 0e8d:2000 preloader                                                │        one deadline each,
//	 0e8d:2001 preloader or Download Agent                              │        cancelled by a context
//	                                                                    └─ Read: ≥ 1 byte or an error
//
// The preloader of a switched-off phone stays on the bus for 1 to 2.5 seconds, so the
// order is: arm first (Wait), plug second. A mode change makes the phone leave the bus
// and come back under another name: a Conn is never used again after ErrGone.
//
// Speed in baud means nothing on USB; the line is raw, without flow control. Knowledge:
// MediaTek's preloader for the MT6582 (handshake_usb.c), mtkclient's usb_ids.py and
// seriallib.py, Linux commit eafb27fa5283 (no echo for 0e8d:2000).
//
// The package knows no command of any protocol and interprets no byte.
package port
