package brom

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// Commands that write a register. They are used only for the watchdog.
const (
	cmdWrite16 = 0xd2
	cmdWrite32 = 0xd4
)

// register is one register of a watchdog and the value that stops it.
type register struct {
	addr, value uint32
	half        bool // 16 bits wide
}

// watchdogs has the registers that stop the watchdog, by the address in the table of chips. Source:
// mtkclient brom_config.py, mtk_config.py.
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

// mt6592Second is a second register, only for the MT6592.
var mt6592Second = register{0x10000500, 0x22000000, false}

// stopWatchdog stops the watchdog of a phone in BootROM mode, which would reset it after some
// seconds. A preloader resets its watchdog itself while it waits, so nothing is written then.
func (s *Session) stopWatchdog(i *Info) error {
	chip, known := Lookup(i.HWCode)
	if !i.BootROM || !known || chip.Watchdog == 0 {
		return nil
	}
	r, ok := watchdogs[chip.Watchdog]
	if !ok {
		i.watchdogRuns(fmt.Errorf("no value is known for register 0x%x", chip.Watchdog))
		return nil
	}
	err := s.write(r)
	if err == nil && i.HWCode == 0x6592 {
		err = s.write(mt6592Second)
	}
	return s.withoutWatchdog(i, err)
}

// withoutWatchdog continues if the write was refused (mtkclient's tracker, #224 and #291) or the
// answer was incomplete (#304), as long as the loader still answers commands. Otherwise the error
// wraps ErrWatchdog.
func (s *Session) withoutWatchdog(i *Info, err error) error {
	var status *StatusError
	if err == nil || !errors.As(err, &status) && !errors.Is(err, port.ErrTimeout) {
		return err
	}
	switch step := s.backInStep(i); {
	case step == nil:
		i.watchdogRuns(err)
		return nil
	case errors.Is(step, port.ErrGone):
		return step
	}
	return fmt.Errorf("%w: %w", ErrWatchdog, err)
}

// backInStep discards late bytes, and asks again for the known hardware code.
func (s *Session) backInStep(i *Info) error {
	if _, err := s.line.Drain(settle, answerWait); err != nil {
		return err
	}
	var code uint16
	err := s.words(cmdGetHWCode, &code)
	if err == nil && code != i.HWCode {
		err = errNonsense
	}
	return err
}

// watchdogRuns adds a problem: the phone may reset, and what avoids it.
func (i *Info) watchdogRuns(why error) {
	i.Problems.Add(flash.Warning, "watchdog", "it could not be stopped (%v): the phone may restart after some seconds; if it does, start from the preloader: plug it in with no key held", why)
}

// write sets one register. The command has: address, count, status, the echoed value, status.
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
