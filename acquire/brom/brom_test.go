package brom_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/port"
)

type (
	phone = acquiretest.Phone
	fault = acquiretest.Fault
)

// onPhone opens p's port when it comes and hands the line to do, on a virtual clock.
func onPhone(t *testing.T, p *phone, do func(t *testing.T, line *port.Line)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p.Plug()
		defer p.Unplug()
		line, _, err := port.Open(t.Context(), p, port.Info.IsPhone)
		if err != nil {
			t.Fatal(err)
		}
		defer line.Close()
		do(t, line)
	})
}

// identify goes as far as most tests need.
func identify(line *port.Line) (*brom.Session, *brom.Info, error) {
	s, err := brom.Connect(line)
	if err != nil {
		return nil, nil, err
	}
	i, err := s.Identify()
	return s, i, err
}

func TestIdentify(t *testing.T) {
	id, soc := bytes.Repeat([]byte{7}, 16), bytes.Repeat([]byte{9}, 32)
	for _, c := range []struct {
		name string
		phone
		want brom.Info
	}{
		{"preloader that swallows", phone{HWCode: 0x766, SWVersion: 1, MEID: id, SOCID: soc, TargetConfig: 7},
			brom.Info{LoaderVersion: 3, ROMVersion: 5, HWCode: 0x766, HWSubCode: 0x8a00, HWVersion: 0xca00, SWVersion: 1, Config: 7, MEID: id, SOCID: soc}},
		{"preloader that echoes", phone{EchoFirst: true, MEID: id, SOCID: soc},
			brom.Info{LoaderVersion: 3, ROMVersion: 5, HWCode: 0x766, HWSubCode: 0x8a00, HWVersion: 0xca00, MEID: id, SOCID: soc}},
		{"old preloader", phone{HWCode: 0x6582, LoaderVersion: 1},
			brom.Info{LoaderVersion: 1, ROMVersion: 5, HWCode: 0x6582, HWSubCode: 0x8a00, HWVersion: 0xca00}},
		{"BootROM", phone{BootROM: true, Watchdog: 3 * time.Second, MEID: id, SOCID: soc},
			brom.Info{BootROM: true, ROMVersion: 5, HWCode: 0x766, HWSubCode: 0x8a00, HWVersion: 0xca00, MEID: id, SOCID: soc}},
		{"one byte at a time", phone{Fragment: 1, MEID: id, SOCID: soc},
			brom.Info{LoaderVersion: 3, ROMVersion: 5, HWCode: 0x766, HWSubCode: 0x8a00, HWVersion: 0xca00, MEID: id, SOCID: soc}},
	} {
		t.Run(c.name, func(t *testing.T) {
			onPhone(t, &c.phone, func(t *testing.T, line *port.Line) {
				s, got, err := identify(line)
				if err != nil {
					t.Fatal(err)
				}
				if fmt.Sprint(*got) != fmt.Sprint(c.want) {
					t.Errorf("got  %+v\nwant %+v", *got, c.want)
				}
				time.Sleep(time.Minute) // neither window nor watchdog strikes now
				if _, err := s.Identify(); err != nil {
					t.Errorf("a minute later: %v", err)
				}
			})
		})
	}
}

// The write that stops the watchdog is chosen by chip, and made from BootROM only.
func TestWatchdogRegister(t *testing.T) {
	for _, c := range []struct {
		hw      uint16
		bootROM bool
		want    string // what the phone receives of D2 or D4
	}{
		{0x766, true, "d4 10007000 00000001 22000064"},
		{0x766, false, ""},
		{0x335, true, "d4 10212000 00000001 22000000"},
		{0x6577, true, "d2 c0000000 00000001 2264"},
		{0x6592, true, "d4 10007000 00000001 22000064 d4 10000500 00000001 22000000"},
		{0x1375, true, "d4 1c00a000 00000001 22000064"},
		{0x7777, true, ""}, // no chip we know
	} {
		t.Run(fmt.Sprintf("%x %v", c.hw, c.bootROM), func(t *testing.T) {
			got, on := "", false
			p := &phone{HWCode: c.hw, BootROM: c.bootROM, Trace: func(out bool, place string, b []byte) {
				if out {
					return
				}
				if place == "command" {
					on = b[0] >= 0xd2 && b[0] <= 0xd4
				}
				if on {
					got += fmt.Sprintf(" %x", b)
				}
			}}
			onPhone(t, p, func(t *testing.T, line *port.Line) {
				if _, _, err := identify(line); err != nil {
					t.Fatal(err)
				}
			})
			if got != "" {
				got = got[1:]
			}
			if got != c.want {
				t.Errorf("received %q, want %q", got, c.want)
			}
		})
	}
}

