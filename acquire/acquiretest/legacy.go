package acquiretest

import (
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
)

// Bytes of the legacy agents.
const (
	lAck      = 0x5a
	lNack     = 0xa5
	lSync     = 0xc0
	lSOC      = 0xc1
	lNoFlash  = 0xbc4
	lNeedDRAM = 0xbc3
	lNoEMI    = 0xffffffff // settings without a version
)

func (l *life) ack() { l.send("legacy.ack", []byte{lAck}) }

// acked receives a byte and reports whether it is an ACK.
func (l *life) acked(place string) bool { return l.recv(place, 1)[0] == lAck }

func (l *life) be32() uint32 { return binary.BigEndian.Uint32(l.recv("legacy.word", 4)) }
func (l *life) be64() uint64 { return binary.BigEndian.Uint64(l.recv("legacy.word", 8)) }

// legacy is the phone with a running legacy agent. It returns how the agent ends. Its driver reads
// as in the other agents (A): each field separately, long fields without its buffer.
func (l *life) legacy() error {
	l.send("agent", []byte{lSync})
	l.lflashIDs()
	if !l.acked("legacy.ack") {
		return errReset
	}
	l.send("legacy.version", []byte{4, 2, 0x9c})
	for _, n := range append([]int{2, 2, 1, 4, 5, 1, 1, 1, 1}, extraSettings[l.HWCode]...) {
		l.recv("legacy.settings", n)
	}
	if !l.lmemory() || !l.lsecond() {
		return errReset
	}
	l.second = true
	l.lreport()
	for l.lcommand(l.recv("legacy.command", 1)[0]) {
	}
	return errIdle
}

// extraSettings are fields that some chips expect after the settings: 4 to 28 bytes.
var extraSettings = map[uint16][]int{0x6592: {4}, 0x6582: {4}, 0x6583: {4}, 0x6589: {4}, 0x6580: {4, 20}, 0x8163: {4, 20}, 0x8127: {4, 4, 20}}

// lflashIDs reports the flash chips.
func (l *life) lflashIDs() {
	b := be32(nil, lNoFlash)
	b = append(b, 0, 0) // no NAND ids
	if l.Storage == flash.EMMC {
		b = be32(b, 0)
		b = append(b, noise("cid", 16)...)
	} else {
		b = append(be32(b, lNoFlash), make([]byte, 16)...)
	}
	l.send("legacy.ids", b)
}

func be32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }

// lmemory asks for memory settings after a start from BootROM.
func (l *life) lmemory() bool {
	if l.dram {
		l.send("legacy.memory", be32(nil, 0))
		if l.HWCode == 0x6592 {
			l.send("legacy.memory", make([]byte, 20))
		}
		return true
	}
	b := append(be32(be32(nil, lNeedDRAM), 0), noise("emmc id", 16)...)
	b = append(be32(b, lNoFlash), 0, 0)
	l.send("legacy.memory", b)
	if l.recv("legacy.emi", 1)[0] != 0xe8 {
		return false
	}
	version, n := l.be32(), uint32(len(l.EMI))
	def(&n, 0xbc) // for one memory chip
	l.ack()
	if version == 0x0a || version == 0x0b {
		l.send("legacy.emi info", noise("emmc id", 16))
	}
	l.send("legacy.emi length", be32(nil, n))
	if !l.acked("legacy.ack") {
		return false
	}
	switch {
	case version >= 0x0a && version <= 0x0d, version != lNoEMI && l.HWCode == 0x8127: // no length is sent before them
	default:
		if n = l.be32(); n > 1<<16 {
			return false
		}
	}
	blob := l.recv("legacy.emi", int(n))
	l.send16("legacy.emi sum", sum16(blob))
	if !l.acked("legacy.ack") || l.be32() != 0x80000001 {
		return false
	}
	if l.dram = l.emiFits(blob); !l.dram {
		l.send("legacy.ram", be32(nil, 0xbc5))
		return false
	}
	b = append(be32(nil, 0), 0, 0)
	b = binary.BigEndian.AppendUint64(b, 1<<30)
	if version == 0x0d {
		b = append(b, noise("mode registers", 20)...)
	}
	l.send("legacy.ram", b)
	return true
}

// lsecond receives the second stage.
func (l *life) lsecond() bool {
	l.be32()
	n, packet := l.be32(), l.be32()
	if n > maxUpload || packet == 0 {
		return false
	}
	l.ack()
	var body []byte
	for left := n; left > 0; {
		k := min(left, packet)
		body = append(body, l.recv("legacy.stage2", int(k))...)
		l.ack()
		left -= k
	}
	if !l.acked("legacy.ack") || !belongs(l.first, body) {
		return false
	}
	l.ack()
	return true
}

