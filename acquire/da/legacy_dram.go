package da

import (
	"encoding/binary"
	"errors"
)

// How a legacy agent gets the memory settings after a start from BootROM:
//
//	agent → host                               host → agent
//	0xbc3, u32, flash id (16), 0xbc4, ids
//	                                           E8, u32 version of the settings
//	5a: it accepts that version, a5: it does not
//	[16 bytes, versions 0a and 0b]
//	u32 length                                 5a, [u32 length,] the settings
//	u16 sum of their bytes                     5a, 0x80000001
//	u32 result, u8 kind, u8 chip select, u64 size [, 20 bytes, version 0d]
//
// Source: mtkclient dalegacy_lib.py, the only known host that does this. It was never tested with a
// real phone.
const (
	lEMI      = 0xe8
	lNeedDRAM = 0xbc3 // memory is not set up
	lDRAMDone = 0x80000001
	lNoEMI    = 0xffffffff // is sent for version 0
)

// memory sends the memory settings if the agent asks for them. Without settings the error is
// ErrNeedDRAM.
func (a *legacy) memory() error {
	v, err := a.take32(startWait)
	if err != nil {
		return err
	}
	switch v {
	case 0:
		if a.info.HWCode == 0x6592 {
			_, err = a.take(20, answerWait)
		}
		return err
	case lNeedDRAM:
	default:
		return &StatusError{Code: v}
	}
	if len(a.options.DRAM) == 0 {
		return ErrNeedDRAM
	}
	if _, err := a.take(4+16+4, answerWait); err != nil { // the flash that it has
		return err
	}
	if err := a.ids(); err != nil {
		return err
	}
	head, settings, err := a.offer(a.options.DRAMVersion, a.options.DRAM)
	if err != nil {
		return err
	}
	return a.give(head, settings)
}

// offer agrees with the agent on a version and a length of settings. It returns the settings in the
// form of that version, and the bytes to send before them.
func (a *legacy) offer(version uint32, settings []byte) (head, body []byte, err error) {
	if version == 0 {
		version = lNoEMI
	}
	if err := a.l.Write(append([]byte{lEMI}, words(version)...)); err != nil {
		return nil, nil, err
	}
	b, err := a.take(1, answerWait)
	if err != nil {
		return nil, nil, err
	}
	if b[0] == lNack {
		return nil, nil, ErrDRAM
	}
	if b[0] != lAck {
		return nil, nil, protocolError("0x%02x as the answer to the version of the settings", b[0])
	}
	if version == 0x0a || version == 0x0b {
		if _, err := a.take(16, answerWait); err != nil {
			return nil, nil, err
		}
	}
	want, err := a.take32(answerWait)
	if err != nil {
		return nil, nil, err
	}
	if err := a.l.Write([]byte{lAck}); err != nil {
		return nil, nil, err
	}
	cut := settings[:min(uint64(len(settings)), uint64(want))]
	switch version {
	case 0x0f, 0x10, 0x11, 0x14, 0x15:
		if a.info.HWCode == 0x8127 {
			return nil, settings, nil
		}
		return words(uint32(len(settings))), settings, nil
	case 0x0a, 0x0b:
		return nil, settings, nil
	case 0x0c, 0x0d:
		return nil, append(words(0x100), cut[min(4, len(cut)):]...), nil
	case lNoEMI:
		return words(uint32(len(cut))), cut, nil
	}
	return nil, nil, errors.Join(ErrUnsupported, protocolError("memory settings of version %d", version))
}

// give sends the settings and waits until the memory is set up. It is not known whether the agent's
// sum includes the bytes before the settings, so both sums are accepted.
func (a *legacy) give(head, settings []byte) error {
	if err := a.write(head, settings); err != nil {
		return err
	}
	b, err := a.take(2, answerWait)
	if err != nil {
		return err
	}
	sum := binary.BigEndian.Uint16(b)
	if want := byteSum(settings); sum != want && sum != want+byteSum(head) {
		return protocolError("sum 0x%04x of the settings, want 0x%04x", sum, want)
	}
	if err := a.l.Write(append([]byte{lAck}, words(lDRAMDone)...)); err != nil {
		return err
	}
	v, err := a.take32(startWait)
	if err != nil {
		return err
	}
	if v != 0 {
		return errors.Join(ErrDRAM, &StatusError{Code: v})
	}
	n := 2 + 8 // kind, chip select, size
	if a.options.DRAMVersion == 0x0d {
		n += 20
	}
	_, err = a.take(n, answerWait)
	return err
}
