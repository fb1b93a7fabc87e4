package erofs

import "errors"

var errLZ4 = errors.New("damaged LZ4 data")

// expandLZ4 decompresses a block of LZ4 until out is full. What is left of in then may be
// anything: the padding of old images, or data that go on for others. Libraries want the
// exact end, which is not known there.
//
//	u8 literals (high 4 bits, 15: more bytes follow), match (low 4 bits, less 4, likewise)
//	literals, u16 distance back, and so on; the last sequence has literals only
func expandLZ4(out, in []byte) error {
	n := 0
	for n < len(out) {
		if len(in) == 0 {
			return errLZ4
		}
		token := in[0]
		in = in[1:]
		literals, rest, ok := length(int(token>>4), in)
		if !ok || literals > len(rest) && len(out)-n > len(rest) {
			return errLZ4
		}
		in = rest
		got := copy(out[n:], in[:min(literals, len(in))])
		if n += got; n == len(out) {
			return nil
		}
		if in = in[literals:]; len(in) < 2 {
			return errLZ4
		}
		back := int(le.Uint16(in))
		match, rest, ok := length(int(token&15), in[2:])
		if !ok || back == 0 || back > n {
			return errLZ4
		}
		in = rest
		start, end := n-back, min(n+match+4, len(out))
		for n < end { // the match may overlap what it makes: each round doubles it
			n += copy(out[n:end], out[start:n])
		}
	}
	return nil
}

// length reads a length whose first four bits are n.
func length(n int, in []byte) (int, []byte, bool) {
	if n < 15 {
		return n, in, true
	}
	for i, c := range in {
		if n += int(c); c != 255 {
			return n, in[i+1:], true
		}
	}
	return 0, nil, false
}
