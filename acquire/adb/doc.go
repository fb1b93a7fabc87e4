// Package adb reads the flash of a rooted phone that runs Android (or its recovery),
// through the adb server of this computer.
//
//	client ─► server, TCP 127.0.0.1:5037     server ─► client
//	000chost:devices                         OKAY 0015 SERIAL\tdevice\n
//	0017host:transport:SERIAL                OKAY            from here on the phone answers
//	0026exec:su -c 'dd if=/dev/block/…'      OKAY bytes … until the phone closes
//	                                         FAIL 000d no such device
//
// A request is four hexadecimal digits of length and text, an answer OKAY or FAIL; a text
// in an answer has its length in front as well. exec: gives bytes as they are. The adbd of
// Android 4 does not have it; its shell: goes through a terminal, which puts a carriage
// return before every line feed. What stands between a command and this program is
// measured once and taken out again.
//
// A range is read by dd, and the phone says at the end whether dd was content:
//
//	su -c 'echo N-go; dd if=/dev/block/mmcblk0 bs=1048576 skip=4 count=64 2>/dev/null && echo N-ok || echo N-no' 2>/dev/null
//
// so that a stream that ends early is never taken for the end of the data, and what su or
// its linker prints unasked never for data (marks.go has more). Reading a phone
// that runs is reading a moving thing: what is mounted for writing is told as a Problem.
//
// Nothing is written on the phone. Root is used when the phone's own su grants it; the
// package gains none.
//
// Sources: OVERVIEW.TXT and SERVICES.TXT of Android's adb; toolbox, toybox and busybox;
// the nodes that MediaTek's kernels have.
package adb
