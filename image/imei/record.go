package imei

import (
	"bytes"
	"crypto/aes"
	"crypto/md5"

	"github.com/mtkkit/mtkkit/flash"
)

// slot is the part of a record for one SIM.
type slot struct {
	state  State // Held, Empty or Unknown
	digits string
}

const (
	packedLen = 8  // bytes of 15 packed digits
	plainSlot = 12 // MP0B_001
	lockedAt  = 0x40
	lockedLen = 32 // LD0B_001
	maxSlots  = 16
)

// masks hide the digits in MP0B_001; some phones have no mask.
var masks = [][packedLen]byte{
	{0xAB, 0xA0, 0x6F, 0x2F, 0x1F, 0x1E, 0x9A, 0x45}, // WriteIMEI, most chips
	{0x16, 0xE5, 0xF4, 0xD1, 0xE8, 0x6A, 0x42, 0xF0}, // imei_gen_mt6xxx, MT6735
	{},
}

// magicLocked begins an LD0B_001. The sums of an MP0B_001 never allow it there.
var magicLocked = []byte("LDI\x00")

// lockedKey is the first block of the modem's NVRAM key, which mtkclient derives from
// constants that are the same in all modems.
var lockedKey = []byte{0x3F, 0x06, 0xBD, 0x14, 0xD4, 0x5F, 0xA9, 0x85, 0xDD, 0x02, 0x74, 0x10, 0xF0, 0x21, 0x4D, 0x22}

// decode reads a record of either form.
func decode(b []byte) []slot {
	if bytes.HasPrefix(b, magicLocked) {
		return decodeLocked(b)
	}
	return decodePlain(b)
}

// decodePlain reads an MP0B_001. A signature may follow the slots: the first slot with
// wrong sums ends the list, and it is a fault only if there was no slot before it.
func decodePlain(b []byte) (out []slot) {
	if len(b) >= plainSlot && erased(b) {
		return []slot{{state: Empty}}
	}
	for ; len(b) >= plainSlot && len(out) < maxSlots; b = b[plainSlot:] {
		if erased(b[:plainSlot]) {
			continue // a blank slot proves nothing if another one is not understood
		}
		s, ok := plain(b[:plainSlot])
		if !ok {
			break
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		out = append(out, slot{state: Unknown})
	}
	return out
}

// plain reads one slot whose sums are right.
func plain(b []byte) (slot, bool) {
	var even, odd byte
	for i := 0; i < 10; i += 2 {
		even, odd = even+b[i], odd+b[i+1]
	}
	if even != b[10] || odd != b[11] {
		return slot{}, false
	}
	for _, m := range masks {
		var clear [packedLen]byte
		for i := range clear {
			clear[i] = b[i] ^ m[i]
		}
		if s := unpacked(clear[:]); s.state != Unknown {
			return s, true
		}
	}
	return slot{state: Unknown}, true
}

// decodeLocked reads an LD0B_001.
func decodeLocked(b []byte) (out []slot) {
	c, err := aes.NewCipher(lockedKey)
	if err != nil {
		return nil
	}
	for at := lockedAt; at+lockedLen <= len(b) && len(out) < maxSlots; at += lockedLen {
		raw := b[at : at+lockedLen]
		if erased(raw) {
			out = append(out, slot{state: Empty})
			continue
		}
		clear := make([]byte, lockedLen)
		for i := 0; i < lockedLen; i += aes.BlockSize {
			c.Decrypt(clear[i:], raw[i:])
		}
		s := slot{state: Unknown}
		if sum := folded(clear[:10]); bytes.Equal(sum[:], clear[10:18]) {
			s = unpacked(clear[:packedLen])
		}
		out = append(out, s)
	}
	return out
}

// folded returns the two halves of an MD5, xored.
func folded(b []byte) (out [8]byte) {
	sum := md5.Sum(b)
	for i := range out {
		out[i] = sum[i] ^ sum[i+8]
	}
	return out
}

// unpacked reads packed digits: a number with its check digit, or none.
func unpacked(b []byte) slot {
	digits := make([]byte, 0, 16)
	for _, c := range b {
		digits = append(digits, c&0xF, c>>4)
	}
	last := digits[15]
	digits = digits[:15]
	if flash.IsFill(digits, 0xF) || flash.IsFill(digits, 0) {
		return slot{state: Empty}
	}
	sum := 0
	for i, d := range digits {
		if d > 9 {
			return slot{state: Unknown}
		}
		n := int(d)
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
		digits[i] = '0' + d
	}
	if sum%10 != 0 || last != 0 && last != 0xF {
		return slot{state: Unknown}
	}
	return slot{Held, string(digits)}
}

func erased(b []byte) bool { return flash.IsFill(b, 0) || flash.IsFill(b, 0xFF) }
