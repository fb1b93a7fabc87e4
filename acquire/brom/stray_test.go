package brom_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// A handshake that comes back is a loader that another tool has begun with, which is gone
// on with, or a line that echoes, which is named.
func TestHandshakeThatComesBack(t *testing.T) {
	late := []fault{{Place: "start", Do: acquiretest.Insert, Byte: 1, Bytes: []byte{0x1d, 0x1a}}}
	for _, c := range []struct {
		name string
		phone
		want error
	}{
		{"BootROM in command mode", phone{Begun: true, BootROM: true}, nil},
		{"preloader in command mode", phone{Begun: true}, nil},
		{"with a status behind each byte", phone{Begun: true, Faults: late}, nil},
		{"one byte at a time", phone{Begun: true, Fragment: 1}, nil},
		{"a line that echoes", phone{Echo: true}, brom.ErrEcho},
		{"a line that echoes a little late", phone{Echo: true, Faults: []fault{{Place: "start", Do: acquiretest.Stall, For: 30 * time.Millisecond}}}, brom.ErrEcho},
	} {
		t.Run(c.name, func(t *testing.T) {
			onPhone(t, &c.phone, func(t *testing.T, line *port.Line) {
				start := time.Now()
				_, info, err := identify(line)
				if !errors.Is(err, c.want) {
					t.Fatalf("got %v, want %v", err, c.want)
				}
				if err == nil {
					if info.HWCode != 0x766 || info.BootROM != c.phone.BootROM || len(info.MEID) != 16 {
						t.Errorf("%+v", info)
					}
					return
				}
				if a := brom.Advice(err).Text; !strings.Contains(a, "10 seconds") || !strings.Contains(a, "no key held") || strings.Contains(a, "volume") {
					t.Errorf("advice %q", a)
				}
				if errors.Is(err, brom.ErrSilent) || time.Since(start) > 5*time.Second {
					t.Errorf("after %v: %v", time.Since(start), err)
				}
			})
		})
	}
}

// The question that tells the two apart is the reading one, and it is asked of who sends
// A0 back only.
func TestNothingIsAskedBeforeTheHandshake(t *testing.T) {
	for _, p := range []*phone{{}, {EchoFirst: true}, {BootROM: true}, {Window: -1, Faults: []fault{{Place: "start", Do: acquiretest.Drop}}}} {
		p.Trace = func(out bool, place string, b []byte) {
			if !out && place == "start" && !strings.Contains("\xa0\x0a\x50\x05", string(b)) {
				t.Errorf("%x was sent to a loader that waits for its handshake", b)
			}
		}
		onPhone(t, p, func(_ *testing.T, line *port.Line) { brom.Connect(line) })
	}
}

