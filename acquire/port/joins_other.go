//go:build !(darwin || dragonfly || freebsd || netbsd || openbsd)

package port

// systemJoins is false because Linux and Windows have no queue between a write and its transfer;
// see Conn.
const systemJoins = false
