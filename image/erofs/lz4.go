package erofs

import "errors"

var errLZ4 = errors.New("damaged LZ4 data")

// expandLZ4 decompresses a block of LZ4 until out is full. The rest of in is ignored:
// it may be the padding of old images, or data that continue for other extents.
// Libraries need the exact end, which is not known here.
//
// The format: u8 literals (high 4 bits, 15: more bytes follow), match (low 4 bits, less
// 4, the same); literals, u16 distance back, and so on; the last sequence has only
// literals.
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
		for n < end { // the match may overlap its own output: each round doubles it
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
