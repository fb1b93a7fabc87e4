package acquiretest

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// open plugs p in and opens its port when it appears.
func open(t *testing.T, p *Phone) port.Conn {
	t.Helper()
	p.Plug()
	t.Cleanup(p.Unplug)
	time.Sleep(p.EnumDelay + time.Millisecond)
	ports, err := p.List()
	if err != nil || len(ports) != 1 {
		t.Fatalf("ports %v, %v", ports, err)
	}
	c, err := p.Open(ports[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer sends b and returns what comes within 5 ms.
func answer(t *testing.T, c port.Conn, b []byte) []byte {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
	var out []byte
	buf := make([]byte, 1000)
	c.SetReadTimeout(5 * time.Millisecond)
	for {
		n, err := c.Read(buf)
		out = append(out, buf[:n]...)
		if err != nil {
			return out
		}
	}
}

// The table is derived by hand from the vendor's preloader source for the MT6582
// (usbdl_check_start_command and the command handlers of download.c): what goes in and
// what comes out. No host program can supply these negative answers.
func TestCommandsByVendorSource(t *testing.T) {
	const enter = "a0 0a 50 05 > 5f f5 af fa"
	for _, c := range []struct {
		name, talk string // in > out, one exchange each
	}{
		{"start command", enter},
		{"wrong byte is answered by itself plus one, from the start again", "a0 > 5f; 0a > f5; 99 > 9a; 50 > 51; a0 0a 50 05 > 5f f5 af fa"},
		{"wrong first byte in the matcher", "a0 a0 > 5f a1; a0 0a 50 05 > 5f f5 af fa"},
		{"GET_BL_VER is not echoed", enter + "; fe > 01"},
		{"GET_HW_CODE", enter + "; fd > fd 6582 0000"},
		{"GET_HW_SW_VER", enter + "; fc > fc 8a00 ca01 0002 0000"},
		{"GET_TARGET_CONFIG", enter + "; d8 > d8 00000005 0000"},
		{"no GET_ME_ID in an old preloader", enter + "; e1 > ; fd > fd 6582 0000"},
		{"READ32", enter + "; d1 > d1; 10007000 > 10007000; 00000002 > 00000002 0000 00000000 00000000 0000"},
		{"WRITE32 echoes each word", enter + "; d4 > d4; 10007000 > 10007000; 00000001 > 00000001 0000; 22000064 > 22000064 0000"},
		{"WRITE16", enter + "; d2 > d2; c0000000 > c0000000; 00000001 > 00000001 0000; 2264 > 2264 0000"},
		{"misaligned is -1", enter + "; d4 > d4; 10007001 > 10007001; 00000001 > 00000001 ffff"},
		{"no words is -2", enter + "; d1 > d1; 10007000 > 10007000; 00000000 > 00000000 fffe"},
		{"over the end is -3", enter + "; d1 > d1; fffffffc > fffffffc; 00000002 > 00000002 fffd"},
		{"checksum of even words", enter + "; d7 > d7; 00200000 > 00200000; 00000004 > 00000004; 00000000 > 00000000 0000; 01020304 > 0602 0000"},
		{"checksum of an odd length", enter + "; d7 > d7; 00200000 > 00200000; 00000003 > 00000003; 00000000 > 00000000 0000; 010203 > 0202 7015"},
		{"jump before send", enter + "; d5 > d5; 00200000 > 00200000 1d0f; fd > fd 6582 0000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &Phone{HWCode: 0x6582, HWVersion: 0xca01, SWVersion: 2, LoaderVersion: 1, EchoFirst: true, TargetConfig: 5}
				if strings.Contains(c.name, "even") {
					p.TargetConfig = 0
				}
				conn := open(t, p)
				time.Sleep(25 * time.Millisecond)
				answer(t, conn, nil) // READY
				for x := range strings.SplitSeq(c.talk, ";") {
					in, out, _ := strings.Cut(x, ">")
					got := answer(t, conn, bytesOf(t, in))
					if want := bytesOf(t, out); !bytes.Equal(got, want) {
						t.Fatalf("%s: got %x, want %x", x, got, want)
					}
				}
			})
		})
	}
}

