package acquiretest

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// The framing of XFlash and XML agents: u32 magic, u32 type, u32 length, little-endian,
// then the payload.
const (
	packetMagic = 0xfeeeeeef
	typeData    = 1
	typeLog     = 2
	headerSize  = 12
)

// sendPacket sends a packet; header and payload have separate places.
func (l *life) sendPacket(place string, payload []byte) {
	if l.Logs {
		l.frame("log", typeLog, []byte("[DA] a line of log\n"))
	}
	l.frame(place, typeData, payload)
}

func (l *life) frame(place string, kind uint32, payload []byte) {
	h := le.AppendUint32(nil, packetMagic)
	h = le.AppendUint32(h, kind)
	l.send(place+".header", le.AppendUint32(h, uint32(len(payload))))
	l.send(place, payload)
}

// recvPacket receives a packet. For a payload of more than limit bytes it returns nil: agents
// receive it and refuse it.
func (l *life) recvPacket(place string, limit uint32) []byte {
	h := l.recv(place+".header", headerSize)
	n := le.Uint32(h[8:])
	if le.Uint32(h) != packetMagic || le.Uint32(h[4:]) != typeData || n > max(limit, maxUpload) {
		leave(fmt.Errorf("acquiretest: packet header %x at %s", h, place))
	}
	b := l.recv(place, int(n))
	if n > limit {
		return nil
	}
	return b
}

// readData reads a range of a region in pieces of at most size bytes and calls give with each, or
// with nil for an unreadable piece. give reports whether to continue.
func (l *life) readData(r flash.Region, e flash.Extent, size int64, give func([]byte) bool) {
	img, buf := l.image(r), make([]byte, min(size, e.Length))
	for e.Length > 0 {
		n := min(size, e.Length)
		piece := flash.Extent{Offset: e.Offset, Length: n}
		if touches(l.Deadly[r], piece) {
			l.flush()
			leave(errGone)
		}
		if touches(l.Bad[r], piece) {
			give(nil)
			return
		}
		if _, err := img.ReadAt(buf[:n], e.Offset); err != nil {
			leave(fmt.Errorf("acquiretest: reading the phone's image: %w", err))
		}
		d := l.Latency
		if l.Rate > 0 {
			d += durationOf(n, l.Rate)
		}
		if d > 0 {
			l.flush()
			l.pause(d)
		}
		if !give(buf[:n]) {
			return
		}
		e.Offset, e.Length = e.Offset+n, e.Length-n
	}
}
