// Package adbtest is an adb server with made phones behind it, written from the
// protocol's documentation and apart from the client it is to try.
//
//	test ─► Server (TCP on this computer) ─► Phone: files, nodes, a small shell
//	                                          └─ Faults: what goes wrong, and when
//
// The phone's shell knows as much of the shell, su, dd, cat, ls and the rest as reading a
// phone takes: words, quotes, a pipe, ;, && and ||, redirections of standard error. Run can
// put a real shell in its place.
package adbtest
