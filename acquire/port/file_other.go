//go:build !linux

package port

import (
	"io"

	"go.bug.st/serial"
)

func newConn(p serial.Port, lock io.Closer) Conn {
	return &serialConn{port: p, lock: lock, joins: systemJoins}
}
