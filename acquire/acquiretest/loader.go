package acquiretest

import (
	"bytes"
	"encoding/binary"
	"time"
)

// listenStep is the interval at which a preloader sends READY; matchBudget is how long it waits for
// the rest of the start command (MT6582: handshake_usb.c, download.c).
const (
	listenStep  = 20 * time.Millisecond
	matchBudget = 300 * time.Millisecond
)

var startCommand = [4]byte{0xa0, 0x0a, 0x50, 0x05}

// listen waits for a tool and reports whether one was found within the window.
func (l *life) listen() bool {
	end := time.Now().Add(l.Window)
	for l.BootROM || l.Echo || l.Charging || l.Window < 0 || time.Now().Before(end) {
		if !l.t.opened() {
			l.in = nil
			l.pause(listenStep)
			continue
		}
		if l.greet() {
			return true
		}
	}
	return false
}

// greet is one round of listening: it sends READY and then checks the received bytes. BootROM sends
// nothing by itself and has no time limit.
func (l *life) greet() bool {
	defer func() { // here a port that the host closes does not end the life
		if r := recover(); r != nil && (r != ended{errReset} || l.expired()) {
			panic(r)
		}
	}()
	switch {
	case l.Begun:
		return true
	case l.Echo, l.Charging:
		b, ok := l.recvByte("start", time.Hour)
		if ok && l.Echo {
			l.send("start", []byte{b})
		}
		return false
	case l.BootROM:
		return l.match(0, time.Hour)
	}
	l.send("ready", []byte("READY"))
	b, ok := l.recvByte("start", listenStep)
	for ok && b != startCommand[0] {
		b, ok = l.recvByte("start", listenStep)
	}
	if !ok {
		return false
	}
	if !l.EchoFirst {
		return l.match(0, matchBudget)
	}
	l.send("start", []byte{^b})
	return l.match(1, matchBudget)
}

// match answers the start command from its i-th byte: it answers the right byte with its
// complement. It answers any other byte with byte+1 and starts again.
func (l *life) match(i int, budget time.Duration) bool {
	end := time.Now().Add(budget)
	for i < len(startCommand) {
		left := time.Until(end)
		if left <= 0 {
			return false
		}
		b, ok := l.recvByte("start", left)
		switch {
		case !ok:
			return false
		case b == startCommand[i]:
			l.send("start", []byte{^b})
			i++
		default:
			l.send("start", []byte{b + 1})
			i = 0
		}
	}
	return true
}

// Status words.
const (
	statusOK       = 0
	needSLA        = 0x1d0d
	noAuthNeeded   = 0x1d0c
	badSignature   = 0x7015
	notVerified    = 0x1d0f // the number has no outside source: any error status would do
	unknownCommand = 0x1d1a
)

// Bits of TargetConfig that change the phone's behaviour.
const (
	configSLA  = 1 << 1
	configDAA  = 1 << 2
	configCert = 1 << 4
)

// commands handles commands until a Download Agent has run, and returns how it ended.
func (l *life) commands() error {
	for {
		c := l.recv("command", 1)[0]
		switch c {
		case 0xff:
			l.send("rom version", []byte{5})
			continue
		case 0xfe:
			if l.BootROM {
				l.send("echo", []byte{c})
			} else {
				l.send("loader version", []byte{l.LoaderVersion})
			}
			continue
		case 0xe1, 0xe7, 0xfb:
			if !l.BootROM && l.LoaderVersion < 3 {
				continue // old preloaders: silence
			}
		case 0xa0, 0x0a, 0x50, 0x05: // the start command of a second tool is echoed (mtkclient issues 51, 312, 347)
			l.send("start", []byte{c})
			continue
		}
		l.send("echo", []byte{c})
		if status, yes := l.Refuses[c]; yes {
			l.send16("refusal", status)
			continue
		}
		if c == 0xd5 {
			if end := l.jump(); end != nil {
				return end
			}
		}
		l.command(c)
	}
}

// echoed receives n parameter words and echoes each.
func (l *life) echoed(n int) []uint32 {
	words := make([]uint32, n)
	for i := range words {
		words[i] = l.recv32()
		l.send32("echo", words[i])
	}
	return words
}

func (l *life) command(c byte) {
	switch c {
	case 0xfd:
		l.send16("hw code", l.HWCode)
		l.send16("status", statusOK)
	case 0xfc:
		for _, v := range []uint16{l.HWSubCode, l.HWVersion, l.SWVersion} {
			l.send16("versions", v)
		}
		l.send16("status", statusOK)
	case 0xfb:
		l.send32("capabilities", map[Protocol]uint32{XFlash: 7}[l.Protocol])
		l.send32("capabilities", 0)
	case 0xd8:
		l.send32("target config", l.TargetConfig)
		l.send16("status", statusOK)
	case 0xe1:
		l.identity(l.MEID)
	case 0xe7:
		l.identity(l.SOCID)
	case 0xd0, 0xd1:
		l.readRegisters(c)
	case 0xa2:
		for range min(l.echoed(2)[1], 1<<16) {
			l.send16("register", 0)
		}
	case 0xd2, 0xd3, 0xd4:
		l.writeRegisters(c)
	case 0xd7:
		l.takeAgent()
	case 0xe0, 0xe2:
		l.takeFile(c)
	case 0xe3:
		l.send16("status", needSLA)
	case 0xd5: // refused by jump
	default:
		l.send16("status", unknownCommand)
	}
}

