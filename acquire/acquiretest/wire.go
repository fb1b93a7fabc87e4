package acquiretest

import (
	"encoding/binary"
	"errors"
	"os"
	"time"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// wire is the phone's end of its line. Its methods end the life if the host has gone, so that the
// protocol code needs no error handling.
type wire struct {
	t     transport
	p     *Phone
	in    []byte    // arrived, not yet received
	out   []byte    // sent, not yet written
	limit time.Time // time at which the watchdog resets the phone; zero: never

	// agent is true if the driver of a Download Agent reads the line, packet by packet. packet is
	// its buffer: the bytes of a USB packet that were not received yet.
	agent  bool
	packet []byte
}

const wireBuffer = 64 << 10

// send sends b with the faults for that place. The bytes are written together with later ones, at
// the latest when the phone receives.
func (w *wire) send(place string, b []byte) {
	w.p.sent[place]++
	if w.p.Trace != nil {
		w.p.Trace(true, place, b)
	}
	for _, f := range w.p.Faults {
		if f.applies(place, w.p.sent[place]) {
			w.strike(f, b)
			return
		}
	}
	w.put(b)
}

func (w *wire) send16(place string, v uint16) { w.send(place, binary.BigEndian.AppendUint16(nil, v)) }
func (w *wire) send32(place string, v uint32) { w.send(place, binary.BigEndian.AppendUint32(nil, v)) }

// put buffers short pieces and writes long ones.
func (w *wire) put(b []byte) {
	if len(w.out)+len(b) > wireBuffer {
		w.flush()
	}
	if len(b) >= wireBuffer {
		w.write(b)
		return
	}
	w.out = append(w.out, b...)
}

func (w *wire) flush() {
	w.write(w.out)
	w.out = w.out[:0]
}

func (w *wire) write(b []byte) {
	for len(b) > 0 {
		n := min(len(b), wireBuffer) // Linux takes larger pages for longer writes, and more time
		if _, err := w.t.Write(b[:n]); err != nil {
			leave(errGone)
		}
		b = b[n:]
	}
}

// pause waits for d.
func (w *wire) pause(d time.Duration) {
	if !w.p.sleep(d) {
		leave(errGone)
	}
	w.checkWatchdog()
}

func (w *wire) checkWatchdog() {
	if w.expired() {
		leave(errReset)
	}
}

// expired reports whether the watchdog has reset the phone.
func (w *wire) expired() bool { return !w.limit.IsZero() && !time.Now().Before(w.limit) }

// recv returns the next n bytes from the host. If the host closes the port, the phone resets,
// because it watches DTR.
func (w *wire) recv(place string, n int) []byte {
	w.flush()
	if w.agent && w.t.transfers() {
		return w.traced(place, w.recvPackets(n))
	}
	for len(w.in) < n {
		if !w.more(w.limit) {
			w.checkWatchdog()
		}
	}
	b := w.in[:n:n]
	w.in = w.in[n:]
	return w.traced(place, b)
}

func (w *wire) traced(place string, b []byte) []byte {
	if w.p.Trace != nil {
		w.p.Trace(false, place, b)
	}
	return b
}

// usbPacket is the longest packet of high-speed USB, bytes. A transfer consists of packets.
const usbPacket = 512

// buffered is the longest read for which the agents' driver uses its buffer, bytes.
const buffered = 12

// recvPackets reads as the USB driver of Download Agents does (A), as observed with MT6580, MT6765
// and MT6789: a read of up to 12 bytes takes a whole packet into a buffer and returns bytes from
// it; a longer read takes bytes from the controller and discards the buffer. A long payload in the
// same packet as the bytes before it is lost, and the driver waits for it.
func (w *wire) recvPackets(n int) []byte {
	var b []byte
	if n > buffered {
		w.packet = nil
	}
	for len(b) < n {
		if len(w.packet) == 0 {
			for len(w.in) == 0 {
				if !w.more(w.limit) {
					w.checkWatchdog()
				}
			}
			k := min(len(w.in), usbPacket)
			w.packet, w.in = w.in[:k:k], w.in[k:]
		}
		k := min(n-len(b), len(w.packet))
		b, w.packet = append(b, w.packet[:k]...), w.packet[k:]
	}
	if n > buffered {
		w.packet = nil
	}
	return b
}

func (w *wire) recv32() uint32 { return binary.BigEndian.Uint32(w.recv("word", 4)) }

// recvByte returns the next byte if it arrives within d.
func (w *wire) recvByte(place string, d time.Duration) (byte, bool) {
	w.flush()
	deadline := time.Now().Add(d)
	if !w.limit.IsZero() && w.limit.Before(deadline) {
		deadline = w.limit
	}
	if len(w.in) == 0 && !w.more(deadline) {
		w.checkWatchdog()
		return 0, false
	}
	return w.recv(place, 1)[0], true
}

// more reads the available bytes. It waits for them until deadline (zero: forever).
func (w *wire) more(deadline time.Time) bool {
	w.t.SetReadDeadline(deadline)
	b := make([]byte, 4<<10)
	n, err := w.t.Read(b)
	w.in = append(w.in, b[:n]...)
	switch {
	case n > 0:
		return true
	case errors.Is(err, port.ErrTimeout), errors.Is(err, os.ErrDeadlineExceeded):
		return false
	case errors.Is(err, port.ErrGone):
		leave(errGone)
	}
	leave(errReset)
	return false
}