// lreport reports the flash and the other parts of the phone.
func (l *life) lreport() {
	l.send("legacy.nor", append(be32(nil, lNoFlash), make([]byte, 0x18)...))
	l.send("legacy.nand", l.lnand())
	b := be32(nil, lNoFlash)
	if l.Storage == flash.EMMC {
		b = be32(nil, 0)
	}
	for _, r := range []flash.Region{flash.EMMCBoot1, flash.EMMCBoot2, flash.EMMCRPMB, gp[0], gp[1], gp[2], gp[3], flash.EMMCUser} {
		b = binary.BigEndian.AppendUint64(b, uint64(l.image(r).Size()))
	}
	l.send("legacy.emmc", append(append(b, inWords(noise("cid", 16))...), make([]byte, 8)...))
	l.send("legacy.sdmmc", append(be32(nil, lNoFlash), make([]byte, 0x18)...))
	b = append(be32(be32(be32(nil, 0), 0x20000), 0), 2, 0)
	b = binary.BigEndian.AppendUint64(b, 1<<30)
	l.send("legacy.config", append(b, noise("random id", 16)...))
	if l.HWCode == 0x8127 || l.HWCode == 0x8163 {
		l.send("legacy.config", be32(nil, 0))
	}
	l.send("legacy.pass", append(be32(be32([]byte{lAck}, 0), 0), lSOC))
}

// inWords reverses the bytes of each 32-bit word: legacy and XML agents send an eMMC's identity so,
// XFlash agents do not (K).
func inWords(b []byte) []byte {
	for w := b; len(w) >= 4; w = w[4:] {
		w[0], w[1], w[2], w[3] = w[3], w[2], w[1], w[0]
	}
	return b
}

// lnand reports that there is no NAND: chip select and id, the size, a count of ids, the ids, and
// nine bytes of geometry. It has ids (of zero) nevertheless, because hosts recognise the form by
// the offset of the count, so the count must not be zero.
func (l *life) lnand() []byte {
	b := append(be32(nil, lNoFlash), make([]byte, 3)...)
	if l.NAND32 {
		return append(append(b, 0, 0, 0, 0, 0, 2), make([]byte, 4+9)...)
	}
	return append(append(b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), make([]byte, 2+9)...)
}

// lcommand handles one command and reports whether the agent continues.
func (l *life) lcommand(c byte) bool {
	switch c {
	case 0x72:
		l.ack()
		l.send("legacy.speed", []byte{map[bool]byte{true: 1}[l.fast]})
	case 0x70:
		l.recv("legacy.speed", 1)
		l.ack()
		l.reappear()
	case 0x60:
		l.ack()
		l.part = uint32(l.recv("legacy.part", 1)[0])
		l.ack()
	case 0xd6:
		l.lread()
	case 0xd9:
		l.ack()
		l.be32()
		l.ack()
		return false
	default:
		l.send("legacy.ack", []byte{0xbb})
	}
	return true
}

// lread handles READ: packets of data, each with the sum of its bytes and each acknowledged. It
// refuses an unreadable range before the first packet.
func (l *life) lread() {
	l.recv("legacy.host", 2)
	off, n := l.be64(), l.be64()
	packet := l.be32()
	r := l.xregion(1, l.part)
	e, err := flash.NewExtent(off, n)
	if err != nil || n == 0 || packet == 0 || packet > 64<<20 || e.End() > l.image(r).Size() || touches(l.Bad[r], e) {
		l.send("legacy.refusal", []byte{lNack})
		l.recv("legacy.nack", 1)
		l.send("legacy.refusal", le.AppendUint32(nil, 0xbc6))
		return
	}
	l.ack()
	l.readData(r, e, int64(packet), func(piece []byte) bool {
		sum := make(chan uint16, 1)
		go func() { sum <- sum16(piece) }() // during the sending, as in a phone
		l.send("data", piece)
		l.send16("data.sum", <-sum)
		return l.acked("data.ack")
	})
}

// sum16 returns the sum of all bytes. Pairs of bytes are added in the four quarters of a word, in
// rounds in which these cannot overflow.
func sum16(b []byte) (sum uint16) {
	const low, room = 0x00ff00ff00ff00ff, 8 * 128
	for len(b) >= 8 {
		n := min(len(b)&^7, room)
		var quarters uint64
		for i := 0; i < n; i += 8 {
			v := le.Uint64(b[i:])
			quarters += v&low + v>>8&low
		}
		for ; quarters > 0; quarters >>= 16 {
			sum += uint16(quarters)
		}
		b = b[n:]
	}
	for _, c := range b {
		sum += uint16(c)
	}
	return sum
}
