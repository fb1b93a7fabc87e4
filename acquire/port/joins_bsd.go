//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package port

// systemJoins is true because a write only puts its bytes into the terminal's output queue, and the
// driver takes what is in the queue: of two writes in quick succession, it may take the end of one
// and the beginning of the next together (xnu: bsd/kern/tty.c, ttwrite and ttstart; IOSerialFamily:
// IOSerialBSDClient, which empties the queue in its own thread). tcdrain returns when the queue and
// the driver are empty.
const systemJoins = true