// Silence is told from nonsense: who is silent may be waited for.
func TestSilent(t *testing.T) {
	for _, c := range []struct {
		name string
		phone
		silent bool
	}{
		{"a phone that charges", phone{Charging: true}, true},
		{"READY and nothing else", phone{Window: -1, Faults: []fault{{Place: "start", Do: acquiretest.Drop}}}, true},
		{"another device", phone{Window: -1, Faults: []fault{{Place: "ready", Do: acquiretest.Replace, Bytes: []byte("$GPRMC")}, {Place: "start", Do: acquiretest.Drop}}}, false},
		{"a line that echoes", phone{Echo: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			onPhone(t, &c.phone, func(t *testing.T, line *port.Line) {
				_, err := brom.Connect(line)
				if errors.Is(err, brom.ErrSilent) != c.silent || !errors.Is(err, brom.ErrEcho) && !errors.Is(err, brom.ErrNoAnswer) {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// A register that cannot be written is a warning, and the session continues; a loader that
// says nothing any more is named as that.
func TestWatchdogNotTaken(t *testing.T) {
	for _, c := range []struct {
		name string
		phone
		want error
		says string // in the warning
	}{
		{"refused", phone{RegisterError: 0x1d1a}, nil, "0x1d1a"},
		{"refused with -1", phone{RegisterError: 0xffff}, nil, "0xffff"},
		{"refused by the last status", phone{Faults: []fault{{Place: "register.status", Nth: 2, Do: acquiretest.Replace, Bytes: []byte{0x1a, 0x1d}}}}, nil, "0x1a1d"},
		{"the last status never comes", phone{Faults: []fault{{Place: "register.status", Nth: 2, Do: acquiretest.Drop}}}, nil, "did not answer in time"},
		{"the last status comes late", phone{Faults: []fault{{Place: "register.status", Nth: 2, Do: acquiretest.Stall, For: 1005 * time.Millisecond}}}, nil, "did not answer in time"},
		{"both chips' registers refused", phone{HWCode: 0x6592, RegisterError: 0x1d1a}, nil, "0x1d1a"},
		{"never answered", phone{RegisterHang: true}, brom.ErrWatchdog, ""},
		{"it leaves", phone{Faults: []fault{{Place: "register.status", Nth: 1, Do: acquiretest.Disconnect}}}, port.ErrGone, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.phone.BootROM = true
			onPhone(t, &c.phone, func(t *testing.T, line *port.Line) {
				s, info, err := identify(line)
				if !errors.Is(err, c.want) {
					t.Fatalf("got %v, want %v", err, c.want)
				}
				if err != nil {
					if a := brom.Advice(err).Text; errors.Is(err, brom.ErrWatchdog) && !strings.Contains(a, "no key held") {
						t.Errorf("advice %q", a)
					}
					return
				}
				if len(info.Problems) != 1 || info.Problems[0].Severity != flash.Warning || !strings.Contains(info.Problems[0].String(), c.says) ||
					!strings.Contains(info.Problems[0].Text, "no key held") {
					t.Errorf("problems %+v, want one about %q", info.Problems, c.says)
				}
				if info.HWVersion != 0xca00 || len(info.SOCID) != 32 {
					t.Errorf("out of step: %+v", info)
				}
				if err := s.SendDA(0x200000, []byte("agent"), 0); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// What a loader does not tell ends nothing: only who it is must be known.
func TestQuestionsThatAreOptional(t *testing.T) {
	const unknown = 0x1d1a
	drop := func(place string) []fault { return []fault{{Place: place, Do: acquiretest.Drop}} }
	for _, c := range []struct {
		name string
		phone
		lost string // of what is told
	}{
		{"all refused", phone{Refuses: map[byte]uint16{0xfc: unknown, 0xd8: unknown, 0xe1: unknown, 0xe7: unknown}}, "version config me soc"},
		{"versions refused", phone{Refuses: map[byte]uint16{0xfc: unknown}}, "version"},
		{"versions with a bad status", phone{Faults: []fault{{Place: "status", Nth: 3, Do: acquiretest.Fill, N: 0x70}}}, "version"},
		{"settings refused", phone{Refuses: map[byte]uint16{0xd8: unknown}}, "config"},
		{"settings with a bad status", phone{TargetConfig: 1, Faults: []fault{{Place: "status", Nth: 2, Do: acquiretest.Fill, N: 0x1d}}}, "config"},
		{"settings never told", phone{TargetConfig: 1, Faults: append(drop("target config"), fault{Place: "status", Nth: 2, Do: acquiretest.Drop})}, "config"},
		{"settings cut", phone{TargetConfig: 1, Faults: []fault{{Place: "target config", Do: acquiretest.Drop, N: 3}}}, "config"},
		{"no version of the ROM", phone{Faults: drop("rom version")}, "rom"},
		{"ME_ID refused", phone{Refuses: map[byte]uint16{0xe1: unknown}}, "me"},
		{"SOC_ID refused", phone{Refuses: map[byte]uint16{0xe7: unknown}}, "soc"},
		{"identities of an absurd length", phone{Faults: []fault{{Place: "identity", Nth: 1, Do: acquiretest.Fill, N: 0x7f}}}, "me"},
		{"an identity cut", phone{Faults: []fault{{Place: "identity", Nth: 2, Byte: 3, Do: acquiretest.Drop, N: 5}}}, "me"},
		{"an identity with a bad status", phone{Faults: []fault{{Place: "status", Nth: 4, Do: acquiretest.Fill, N: 0x70}}}, "me"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onPhone(t, &c.phone, func(t *testing.T, line *port.Line) {
				s, i, err := identify(line)
				if err != nil {
					t.Fatal(err)
				}
				told := map[string]bool{"rom": i.ROMVersion == 5, "me": i.MEID != nil, "soc": i.SOCID != nil,
					"version": i.HWSubCode == 0x8a00 && i.HWVersion == 0xca00, "config": i.Config == brom.TargetConfig(c.phone.TargetConfig)}
				for what, got := range told {
					if want := !strings.Contains(c.lost, what); got != want {
						t.Errorf("%s told: %v, want %v: %+v", what, got, want, i)
					}
				}
				if strings.Contains(c.lost, "version") && (i.HWSubCode|i.HWVersion|i.SWVersion) != 0 {
					t.Errorf("pieces of versions: %+v", i)
				}
				if strings.Contains(c.lost, "config") && (i.Config != brom.NotTold || !strings.Contains(i.Config.String(), "unknown")) {
					t.Errorf("settings that were not reported are %v", i.Config)
				}
				if err := s.SendDA(0x200000, []byte("agent"), 0); err != nil {
					t.Errorf("out of step: %v", err)
				}
			})
		})
	}
}

// Where the settings are not known, the maker's files are tried; a phone that needs none
// says so.
func TestAuthenticateUnknown(t *testing.T) {
	auth := []byte("auth")
	for name, p := range map[string]*phone{
		"needed": {TargetConfig: uint32(brom.DAA), Auth: auth, Cert: auth}, "not needed": {},
	} {
		t.Run(name, func(t *testing.T) {
			p.Refuses = map[byte]uint16{0xd8: 0x1d1a}
			onPhone(t, p, func(t *testing.T, line *port.Line) {
				s, info, err := identify(line)
				if err == nil {
					err = s.Authenticate(info, auth, auth)
				}
				if err == nil {
					err = s.SendDA(0x200000, []byte("agent"), 2)
				}
				if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Words of another program are named as that: as they are, as a loader waiting for its
// handshake answers them, and as one in command mode does.
func TestIntruder(t *testing.T) {
	at := func(place string, nth, n int, b string) phone {
		return phone{Faults: []fault{{Place: place, Nth: nth, Byte: n, Do: acquiretest.Insert, Bytes: []byte(b)}}}
	}
	bare := func(place string) phone {
		return phone{Window: -1, Faults: []fault{{Place: "ready", Do: acquiretest.Drop}, {Place: place, Do: acquiretest.Replace, Bytes: []byte("AT\r")}}}
	}
	for _, c := range []struct {
		name string
		phone
		want bool
	}{
		{"instead of a handshake", bare("start"), true},
		{"before an echo", at("echo", 1, 0, "AT\r"), true},
		{"before the code", at("hw code", 1, 0, "AT\r"), true},
		{"within the code", at("hw code", 1, 1, "AT+GCAP\r"), true},
		{"each byte with a status", at("echo", 2, 0, "A\x1d\x1aT\x1d\x1a\r\x1d\x1a"), true},
		{"each byte plus one", at("echo", 2, 0, "BU\x0e"), true},
		{"before the leave to send", phone{Faults: []fault{{Place: "da.status1", Do: acquiretest.Insert, Bytes: []byte("ATZ\r")}}}, true},
		{"another byte", at("echo", 1, 0, "x"), false},
		{"a flipped bit", phone{Faults: []fault{{Place: "echo", Nth: 1, Do: acquiretest.Flip}}}, false},
		{"refused, with AT in an identity", phone{MEID: []byte("xxATxxxxxxxxxxxx"), TargetConfig: uint32(brom.SLA)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			onPhone(t, &c.phone, func(t *testing.T, line *port.Line) {
				s, info, err := identify(line)
				if err == nil {
					err = s.SendDA(0x200000, []byte("agent"), 0)
				}
				if err == nil {
					t.Fatalf("%+v, and no error", info)
				}
				if errors.Is(err, brom.ErrIntruder) != c.want {
					t.Errorf("%v", err)
				}
				if a := brom.Advice(err).Text; c.want && (!strings.Contains(a, "ModemManager") || strings.Contains(a, "cable")) {
					t.Errorf("advice %q", a)
				}
			})
		})
	}
}

// What was sent may hold such words, too, and comes back as it should.
func TestNoIntruderInAnEcho(t *testing.T) {
	onPhone(t, &phone{TargetConfig: uint32(brom.SLA)}, func(t *testing.T, line *port.Line) {
		s, _, err := identify(line)
		if err == nil {
			err = s.SendDA(0x41540d00, []byte("agent"), 0)
		}
		if !errors.Is(err, brom.ErrSLA) || errors.Is(err, brom.ErrIntruder) {
			t.Error(err)
		}
	})
}

// Before an agent is in play, no advice speaks of one.
func TestAdviceBeforeTheAgent(t *testing.T) {
	for _, command := range []string{"watchdog", "GET_HW_CODE", "GET_TARGET_CONFIG"} {
		for _, status := range []uint16{0x1d1a, 0x1d0e, 0x1d21, 0x7004, 0x1a1d} {
			a := brom.Advice(&brom.Error{Command: command, Err: &brom.StatusError{Status: status}}).Text
			if strings.Contains(strings.ToLower(a), "agent") || !strings.Contains(a, "no key held") {
				t.Errorf("%s, 0x%x: %q", command, status, a)
			}
		}
	}
	if a := brom.Advice(&brom.Error{Command: "SEND_DA", Err: &brom.StatusError{Status: 0x1d0e}}).Text; !strings.Contains(a, "MTK_AllInOne_DA.bin") {
		t.Errorf("of an agent: %q", a)
	}
}
