package brom

import (
	"encoding/binary"
	"fmt"
)

// Commands that write a register. They are used for the watchdog and nothing else.
const (
	cmdWrite16 = 0xd2
	cmdWrite32 = 0xd4
)

// register is one register of a watchdog and the value that stops it.
type register struct {
	addr, value uint32
	half        bool // 16 bits wide
}

// watchdogs lists the registers that stop the watchdog, by the address that the table
// of chips gives. Source: mtkclient brom_config.py, mtk_config.py.
var watchdogs = map[uint32]register{
	0x10007000: {0x10007000, 0x22000064, false},
	0x10212000: {0x10212000, 0x22000000, false},
	0x10211000: {0x10211000, 0x22000064, false},
	0x10210000: {0x10210000, 0x22000064, false},
	0x10007400: {0x10007400, 0x22000000, false},
	0x10000000: {0x10000000, 0x22000064, false},
	0x10003000: {0x10003000, 0x22000064, false},
	0x70025000: {0x70025000, 0x22000064, false},
	0x1c007000: {0x1c007000, 0x22000064, false},
	0x1c00a000: {0x1c00a000, 0x22000064, false},
	0x1c00b000: {0x1c00b000, 0x22000064, false},
	0x1c010000: {0x1c010000, 0x22000064, false},
	0xc0000000: {0xc0000000, 0x2264, true},
	0xa0030000: {0xa0030000, 0x2200, true},
	0xa2050000: {0xa2050000, 0x2200, true},
}

// mt6592Second is a register the MT6592 has besides.
var mt6592Second = register{0x10000500, 0x22000000, false}

// stopWatchdog keeps a phone in BootROM mode from resetting after some seconds. A
// preloader serves its watchdog itself while it waits, and is left alone.
func (s *Session) stopWatchdog(i *Info) error {
	chip, known := Lookup(i.HWCode)
	if !i.BootROM || !known || chip.Watchdog == 0 {
		return nil
	}
	r, ok := watchdogs[chip.Watchdog]
	if !ok {
		return fmt.Errorf("no value known for register 0x%x", chip.Watchdog)
	}
	if err := s.write(r); err != nil {
		return err
	}
	if i.HWCode == 0x6592 {
		return s.write(mt6592Second)
	}
	return nil
}

// write sets one register: address, count, status, the value echoed, status.
func (s *Session) write(r register) error {
	c, value := byte(cmdWrite32), binary.BigEndian.AppendUint32(nil, r.value)
	if r.half {
		c, value = cmdWrite16, value[2:]
	}
	if err := s.command(c, r.addr, 1); err != nil {
		return err
	}
	if err := s.status(answerWait); err != nil {
		return err
	}
	if err := s.echo(value); err != nil {
		return err
	}
	return s.status(answerWait)
}