func TestUpload(t *testing.T) {
	body := bytes.Repeat([]byte("Download Agent"), 1001)[:14001] // odd
	auth := []byte("auth_sv5.auth")
	for _, c := range []struct {
		name string
		phone
		auth []byte
		want error
	}{
		{"plain", phone{}, nil, nil},
		{"from BootROM", phone{BootROM: true}, nil, nil},
		{"auth not needed", phone{TargetConfig: uint32(brom.DAA)}, auth, nil},
		{"auth needed and given", phone{TargetConfig: uint32(brom.DAA), Auth: auth}, auth, nil},
		{"auth needed, none given", phone{TargetConfig: uint32(brom.DAA), Auth: auth}, nil, brom.ErrSignature},
		{"wrong auth", phone{TargetConfig: uint32(brom.DAA), Auth: []byte("other")}, auth, brom.ErrAuth},
		{"certificate", phone{TargetConfig: uint32(brom.RootCert), Cert: auth}, nil, nil},
		{"SLA", phone{TargetConfig: uint32(brom.SLA)}, nil, brom.ErrSLA},
		{"checksum", phone{Faults: []fault{{Place: "da.checksum", Do: acquiretest.Flip}}}, nil, brom.ErrChecksum},
		{"no checksum", phone{Faults: []fault{{Place: "da.checksum", Do: acquiretest.Fill, N: 0}}}, nil, nil},
		{"cable out", phone{Faults: []fault{{Place: "da.status1", Do: acquiretest.Disconnect}}}, nil, port.ErrGone},
		{"silence", phone{Faults: []fault{{Place: "da.checksum", Do: acquiretest.Drop}, {Place: "da.status2", Do: acquiretest.Drop}}}, nil, port.ErrTimeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			onPhone(t, &c.phone, func(t *testing.T, line *port.Line) {
				s, info, err := identify(line)
				if err != nil {
					t.Fatal(err)
				}
				err = s.Authenticate(info, c.auth, auth)
				if err == nil {
					err = s.SendDA(0x200000, body, 0x100)
				}
				if !errors.Is(err, c.want) {
					t.Fatalf("got %v, want %v", err, c.want)
				}
				if err != nil {
					var e *brom.Error
					if !errors.As(err, &e) || e.Command == "" {
						t.Errorf("%v names no command", err)
					}
					return
				}
				if err := s.JumpDA(0x200000); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestJumpRefused(t *testing.T) {
	onPhone(t, &phone{}, func(t *testing.T, line *port.Line) {
		s, _, err := identify(line)
		if err != nil {
			t.Fatal(err)
		}
		err = s.JumpDA(0x200000)
		if _, ok := errors.AsType[*brom.StatusError](err); !ok {
			t.Error(err)
		}
	})
}

// The start survives whatever a line does to single bytes; who is no loader is named.
func TestHandshake(t *testing.T) {
	const at = "AT\r"
	for _, c := range []struct {
		name string
		phone
		want error
	}{
		{"READY sent back by the terminal", phone{Faults: []fault{{Place: "ready", Do: acquiretest.Echo}}}, nil},
		{"ModemManager was here", phone{Faults: []fault{{Place: "ready", Nth: 1, Do: acquiretest.Insert, Bytes: []byte(at)}}}, nil},
		{"an answer lost", phone{Faults: []fault{{Place: "start", Nth: 2, Do: acquiretest.Drop}}}, nil},
		{"an answer doubled", phone{Faults: []fault{{Place: "start", Nth: 1, Do: acquiretest.Repeat, N: 1}}}, nil},
		{"an answer flipped", phone{Faults: []fault{{Place: "start", Nth: 3, Do: acquiretest.Flip}}}, nil},
		{"a slow first answer", phone{EchoFirst: true, Faults: []fault{{Place: "start", Nth: 1, Do: acquiretest.Stall, For: 120 * time.Millisecond}}}, nil},
		{"READY cut in two", phone{Faults: []fault{{Place: "ready", Byte: 2, Do: acquiretest.Split, For: time.Millisecond}}}, nil},
		{"silence", phone{Window: -1, Faults: []fault{{Place: "ready", Do: acquiretest.Drop}, {Place: "start", Do: acquiretest.Drop}}}, brom.ErrNoAnswer},
		{"a modem", phone{Window: -1, Faults: []fault{{Place: "ready", Do: acquiretest.Replace, Bytes: []byte(at)}, {Place: "start", Do: acquiretest.Drop}}}, brom.ErrNoAnswer},
		{"endless talk", phone{Window: -1, Faults: []fault{{Place: "ready", Do: acquiretest.Replace, Bytes: bytes.Repeat([]byte("x"), 1<<11)}, {Place: "start", Do: acquiretest.Drop}}}, brom.ErrNoAnswer},
		{"cable out", phone{Faults: []fault{{Place: "start", Nth: 2, Do: acquiretest.Disconnect}}}, port.ErrGone},
		{"window over", phone{Faults: []fault{{Place: "start", Do: acquiretest.Drop}}}, port.ErrGone},
	} {
		t.Run(c.name, func(t *testing.T) {
			onPhone(t, &c.phone, func(t *testing.T, line *port.Line) {
				_, _, err := identify(line)
				if !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if c.want == brom.ErrNoAnswer && brom.Advice(err).Text == "" {
					t.Errorf("no advice for %v", err)
				}
			})
		})
	}
}

// Each kind of damage to what must be known is an error of a kind callers know, and never
// an Info. What else is damaged is not told, and never a wrong fact; a phone that leaves
// has left.
func TestDamagedAnswers(t *testing.T) {
	known := []error{port.ErrGone, port.ErrTimeout}
	for _, place := range []string{"echo", "hw code", "versions", "status", "target config", "identity"} {
		for _, do := range []acquiretest.Action{acquiretest.Disconnect, acquiretest.Drop, acquiretest.Fill} {
			if do == acquiretest.Fill && (place == "hw code" || place == "versions" || place == "target config") {
				continue // any value is legal here
			}
			t.Run(fmt.Sprint(place, " ", do), func(t *testing.T) {
				p := &phone{Faults: []fault{{Place: place, Do: do, N: 0xff}}}
				if do == acquiretest.Drop {
					p.Faults[0].N = 1
				}
				onPhone(t, p, func(t *testing.T, line *port.Line) {
					_, info, err := identify(line)
					var echo *brom.EchoError
					var status *brom.StatusError
					var named *brom.Error
					ok := errors.As(err, &echo) || errors.As(err, &status) || errors.As(err, &named)
					for _, k := range known {
						ok = ok || errors.Is(err, k)
					}
					if err == nil && do != acquiretest.Disconnect && (place == "versions" && info.HWSubCode|info.HWVersion|info.SWVersion == 0 ||
						place == "target config" && info.Config == brom.NotTold || place == "identity" && info.MEID == nil && info.SOCID == nil) {
						return
					}
					if err == nil || !ok || info != nil {
						t.Errorf("info %+v, error %v", info, err)
					}
				})
			})
		}
	}
}

func TestChecksum(t *testing.T) {
	for _, c := range []struct {
		in   string
		want uint16
	}{{"", 0}, {"\x01", 1}, {"\x01\x02", 0x0201}, {"\x01\x02\x03\x04", 0x0602}, {"\x01\x02\x03", 0x0202}} {
		if got := brom.Checksum([]byte(c.in)); got != c.want {
			t.Errorf("%q: 0x%04x, want 0x%04x", c.in, got, c.want)
		}
	}
}

func TestChips(t *testing.T) {
	for _, c := range []struct {
		hw   uint16
		want brom.Protocol
	}{{0x6582, brom.Legacy}, {0x335, brom.Legacy}, {0x766, brom.XFlash}, {0x1208, brom.XML}} {
		if got, ok := brom.Lookup(c.hw); !ok || got.Protocol != c.want || got.HWCode != c.hw {
			t.Errorf("0x%x: %+v, %v", c.hw, got, ok)
		}
	}
	if _, ok := brom.Lookup(0xbeef); ok {
		t.Error("0xbeef is a chip")
	}
}

// A chip is found by each name that people use for it, whatever its case.
func TestByName(t *testing.T) {
	for name, code := range map[string]uint16{
		"MT6765": 0x766, "mt8768t": 0x766, "MT6735": 0x321, "mt6735t": 0x321, "mt8735a": 0x321, "MT6757D": 0x551, "MT6750S": 0x326,
		"MT6589": 0x6583, "mt6893": 0x950, "MT8195": 0x930, "MT6582": 0x6582, "MT6789": 0x1208,
		"": 0, "MT": 0, "MT9999": 0, "T": 0, "6765": 0,
	} {
		c, ok := brom.ByName(name)
		if c.HWCode != code || ok != (code != 0) {
			t.Errorf("%q: 0x%x, %v", name, c.HWCode, ok)
		}
	}
	if c, _ := brom.Lookup(0x321); c.Name() != "MT6735" {
		t.Errorf("0x321 is called %s", c.Name())
	}
}
