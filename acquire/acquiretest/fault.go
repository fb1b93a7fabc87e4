package acquiretest

import (
	"bytes"
	"time"
)

// Action is what goes wrong.
type Action int

// The actions. N, Bytes and For are those of the Fault.
const (
	Disconnect Action = iota + 1 // the cable is pulled out
	Drop                         // N bytes are lost (0: the rest of what is sent)
	Repeat                       // N bytes are sent twice
	Flip                         // the lowest bit of one byte is wrong
	Insert                       // Bytes are inserted
	Replace                      // Bytes are sent instead of the rest
	Fill                         // all bytes of the rest are N
	Stall                        // nothing is sent for For, then the rest
	Trickle                      // each further byte takes For
	Split                        // a short pause of For: the host gets two reads
	Echo                         // the host's terminal echoes it, as Linux did (READY)
)

// Fault is one error in what the phone sends: at Place, in the Nth message there, from its byte
// Byte. Places are the phone's names for its messages; Phone.Trace shows them in order.
type Fault struct {
	Place string
	Nth   int // 1 is the first message, 0 means every message; counted over all lives
	Byte  int
	Do    Action
	N     int
	Bytes []byte
	For   time.Duration
}

// applies reports whether the fault applies to the nth message at place.
func (f *Fault) applies(place string, nth int) bool {
	return f.Place == place && (f.Nth == 0 || f.Nth == nth)
}

// durationOf returns how long n bytes take at rate bytes per second.
func durationOf(n, rate int64) time.Duration {
	return time.Duration(float64(n) / float64(rate) * float64(time.Second))
}

// strike sends b changed by the fault.
func (w *wire) strike(f Fault, b []byte) {
	at := min(max(f.Byte, 0), len(b))
	n := min(f.N, len(b)-at)
	w.put(b[:at])
	rest := b[at:]
	switch f.Do {
	case Disconnect:
		w.flush()
		leave(errGone)
	case Drop:
		if f.N == 0 {
			n = len(rest)
		}
		w.put(rest[n:])
	case Repeat:
		w.put(rest[:n])
		w.put(rest)
	case Flip:
		rest = bytes.Clone(rest)
		if len(rest) > 0 {
			rest[0] ^= 1
		}
		w.put(rest)
	case Insert:
		w.put(f.Bytes)
		w.put(rest)
	case Replace:
		w.put(f.Bytes)
	case Fill:
		w.put(bytes.Repeat([]byte{byte(f.N)}, len(rest)))
	case Stall, Split:
		w.flush()
		w.pause(f.For)
		w.put(rest)
	case Trickle:
		for i := range rest {
			w.put(rest[i : i+1])
			w.flush()
			w.pause(f.For)
		}
	case Echo:
		w.put(rest)
		w.in = append(w.in, rest...)
	}
}