func (l *life) identity(id []byte) {
	l.send32("identity", uint32(len(id)))
	l.send("identity", id)
	l.send16("status", statusOK)
}

// span receives address and count of a register command, and sends the status of the vendor's
// preloader for them, or the configured one.
func (l *life) span(width uint32, status uint16) (words []uint32, good bool) {
	words = l.echoed(2)
	switch {
	case status != statusOK:
	case words[0]%width != 0:
		status = 0xffff // -1
	case words[1] == 0:
		status = 0xfffe // -2
	case uint64(words[0])+uint64(words[1])*uint64(width) > 1<<32:
		status = 0xfffd // -3
	}
	l.send16("register.status", status)
	return words, status == statusOK
}

func width(c byte) uint32 {
	if c == 0xd0 || c == 0xd2 || c == 0xd3 {
		return 2
	}
	return 4
}

func (l *life) readRegisters(c byte) {
	words, good := l.span(width(c), statusOK)
	if !good {
		return
	}
	for range words[1] {
		l.send("register", make([]byte, width(c)))
	}
	l.send16("register.status", statusOK)
}

// writeRegisters receives values for registers. Writing to the watchdog's register stops the
// watchdog.
func (l *life) writeRegisters(c byte) {
	if l.RegisterHang {
		l.echoed(2)
		for {
			l.recv("unheard", 1)
		}
	}
	words, good := l.span(width(c), l.RegisterError)
	if !good {
		return
	}
	for range words[1] {
		b := l.recv("value", int(width(c)))
		if c != 0xd3 {
			l.send("echo", b)
		}
		if b[0] == 0x22 {
			l.wire.limit = time.Time{}
		}
	}
	l.send16("register.status", statusOK)
}

// xor16 returns the checksum of an upload, as the vendor's documents define it: over little-endian
// 16-bit words; an odd last byte is the low half of a word.
func xor16(b []byte) (sum uint16) {
	for i, c := range b {
		sum ^= uint16(c) << (8 * (i % 2))
	}
	return sum
}

const maxUpload = 64 << 20

// takeAgent handles SEND_DA.
func (l *life) takeAgent() {
	w := l.echoed(3)
	addr, n, sig := w[0], w[1], w[2]
	switch {
	case l.TargetConfig&configSLA != 0:
		l.send16("da.status1", needSLA)
		return
	case n == 0 || n > maxUpload || sig > n:
		l.send16("da.status1", 0xfffe)
		return
	}
	l.send16("da.status1", statusOK)
	body := l.recv("da.body", int(n))
	l.send16("da.checksum", xor16(body))
	if l.TargetConfig&configDAA != 0 && (l.Auth != nil && !l.authOK || sig == 0) {
		l.send16("da.status2", badSignature)
		l.flush()
		leave(errReset) // the vendor's preloader asserts here
	}
	l.send16("da.status2", statusOK)
	l.first, l.loadedAt = bytes.Clone(body), addr
}

// takeFile handles SEND_CERT and SEND_AUTH.
func (l *life) takeFile(c byte) {
	n := l.echoed(1)[0]
	want, done := l.Auth, &l.authOK
	if c == 0xe0 {
		want, done = l.Cert, &l.certOK
	}
	switch {
	case want == nil:
		l.send16("file.status1", noAuthNeeded)
		return
	case n == 0 || n > maxUpload:
		l.send16("file.status1", 0xfffe)
		return
	}
	l.send16("file.status1", statusOK)
	body := l.recv("file.body", int(n))
	l.send16("file.checksum", xor16(body))
	if *done = bytes.Equal(body, want); !*done {
		l.send16("file.status2", badSignature)
		return
	}
	l.send16("file.status2", statusOK)
}

// jump handles JUMP_DA. Without a verified upload it refuses the command and returns nil. Otherwise
// it runs the Download Agent and returns how it ended.
func (l *life) jump() error {
	addr := l.echoed(1)[0]
	if l.first == nil || addr != l.loadedAt {
		l.send16("status", notVerified)
		return nil
	}
	l.send16("status", statusOK)
	l.wire.agent = true
	switch l.Protocol {
	case Legacy:
		return l.legacy()
	case XML:
		return l.xml()
	}
	return l.xflash()
}

var le = binary.LittleEndian
