// Package adbtest is an adb server with virtual phones for tests. It follows the protocol's
// documentation and shares no code with the client that it tests.
//
//	test ─► Server (TCP on this computer) ─► Phone: files, nodes, a small shell
//	                                          └─ Faults: what goes wrong, and when
//
// The phone's shell has the parts of the shell, su, dd, cat, ls and other programs that reading a
// phone needs: words, quotes, a pipe, ;, && and ||, redirections of standard error. Run can use a
// real shell instead.
package adbtest
