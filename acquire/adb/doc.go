// Package adb reads the flash of a rooted phone that runs Android (or its recovery), through the
// adb server of this computer. It reads eMMC and UFS, not raw NAND, and no RPMB.
//
//	client ─► server, TCP 127.0.0.1:5037     server ─► client
//	000chost:devices                         OKAY 0015 SERIAL\tdevice\n
//	0017host:transport:SERIAL                OKAY            now the phone answers
//	0026exec:su -c 'dd if=/dev/block/…'      OKAY bytes … until the phone closes
//	                                         FAIL 000d no such device
//
// A request is its length as four hexadecimal digits and its text. An answer is OKAY or FAIL; a
// text in an answer has its length before it, too. exec: gives unchanged bytes. The adbd of Android
// 4 does not have it; its shell: uses a terminal, which puts a carriage return before every line
// feed. The package measures once how many carriage returns are added, and removes them.
//
// A range is read with dd, and at the end the phone reports whether dd succeeded:
//
//	su -c 'echo N-go; dd if=/dev/block/mmcblk0 bs=1048576 skip=4 count=64 2>/dev/null && echo N-ok || echo N-no' 2>/dev/null
//
// So a stream that ends early never counts as the end of the data, and messages of su or its linker
// never count as data (see marks.go). The bytes of a running phone may change while they are read:
// partitions that are mounted for writing are reported as a Problem.
//
// The package writes nothing on the phone. It uses root if the phone's own su grants it; it has no
// other way to get root.
//
// Sources: OVERVIEW.TXT and SERVICES.TXT of Android's adb; toolbox, toybox and busybox;
// the nodes that MediaTek's kernels have.
package adb
