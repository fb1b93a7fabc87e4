package acquiretest

import (
	"slices"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// Commands and codes of the XFlash agent.
const (
	xSync         = 0x434e5953
	xSetupEnv     = 0x010100
	xSetupHW      = 0x010101
	xReadData     = 0x010005
	xShutdown     = 0x010007
	xBootTo       = 0x010008
	xDeviceCtrl   = 0x010009
	xInitRAM      = 0x01000a
	xSwitchUSB    = 0x01000b
	xNoCommand    = 0xc0010003
	xNoControl    = 0xc0010004
	xTooLong      = 0xc0010006
	xBadRange     = 0xc004000b
	xBadSection   = 0xc003000c
	xMediaError   = 0xc0040030
	xHandler      = 0xc0030008
	xHashMismatch = 0xc0070004
	xBadEMI       = 0xc0050005
)

func (l *life) xstatus(v uint32) { l.xstatusAt("xflash.status", v) }

// xstatusAt sends a status; old agents send success as two bytes.
func (l *life) xstatusAt(place string, v uint32) {
	b := le.AppendUint32(nil, v)
	if l.StatusWidth == 2 && v == 0 {
		b = b[:2]
	}
	l.sendPacket(place, b)
}

// xflash is the phone with a running XFlash agent, first and second stage. It returns how the agent
// ends. A, B, G, I, J and L below are the rules in the package comment: vendors' agents behave so.
func (l *life) xflash() error {
	l.send("agent", []byte{0xc0})
	if le.Uint32(l.recvPacket("xflash.sync", 4)) != xSync {
		return errReset
	}
	for {
		b := l.recvPacket("xflash.command", 4)
		if len(b) != 4 {
			l.xstatus(xTooLong)
			continue
		}
		switch le.Uint32(b) {
		case xSetupEnv:
			l.recvPacket("xflash.environment", 20)
			l.xstatus(0)
		case xSetupHW:
			l.recvPacket("xflash.hardware", 4)
			l.xstatus(0)
			l.flush()
			l.pause(l.SyncDelay)
			l.sendPacket("xflash.sync", le.AppendUint32(nil, xSync))
		case xDeviceCtrl:
			l.xstatus(0)
			l.control(le.Uint32(l.recvPacket("xflash.control", 4)))
		case xInitRAM:
			l.xstatus(0)
			l.recvPacket("xflash.emi", 4)
			if l.dram = l.emiFits(l.recvPacket("xflash.emi", 1<<16)); !l.dram {
				l.xstatus(xBadEMI)
				continue
			}
			l.xstatus(0)
		case xBootTo:
			l.xstatus(0)
			l.bootTo()
		case xSwitchUSB:
			l.xstatus(0)
			l.recvPacket("xflash.usb", 4)
			l.xstatus(0)
			l.reappear()
		case xReadData:
			l.xstatus(0)
			l.xread(l.recvPacket("xflash.read", 56))
		case xShutdown:
			l.xstatus(0)
			b := l.recvPacket("xflash.shutdown", shutdownSize)
			l.xstatus(0)
			return shutdown(b)
		default:
			l.xstatus(xNoCommand)
		}
	}
}

// shutdownSize is the size of SHUTDOWN's six words, bytes (G): restart, watchdog time,
// asynchronous, what to start, download bit, keep the clock.
const shutdownSize = 24

// shutdown returns the effect of the words. With more words it does nothing, although the status is
// success. Without a restart the agent waits: it never switches the phone off (G).
func shutdown(b []byte) error {
	if len(b) == shutdownSize && le.Uint32(b) == 1 && le.Uint32(b[12:]) == 1 {
		return errRebooted
	}
	return errIdle
}

func (l *life) emiFits(b []byte) bool { return l.EMI == nil || string(b) == string(l.EMI) }

// bootTo starts the second stage, which must match the first one and needs DRAM.
func (l *life) bootTo() {
	where := l.recvPacket("xflash.boot", 16)
	body := l.recvPacket("xflash.stage2", maxUpload)
	switch {
	case len(where) != 16 || !l.dram:
		l.xstatus(xBadEMI)
	case !belongs(l.first, body):
		l.xstatus(xHashMismatch)
	default:
		l.xstatus(0)
		l.flush()
		l.pause(500 * time.Millisecond)
		l.second = true
		l.xstatus(xSync)
	}
}

// control handles DEVICE_CTRL: settings and questions. If the handler of a question fails, the
// error status comes instead of the data, and nothing after it (I).
func (l *life) control(c uint32) {
	answer, known := l.report(c)
	unknown := slices.Contains(l.Unknown, c)
	if (c == 0x020003 || c == 0x04000a) && l.second { // L: only in the first stage
		l.xstatus(xNoControl)
		return
	}
	switch {
	case unknown && l.UnknownAs != 0:
		l.xstatus(l.UnknownAs)
	case unknown && !known: // a setting is received before its handler can fail
		l.xstatus(0)
		l.recvPacket("xflash.setting", 4)
		l.xstatus(xHandler)
	case c == 0x020003, c == 0x020004:
		l.xstatus(0)
		l.recvPacket("xflash.setting", 4)
		l.xstatus(0)
	case c == 0x080001: // START_DL_INFO has no data
		l.xstatus(0)
		l.xstatus(0)
	case !known:
		l.xstatus(xNoControl)
	case answer == nil, unknown:
		l.xstatus(0)
		l.sendPacket(controlNames[c], le.AppendUint32(nil, xHandler))
	default:
		l.xstatus(0)
		l.sendPacket(controlNames[c], answer)
		l.xstatus(0)
	}
}

var controlNames = map[uint32]string{
	0x040001: "xflash.emmc", 0x040002: "xflash.nand", 0x040003: "xflash.nor", 0x040004: "xflash.ufs",
	0x040005: "xflash.version", 0x040007: "xflash.packet length", 0x040008: "xflash.random id",
	0x04000a: "xflash.agent", 0x04000b: "xflash.speed", 0x04000c: "xflash.ram", 0x04000d: "xflash.chip id",
	0x040009: "xflash.table", 0x040011: "xflash.expire", 0x040016: "xflash.sla",
}

// report returns the answer to a question in the agent's layout, or nil if its handler fails. The
// second result is false for unknown questions.
func (l *life) report(c uint32) ([]byte, bool) {
	switch c {
	case 0x040001:
		return l.emmcReport(), true
	case 0x040002:
		b := make([]byte, 48)
		if l.Storage == flash.NAND {
			b = appendAll32(nil, 1, 2048, 131072, 64)
			b = le.AppendUint64(b, uint64(l.image(flash.NANDWhole).Size()))
			b = le.AppendUint64(b, uint64(l.image(flash.NANDWhole).Size()))
			b = append(b, make([]byte, 16)...)
		}
		return b, true
	case 0x040003:
		return make([]byte, 16), true
	case 0x040004:
		return l.ufsReport(), true
	case 0x040005:
		return []byte("1.0"), true
	case 0x040007: // for writing, for reading
		if !l.second {
			return appendAll32(nil, 0x8000, 0x8000), true
		}
		return appendAll32(nil, 0x200000, uint32(l.Packet)), true
	case 0x040008:
		return noise("random id", 16), true
	case 0x040009:
		return appendAll32(nil, 0x64), true
	case 0x04000a:
		if l.BootROM {
			return []byte("brom"), true
		}
		return []byte("preloader"), true
	case 0x04000b:
		if l.fast {
			return []byte("high-speed"), true
		}
		return []byte("full-speed"), true
	case 0x04000c:
		return l.ramReport(), true
	case 0x04000d:
		b := le.AppendUint16(nil, l.HWCode)
		for _, v := range []uint16{l.HWSubCode, l.HWVersion, l.SWVersion, 0, 0} {
			b = le.AppendUint16(b, v)
		}
		return b, true
	case 0x04000e: // its handler was seen to fail
		return nil, true
	case 0x040016:
		if l.AgentSLA {
			return appendAll32(nil, 1), true
		}
		return appendAll32(nil, 0), true
	}
	return nil, false
}

func appendAll32(b []byte, values ...uint32) []byte {
	for _, v := range values {
		b = le.AppendUint32(b, v)
	}
	return b
}

// size returns a region's size in bytes, 0 before the second stage runs.
func (l *life) size(r flash.Region) uint64 {
	if !l.second {
		return 0
	}
	return uint64(l.image(r).Size())
}

// gp names the general purpose areas of an eMMC.
var gp = [4]flash.Region{"EMMC_GP1", "EMMC_GP2", "EMMC_GP3", "EMMC_GP4"}

func (l *life) emmcReport() []byte {
	if l.Storage != flash.EMMC {
		return make([]byte, 104)
	}
	b := appendAll32(nil, 1, 512)
	for _, r := range []flash.Region{flash.EMMCBoot1, flash.EMMCBoot2, flash.EMMCRPMB, gp[0], gp[1], gp[2], gp[3], flash.EMMCUser} {
		b = le.AppendUint64(b, l.size(r))
	}
	b = append(b, noise("cid", 16)...)
	b = le.AppendUint64(b, 0x0106)
	if l.StatusWidth == 2 { // agents until 2018
		return b
	}
	return append(b, make([]byte, 8)...)
}

func (l *life) ufsReport() []byte {
	if l.Storage != flash.UFS {
		return make([]byte, 74)
	}
	b := appendAll32(nil, 1, 4096)
	for _, r := range []flash.Region{flash.UFSLU0, flash.UFSLU1, flash.UFSLU2} {
		b = le.AppendUint64(b, l.size(r))
	}
	return append(b, noise("cid", 42)...)
}

func (l *life) ramReport() (b []byte) {
	for _, v := range []uint64{0, 0x200000, 0x40000, 1, 0x40000000, 2 << 30} {
		if l.WideRAM {
			b = le.AppendUint64(b, v)
		} else {
			b = le.AppendUint32(b, uint32(v))
		}
	}
	return b
}

// xregion returns the region of a READ_DATA request.
func (l *life) xregion(storage, part uint32) flash.Region {
	names := map[[2]uint32]flash.Region{
		{1, 1}: flash.EMMCBoot1, {1, 2}: flash.EMMCBoot2, {1, 3}: flash.EMMCRPMB,
		{1, 4}: gp[0], {1, 5}: gp[1], {1, 6}: gp[2], {1, 7}: gp[3], {1, 8}: flash.EMMCUser,
		{0x30, 1}: flash.UFSLU0, {0x30, 2}: flash.UFSLU1, {0x30, 3}: flash.UFSLU2, {0x30, 4}: "UFS_RPMB",
		{0x10, 8}: flash.NANDWhole,
	}
	return names[[2]uint32{storage, part}]
}

// xread handles READ_DATA: one status whether the range exists; then for each packet the status of
// reading the flash, the data and the host's ack; at the end the status of the command. So
// unreadable flash is reported twice (B).
func (l *life) xread(b []byte) {
	if len(b) != 56 || !l.second {
		l.xstatus(xNoCommand)
		return
	}
	r := l.xregion(le.Uint32(b), le.Uint32(b[4:]))
	e, err := flash.NewExtent(le.Uint64(b[8:]), le.Uint64(b[16:]))
	switch {
	case r == flash.EMMCRPMB && !l.RPMB: // J
		l.xstatus(xBadSection)
		return
	case err != nil || e.Length == 0 || e.End() > l.image(r).Size():
		l.xstatus(xBadRange)
		return
	}
	l.xstatus(0)
	end := uint32(0)
	l.readData(r, e, int64(l.Packet), func(piece []byte) bool {
		if piece == nil {
			end = xMediaError
			l.xstatusAt("data.error", end)
			return false
		}
		l.xstatusAt("data.status", 0)
		l.sendPacket("data", piece)
		if ack := l.recvPacket("data.ack", 4); len(ack) == 4 {
			end = le.Uint32(ack) // any value except 0 ends the reading and is its status
		}
		return end == 0
	})
	l.xstatusAt("data.end", end)
}
