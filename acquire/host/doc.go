// Package host looks at the computer that stands between this program and a phone, and
// says what is in the way.
//
//	/sys /proc /dev /etc (Linux)   ┐
//	ioreg (macOS)                  ├─► Snapshot ──Check──► Findings: what is so, why, the exact fix
//	SetupAPI (Windows)             ┘
//
// Gathering facts is different on each system and judges nothing; Check judges and asks
// the system nothing, so that every cause is a test on every system. Nothing is changed
// on the computer, and no port is opened.
//
// Knowledge: the kernel's cdc-acm driver and commit eafb27fa5283 (echo), udev(7),
// ModemManager's filter documentation, the rules of mtkclient and of SP Flash Tool.
package host
