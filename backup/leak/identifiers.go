package leak

import "bytes"

// identifiers adds what looks like an IMEI or a serial number. A run that ends at the end of b
// comes again with the next piece; a run within the first seen bytes was already added.
func (f *Finder) identifiers(part int, at int64, b []byte, seen int) {
	for i := 0; i < len(b); {
		if !isAlnum(b[i]) {
			i++
			continue
		}
		end := i
		for end < len(b) && isAlnum(b[end]) {
			end++
		}
		if run := b[i:end]; end > seen && len(run) >= minSerial && len(run) <= maxSerial {
			f.text(part, at+int64(i), run)
		}
		i = end
	}
	for i := max(0, seen-8); i+8 <= len(b); i++ {
		if digits, ok := unpackDigits(b[i : i+8]); ok {
			f.imei(part, at+int64(i), digits)
		}
	}
}

func (f *Finder) text(part int, at int64, run []byte) {
	switch {
	case isIMEI(run):
		f.imei(part, at, run)
	case at < textBytes && isSerial(run):
		f.identifier(Serial, part, at, bytes.Clone(run), wide(run))
	}
}

// imei adds the forms in which an IMEI is written: digits, digits of two bytes, and packed in
// both orders.
func (f *Finder) imei(part int, at int64, digits []byte) {
	f.identifier(IMEI, part, at, bytes.Clone(digits), wide(digits), packDigits(digits, false)[:7], packDigits(digits, true)[:7])
}

func (f *Finder) identifier(k Kind, part int, at int64, forms ...[]byte) {
	if !f.seen[string(forms[0])] {
		f.counts[k]++
	}
	for _, text := range forms {
		f.addText(pattern{kind: k, part: part, at: at, text: text})
	}
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// isIMEI reports whether d are 15 digits with a correct check digit that are not only a few
// different digits.
func isIMEI(d []byte) bool {
	if len(d) != 15 {
		return false
	}
	sum := 0
	for i, c := range d {
		if c < '0' || c > '9' {
			return false
		}
		n := int(c - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0 && different(d) >= 4
}

// isSerial reports whether run looks like text that a factory writes into each phone: capitals
// and digits, some of both, as in the first field of proinfo.
func isSerial(run []byte) bool {
	digits, capitals := 0, 0
	for _, c := range run {
		switch {
		case '0' <= c && c <= '9':
			digits++
		case 'A' <= c && c <= 'Z':
			capitals++
		default:
			return false
		}
	}
	return digits >= 4 && capitals >= 1 || digits >= 10
}

// unpackDigits reads an IMEI from eight bytes of packed digits, the low half of each byte first,
// as in the phone's NVRAM. The sixteenth digit is filler.
func unpackDigits(b []byte) ([]byte, bool) {
	if b[7]>>4 != 0 && b[7]>>4 != 0xF {
		return nil, false
	}
	d := make([]byte, 0, 16)
	for _, c := range b {
		if c&0xF > 9 || c>>4 > 9 && len(d) < 14 {
			return nil, false
		}
		d = append(d, '0'+c&0xF, '0'+c>>4)
	}
	return d[:15], isAllocated(d) && isIMEI(d[:15])
}

// isAllocated reports whether an IMEI begins with a prefix that phones have (the reporting
// bodies of the GSMA's TS.06). In packed digits of random data, one in ten thousand has a
// correct check digit.
func isAllocated(d []byte) bool {
	switch string(d[:2]) {
	case "01", "35", "86", "91", "99":
		return true
	}
	return false
}

// packDigits is the reverse of unpackDigits; with high, the first of two digits is in the high
// half.
func packDigits(d []byte, high bool) []byte {
	out := make([]byte, 8)
	for i, c := range d {
		shift := 4 * uint(i%2)
		if high {
			shift = 4 - shift
		}
		out[i/2] |= (c - '0') << shift
	}
	return out
}

// wide returns text with two bytes for a letter, as Java and Windows write it.
func wide(b []byte) []byte {
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = le.AppendUint16(out, uint16(c))
	}
	return out
}
