//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package port

// systemJoins: a write only puts its bytes into the terminal's output queue, and the driver
// takes from there what it finds, of two writes that follow each other quickly the end of
// one and the beginning of the next (xnu: bsd/kern/tty.c, ttwrite and ttstart;
// IOSerialFamily: IOSerialBSDClient, which empties the queue in a thread of its own).
// tcdrain returns when the queue and the driver are empty.
const systemJoins = true
