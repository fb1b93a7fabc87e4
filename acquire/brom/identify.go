package brom

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// The reading commands.
const (
	cmdGetVersion      = 0xff
	cmdGetLoader       = 0xfe
	cmdGetHWCode       = 0xfd
	cmdGetHWSWVersions = 0xfc
	cmdGetTargetConfig = 0xd8
	cmdGetMEID         = 0xe1
	cmdGetSOCID        = 0xe7
)

// newLoader is the preloader version from which ME_ID is known (mtkclient).
const newLoader = 3

// Info is what a loader says of its phone.
type Info struct {
	BootROM       bool // the chip's own loader, not the preloader: DRAM is not set up
	LoaderVersion byte // of the preloader; 0 from BootROM
	ROMVersion    byte
	HWCode        uint16 // which chip: see Lookup
	HWSubCode     uint16
	HWVersion     uint16 // of the chip, e.g. 0xca00
	SWVersion     uint16
	Config        TargetConfig
	MEID, SOCID   []byte // identities of the chip, nil when not told; private
}

// TargetConfig are the security settings burnt into the phone.
type TargetConfig uint32

// The settings. Bits 0 to 2 are in MediaTek's preloader source, the others are known
// from mtkclient.
const (
	SecureBoot   TargetConfig = 1 << iota // SBC: only signed loaders start
	SLA                                   // the host must answer a challenge
	DAA                                   // the Download Agent must be signed
	EPP                                   // the BootROM uses an EPP image
	RootCert                              // a certificate is expected first
	ReadAuth                              // reading memory needs authentication
	WriteAuth                             // so does writing
	CacheBlocked                          // command C8 is refused
)

var configText = []string{
	"secure boot (SBC)", "challenge to the host (SLA)", "signed Download Agent (DAA)", "EPP",
	"root certificate", "authentication to read memory", "authentication to write memory", "cache command blocked",
}

// String lists the settings that are on, or "no protection".
func (c TargetConfig) String() string {
	var on []string
	for i, text := range configText {
		if c&(1<<i) != 0 {
			on = append(on, text)
		}
	}
	if on == nil {
		return "no protection"
	}
	return strings.Join(on, ", ")
}

// Identify asks the loader who it is and which phone this is. The watchdog is stopped
// on the way where it would bite: the questions after that may take their time.
func (s *Session) Identify() (*Info, error) {
	var i Info
	for _, step := range []struct {
		name string
		ask  func(*Info) error
	}{
		{"GET_BL_VER", s.loader},
		{"GET_HW_CODE", s.hwCode},
		{"watchdog", s.stopWatchdog},
		{"GET_VERSION", s.romVersion},
		{"GET_TARGET_CONFIG", s.targetConfig},
		{"GET_HW_SW_VER", s.versions},
		{"GET_ME_ID", s.ids},
	} {
		if err := step.ask(&i); err != nil {
			return nil, fail(step.name, err)
		}
	}
	return &i, nil
}

// loader tells BootROM from preloader: the first echoes the command, the second
// answers its version instead.
func (s *Session) loader(i *Info) error {
	b, err := s.ask(cmdGetLoader)
	i.BootROM = b == cmdGetLoader
	if !i.BootROM {
		i.LoaderVersion = b
	}
	return err
}

// romVersion is answered without an echo.
func (s *Session) romVersion(i *Info) (err error) {
	i.ROMVersion, err = s.ask(cmdGetVersion)
	return err
}

// ask sends a command and returns the byte that answers it.
func (s *Session) ask(c byte) (byte, error) {
	if err := s.line.Write([]byte{c}); err != nil {
		return 0, err
	}
	return s.line.Byte(answerWait)
}

func (s *Session) hwCode(i *Info) error {
	return s.words(cmdGetHWCode, &i.HWCode)
}

func (s *Session) versions(i *Info) error {
	return s.words(cmdGetHWSWVersions, &i.HWSubCode, &i.HWVersion, &i.SWVersion)
}

// words sends a command that is answered by 16-bit words and a status.
func (s *Session) words(c byte, to ...*uint16) (err error) {
	if err := s.command(c); err != nil {
		return err
	}
	for _, p := range to {
		if *p, err = s.read16(answerWait); err != nil {
			return err
		}
	}
	return s.status(answerWait)
}

func (s *Session) targetConfig(i *Info) error {
	if err := s.command(cmdGetTargetConfig); err != nil {
		return err
	}
	v, err := s.read32(answerWait)
	i.Config = TargetConfig(v)
	if err != nil {
		return err
	}
	return s.status(answerWait)
}

// ids asks for the chip's identities where the loader knows the commands.
func (s *Session) ids(i *Info) (err error) {
	if !i.BootROM && i.LoaderVersion < newLoader {
		return nil
	}
	if i.MEID, err = s.id(cmdGetMEID); err != nil {
		return err
	}
	i.SOCID, err = s.id(cmdGetSOCID)
	return err
}

// maxID bounds what the phone says is the length of an identity; 16 and 32 are real.
const maxID = 64

// id reads one identity, nil from a loader that does not know the command: it is
// silent, or echoes and then is.
func (s *Session) id(c byte) ([]byte, error) {
	if err := s.line.Write([]byte{c}); err != nil {
		return nil, err
	}
	got, err := s.line.Byte(optionalWait)
	if err == nil && got != c {
		return nil, &EchoError{[]byte{c}, []byte{got}}
	}
	var n uint32
	if err == nil {
		n, err = s.read32(optionalWait)
	}
	if errors.Is(err, port.ErrTimeout) {
		_, err := s.line.Drain(settle, answerWait)
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	if n > maxID {
		return nil, fmt.Errorf("an identity of %d bytes", n)
	}
	b := make([]byte, n)
	if err := s.line.ReadFull(b, answerWait); err != nil {
		return nil, err
	}
	return b, s.status(answerWait)
}