// What phones were seen to do that are no help to a tool, byte by byte.
func TestNoHelp(t *testing.T) {
	const enter = "a0 0a 50 05 > 5f f5 af fa; "
	for _, c := range []struct {
		name, talk string
		phone      Phone
	}{
		{"a handshake in command mode comes back", "a0 > a0; a0 > a0; 0a > 0a; 50 > 50; 05 > 05; fd > fd 0766 0000", Phone{Begun: true}},
		{"the same in BootROM", "a0 > a0; fd > fd 0766 0000; fe > fe", Phone{Begun: true, BootROM: true}},
		{"a line that echoes", "a0 0a 50 05 > a0 0a 50 05; fd > fd; fe > fe", Phone{Echo: true}},
		{"a phone that charges", "a0 > ; fd > ", Phone{Charging: true}},
		{"a command refused", enter + "d8 > d8 1d1a; fd > fd 0766 0000", Phone{BootROM: true, Refuses: map[byte]uint16{0xd8: 0x1d1a}}},
		{"a register refused", enter + "d4 > d4; 10007000 > 10007000; 00000001 > 00000001 1d1a; fd > fd 0766 0000", Phone{BootROM: true, RegisterError: 0x1d1a}},
		{"a register that kills", enter + "d4 > d4; 10007000 > 10007000; 00000001 > 00000001; fd > ", Phone{BootROM: true, RegisterHang: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := open(t, &c.phone)
				time.Sleep(time.Hour) // no window ends it
				for x := range strings.SplitSeq(c.talk, ";") {
					in, out, _ := strings.Cut(x, ">")
					if got, want := answer(t, conn, bytesOf(t, in)), bytesOf(t, out); !bytes.Equal(got, want) {
						t.Fatalf("%s: got %x, want %x", x, got, want)
					}
				}
				if ports, _ := c.phone.List(); c.phone.Charging != (ports[0].PID == 0x20ff) {
					t.Errorf("its port is %v", ports)
				}
			})
		})
	}
}

func bytesOf(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What SP Flash Tool's own log shows of a real MT6735, quoted in a public forum: the
// first A0 is answered by an R, then EADY comes, and the next A0 starts the command.
func TestStartAsInSPFlashToolsLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, &Phone{})
		time.Sleep(25 * time.Millisecond)
		got := answer(t, c, bytesOf(t, "a0"))
		if !bytes.HasPrefix(got, []byte("READY")) {
			t.Fatalf("first A0: %q", got)
		}
		if got := answer(t, c, bytesOf(t, "a0")); !bytes.Equal(got, bytesOf(t, "5f")) {
			t.Fatalf("second A0: %x", got)
		}
		if got := answer(t, c, bytesOf(t, "0a 50 05")); !bytes.Equal(got, bytesOf(t, "f5 af fa")) {
			t.Fatalf("the rest: %x", got)
		}
	})
}

// The preloader says READY every 20 ms, to an open port only, and boots when the
// window is over; left halfway through the start command, it continues listening.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Phone{}
		p.Plug()
		defer p.Unplug()
		time.Sleep(1101 * time.Millisecond) // a second of the window goes by unheard
		ports, _ := p.List()
		c, err := p.Open(ports[0].Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Open(ports[0].Name); !errors.Is(err, port.ErrBusy) {
			t.Errorf("second open: %v", err)
		}
		answer(t, c, bytesOf(t, "a0"))
		start, n := time.Now(), 0
		c.SetReadTimeout(time.Second)
		for {
			buf := make([]byte, 100)
			m, err := c.Read(buf)
			n += m
			if errors.Is(err, port.ErrGone) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(start); d < 1400*time.Millisecond || d > 1600*time.Millisecond {
			t.Errorf("left after %v", d)
		}
		if n/5 < 40 || n/5 > 75 {
			t.Errorf("%d times READY in 1.2 s", n/5)
		}
		synctest.Wait()
		if ports, _ := p.List(); len(ports) != 0 {
			t.Errorf("still there: %v", ports)
		}
	})
}

func TestWatchdogResets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Phone{BootROM: true, Watchdog: 4 * time.Second, Replug: time.Second}
		c := open(t, p)
		time.Sleep(25 * time.Millisecond)
		if got := answer(t, c, bytesOf(t, "a0 0a 50 05")); !bytes.Equal(got, bytesOf(t, "5f f5 af fa")) {
			t.Fatalf("%x", got)
		}
		c.SetReadTimeout(time.Minute)
		b := make([]byte, 1)
		if n, err := c.Read(b); !errors.Is(err, port.ErrGone) {
			t.Error(n, b, err)
		}
		time.Sleep(1200 * time.Millisecond)
		if ports, _ := p.List(); len(ports) != 1 || ports[0].PID != 0x0003 || p.Lives() != 2 {
			t.Errorf("%v after %d lives", ports, p.Lives())
		}
	})
}

func TestQueueWrapsAround(t *testing.T) {
	q := newQueue()
	var sent, got []byte
	for i := range 40 {
		b := noise(string(rune(i)), 1+i*9973%queueSize)
		sent = append(sent, b...)
		done := make(chan struct{})
		go func() { q.write(b); close(done) }()
		buf := make([]byte, 10007)
		for len(got) < len(sent) {
			n, err := q.read(buf, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, buf[:n]...)
		}
		<-done
	}
	if !bytes.Equal(sent, got) {
		t.Error("what came out is not what went in")
	}
}

func TestSum16(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 1023, 1024, 1025, 5000} {
		for _, b := range [][]byte{bytes.Repeat([]byte{0xff}, n), noise("sum", n)} {
			var want uint16
			for _, c := range b {
				want += uint16(c)
			}
			if got := sum16(b); got != want {
				t.Errorf("%d bytes: 0x%04x, want 0x%04x", n, got, want)
			}
		}
	}
}
