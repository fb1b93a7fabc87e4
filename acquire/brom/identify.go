package brom

import (
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
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

// newLoader is the first preloader version that knows ME_ID (mtkclient).
const newLoader = 3

// Info is what a loader reports about its phone.
type Info struct {
	BootROM       bool // the chip's own loader, not the preloader: DRAM is not set up
	LoaderVersion byte // of the preloader; 0 in BootROM mode
	ROMVersion    byte
	HWCode        uint16 // of the chip: see Lookup
	HWSubCode     uint16 // 0 if unknown, like the versions
	HWVersion     uint16 // of the chip, e.g. 0xca00
	SWVersion     uint16
	Config        TargetConfig
	MEID, SOCID   []byte // identities of the chip, nil if unknown; private

	Problems flash.Problems // failures that did not end the identification
}

// TargetConfig are the security settings in the fuses of the phone.
type TargetConfig uint32

// The settings. Bits 0 to 2 are from MediaTek's preloader source, the others from mtkclient.
const (
	SecureBoot   TargetConfig = 1 << iota // SBC: only signed loaders start
	SLA                                   // the host must answer a challenge
	DAA                                   // the Download Agent must be signed
	EPP                                   // the BootROM uses an EPP image
	RootCert                              // a certificate is expected first
	ReadAuth                              // reading memory needs authentication
	WriteAuth                             // writing memory needs authentication
	CacheBlocked                          // command C8 is refused

	NotTold TargetConfig = 1 << 31 // the loader did not report it
)

var configText = []string{
	"secure boot (SBC)", "challenge to the host (SLA)", "signed Download Agent (DAA)", "EPP",
	"root certificate", "authentication to read memory", "authentication to write memory", "cache command blocked",
}

// String lists the settings that are on, or "no protection".
func (c TargetConfig) String() string {
	if c == NotTold {
		return "protection unknown"
	}
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

// Identify asks the loader for its kind and for the facts of the phone. In BootROM mode it also
// stops the watchdog, so that the phone does not reset during the later questions.
//
// Two answers are required: the kind of loader, which decides whether the phone's memory is set up,
// and the chip. A loader may refuse the other questions.
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
			return nil, s.fail(step.name, err)
		}
	}
	return &i, nil
}

// loader finds out whether the loader is BootROM or preloader: BootROM echoes the command, a
// preloader answers its version instead.
func (s *Session) loader(i *Info) error {
	b, err := s.ask(cmdGetLoader)
	i.BootROM = b == cmdGetLoader
	if !i.BootROM {
		i.LoaderVersion = b
	}
	return err
}

// romVersion asks for the version of the BootROM; the answer comes without an echo.
func (s *Session) romVersion(i *Info) error {
	v, err := s.ask(cmdGetVersion)
	told, err := s.optional(err)
	if told {
		i.ROMVersion = v
	}
	return err
}

// ask sends a command and returns the byte that answers it.
func (s *Session) ask(c byte) (byte, error) {
	s.heard = s.heard[:0]
	if err := s.line.Write([]byte{c}); err != nil {
		return 0, err
	}
	var b [1]byte
	err := s.read(b[:], answerWait)
	return b[0], err
}

func (s *Session) hwCode(i *Info) error {
	return s.words(cmdGetHWCode, &i.HWCode)
}

func (s *Session) versions(i *Info) error {
	told, err := s.optional(s.words(cmdGetHWSWVersions, &i.HWSubCode, &i.HWVersion, &i.SWVersion))
	if !told {
		i.HWSubCode, i.HWVersion, i.SWVersion = 0, 0, 0
	}
	return err
}

// words sends a command whose answer is 16-bit words and a status.
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
	v, err := s.config()
	told, err := s.optional(err)
	if i.Config = NotTold; told {
		i.Config = TargetConfig(v) &^ NotTold
	}
	return err
}

func (s *Session) config() (uint32, error) {
	if err := s.command(cmdGetTargetConfig); err != nil {
		return 0, err
	}
	v, err := s.read32(answerWait)
	if err != nil {
		return 0, err
	}
	return v, s.status(answerWait)
}

// ids asks for the chip's identities if the loader knows the commands.
func (s *Session) ids(i *Info) error {
	if !i.BootROM && i.LoaderVersion < newLoader {
		return nil
	}
	for _, q := range []struct {
		command byte
		into    *[]byte
	}{{cmdGetMEID, &i.MEID}, {cmdGetSOCID, &i.SOCID}} {
		id, err := s.id(q.command)
		told, err := s.optional(err)
		if err != nil {
			return err
		}
		if told {
			*q.into = id
		}
	}
	return nil
}

// maxID is the longest identity that is accepted, bytes; real ones have 16 and 32.
const maxID = 64

// id reads one identity. A loader that does not know the command sends nothing, or only the echo.
func (s *Session) id(c byte) ([]byte, error) {
	s.heard = s.heard[:0]
	if err := s.echoWithin([]byte{c}, optionalWait); err != nil {
		return nil, err
	}
	n, err := s.read32(optionalWait)
	if err != nil {
		return nil, err
	}
	if n > maxID {
		return nil, fmt.Errorf("%w: an identity of %d bytes", errNonsense, n)
	}
	b := make([]byte, n)
	if err := s.read(b, answerWait); err != nil {
		return nil, err
	}
	return b, s.status(answerWait)
}
