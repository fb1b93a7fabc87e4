// Package host looks for problems of this computer that prevent reading a phone: rights, drivers,
// other programs, the kernel and the disk. On systems other than Linux, macOS and Windows it only
// returns an error.
//
//	/sys /proc /dev /etc (Linux)   ┐
//	ioreg (macOS)                  ├─► Snapshot ──Check──► Findings: the problem and its exact fix
//	SetupAPI, registry (Windows)   ┘
//
// Gather differs between systems and only collects facts. Check judges the facts and does not ask
// the system, so every cause can be tested on every system. The package changes nothing on the
// computer. It opens no port, except on Windows: there, only that tells whether another program has the
// port of a loader.
//
// Sources: the kernel's cdc-acm driver and commit eafb27fa5283 (echo), udev(7), ModemManager's
// filter documentation, the rules of mtkclient and of SP Flash Tool.
package host
