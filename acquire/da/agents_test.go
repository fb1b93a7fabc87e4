package da_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// What agents of vendors do when they run, and the first client did not know. The letters
// are those of package acquiretest.

// A: each write of the host is one transfer, and a payload of more than 12 bytes has one of
// its own. The chips are those whose settings end in a long block; a start from BootROM
// sends memory settings, too.
func TestTransfers(t *testing.T) {
	file := acquiretest.Container(families[0].id, acquiretest.Agent{Code: 0x6580, HWVersion: 0xca00, Protocol: acquiretest.Legacy},
		acquiretest.Agent{Code: 0x8163, HWVersion: 0xca00, Protocol: acquiretest.Legacy},
		acquiretest.Agent{Code: 0x8127, HWVersion: 0xca00, Protocol: acquiretest.Legacy},
		acquiretest.Agent{Code: 0x6765, HWVersion: 0xca00, Protocol: acquiretest.XFlash},
		acquiretest.Agent{Code: 0x1208, HWVersion: 0xca00, Protocol: acquiretest.XML})
	settings := imgtest.Noise("settings", 0xbc)
	for _, c := range []struct {
		protocol acquiretest.Protocol
		hwCode   uint16
	}{
		{acquiretest.Legacy, 0x6580}, {acquiretest.Legacy, 0x8163}, {acquiretest.Legacy, 0x8127}, {acquiretest.XFlash, 0x766}, {acquiretest.XML, 0x1208},
	} {
		for _, rom := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s 0x%x BootROM %v", c.protocol, c.hwCode, rom), func(t *testing.T) {
				p := &phone{Protocol: c.protocol, HWCode: c.hwCode, Parts: small(), BootROM: rom, EMI: settings}
				synctest.Test(t, func(t *testing.T) {
					p.Plug()
					defer p.Unplug()
					got, err := connectWith(t, p, da.Options{DRAM: settings, DRAMVersion: 0x10}, file)
					if err != nil {
						t.Fatal(err)
					}
					defer got.Close(da.Off)
					same(t, got.Image(flash.EMMCUser), p.Parts[0].Image, p.Parts[0].Image.Size())
				})
			})
		}
	}
}

// B and F: after a range that cannot be read the session continues, wherever in a request it
// lies, and however often that happens. (TestBadPlace reads around one.)
func TestErrorsAreTakenWhole(t *testing.T) {
	for _, f := range families {
		for _, at := range []int64{0, 64 << 10, 128<<10 + 512, 1<<20 - 512} {
			t.Run(fmt.Sprintf("%s 0x%x", f.protocol, at), func(t *testing.T) {
				p := &phone{Protocol: f.protocol, HWCode: f.hwCode, Parts: small(),
					Bad: map[flash.Region][]flash.Extent{flash.EMMCUser: {{Offset: at, Length: 512}}}}
				onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
					if err != nil {
						t.Fatal(err)
					}
					start := time.Now()
					for range 3 {
						if _, err := got.Image(flash.EMMCUser).ReadAt(make([]byte, 1<<20), 0); !errors.As(err, new(*da.StatusError)) {
							t.Fatalf("the bad place: %v", err)
						}
						same(t, got.Image(flash.EMMCBoot1), p.Parts[1].Image, 256<<10)
						got.Forget()
					}
					if d := time.Since(start); d > time.Second {
						t.Errorf("%v were waited", d)
					}
				})
			})
		}
	}
}

// C: the first stage takes the list of what the host can do. Nothing else would show that it
// does not: the command may be refused.
func TestCapability(t *testing.T) {
	var asked bool
	var ends []string
	p := &phone{Protocol: acquiretest.XML, HWCode: 0x1208, Parts: small(), Trace: func(out bool, place string, b []byte) {
		switch {
		case !out && place == "xml.command":
			asked = bytes.Contains(b, []byte("HOST-SUPPORTED-COMMANDS"))
		case out && place == "xml.END" && asked:
			ends = append(ends, string(b))
		}
	}}
	onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
		if err != nil || len(ends) != 2 || !strings.Contains(ends[0], "<result>OK</result>") {
			t.Errorf("%v; the list is answered %q", err, ends)
		}
	})
}

// C, D, E: TestReadAllWays reads XML phones that want the list of commands by its name, whose
// second stage does not know that command, and whose messages are stale. Here with a message
// from the first word on, which agents put into END as it is, with agents that say START
// more than once, and with one that logs when it likes.
func TestXMLWords(t *testing.T) {
	log := []byte("\xef\xee\xee\xfe\x02\x00\x00\x00\x04\x00\x00\x00log\n")
	for name, p := range map[string]*phone{
		"stale message":   {Message: "All storages init fail. check HW storage."},
		"message with <":  {Message: "len<0x10>"},
		"message with &":  {Message: "a & b"},
		"Latin-1":         {Message: "caf\xe9"},
		"a control":       {Message: "\x01bad"},
		"START twice":     {ExtraStarts: 1},
		"a log behind it": {Faults: []fault{{Place: "xml.START", Nth: 1, Do: acquiretest.Insert, Byte: 1 << 20, Bytes: log}}},
	} {
		t.Run(name, func(t *testing.T) {
			p.Protocol, p.HWCode, p.Parts = acquiretest.XML, 0x1208, small()
			onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
				if err != nil {
					t.Fatal(err)
				}
				same(t, got.Image(flash.EMMCUser), p.Parts[0].Image, p.Parts[0].Image.Size())
			})
		})
	}
}

// An answer that is whole and makes sense is no fault of the line: the command and the
// agent's words are named. An agent that was not ready once is asked once more.
func TestNotTaken(t *testing.T) {
	const form = `<?xml version="1.0" encoding="utf-8"?><host><version>1.0</version><command>CMD:%s</command><arg>%s</arg></host>` + "\x00"
	packet := func(command, arg string) []byte {
		text := fmt.Sprintf(form, command, arg)
		b := binary.LittleEndian.AppendUint32([]byte("\xef\xee\xee\xfe\x01\x00\x00\x00"), uint32(len(text)))
		return append(b, text...)
	}
	for _, c := range []struct {
		name  string
		fault fault
		words []string
	}{
		{"START in place of OK", fault{Place: "xml.accept.header", Nth: 1, Do: acquiretest.Insert, Bytes: append(packet("START", ""), packet("START", "")...)},
			[]string{"SET-RUNTIME-PARAMETER", "CMD:START"}},
		{"END in place of OK", fault{Place: "xml.accept.header", Nth: 1, Do: acquiretest.Insert, Bytes: packet("END", "<result>ERR!DA VERSION</result><message>too old</message>")},
			[]string{"SET-RUNTIME-PARAMETER", "CMD:END", "ERR!DA VERSION", "too old"}},
		{"a command nobody knows", fault{Place: "xml.PROGRESS-REPORT.header", Nth: 1, Do: acquiretest.Insert, Bytes: packet("DANCE", "")},
			[]string{"NOTIFY-INIT-HW", "CMD:DANCE"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &phone{Protocol: acquiretest.XML, HWCode: 0x1208, Parts: small(), Faults: []fault{c.fault}}
			onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
				if !errors.Is(err, da.ErrNotTaken) || errors.Is(err, da.ErrProtocol) {
					t.Fatal(err)
				}
				for _, w := range c.words {
					if !strings.Contains(err.Error(), w) {
						t.Errorf("%v does not name %s", err, w)
					}
				}
				if a := da.Advice(err).Text; strings.Contains(a, "cable") || !strings.Contains(a, "newest firmware") {
					t.Errorf("advice %q", a)
				}
			})
		})
	}
}

// G, H: how a session ends is what the phone does.
func TestEnds(t *testing.T) {
	for _, f := range families {
		for end, want := range map[da.End]string{da.Off: "released by the tool", da.Reboot: "restarted by the tool"} {
			if f.protocol == acquiretest.Legacy {
				want = "released by the tool" // these agents have no other end that is known
			}
			t.Run(fmt.Sprint(f.protocol, " ", want), func(t *testing.T) {
				var why error
				p := &phone{Protocol: f.protocol, HWCode: f.hwCode, Parts: small()}
				p.Left = func(w error, _ bool) { why = w }
				synctest.Test(t, func(t *testing.T) {
					p.Plug()
					got, err := connect(t, p, da.Options{})
					if err != nil {
						t.Fatal(err)
					}
					start := time.Now()
					if err := got.Close(end); err != nil || time.Since(start) > time.Second {
						t.Errorf("after %v: %v", time.Since(start), err)
					}
					synctest.Wait()
					p.Unplug()
				})
				if why == nil || !strings.Contains(why.Error(), want) {
					t.Errorf("the phone: %v", why)
				}
			})
		}
	}
}

// I, L, and the many ways to say "unknown": what is optional ends no session.
func TestOptional(t *testing.T) {
	for name, c := range map[string]uint32{
		"reset key": 0x020004, "checksum level": 0x020003, "who started the agent": 0x04000a, "speed": 0x04000b,
		"random id": 0x040008, "challenge": 0x040016, "packet length": 0x040007, "NAND": 0x040002,
	} {
		for _, as := range []uint32{0, 0xc0010003, 0xc0010004, 0xc0040001, 0xc0030008} {
			t.Run(fmt.Sprintf("%s 0x%x", name, as), func(t *testing.T) {
				p := &phone{Parts: small(), Unknown: []uint32{c}, UnknownAs: as}
				onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
					if err != nil {
						t.Fatal(err)
					}
					same(t, got.Image(flash.EMMCUser), p.Parts[0].Image, p.Parts[0].Image.Size())
				})
			})
		}
	}
}

// A phone with UFS, whose agent refuses the question for eMMC.
func TestStorageRefused(t *testing.T) {
	for _, as := range []uint32{0, 0xc0010004, 0xc0030008} {
		p := &phone{Storage: flash.UFS, Unknown: []uint32{0x040001}, UnknownAs: as,
			Parts: []flash.Part{{Region: flash.UFSLU2, Image: bytes.NewReader(imgtest.Noise("lu2", 1<<20))}}}
		onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
			if err != nil {
				t.Fatalf("0x%x: %v", as, err)
			}
			same(t, got.Image(flash.UFSLU2), p.Parts[0].Image, 1<<20)
		})
	}
}

// J: an RPMB that is refused costs one request, and the session continues. An agent that
// reads it is believed.
func TestRPMB(t *testing.T) {
	for _, f := range families {
		for _, gives := range []bool{false, true} {
			gives := gives || f.protocol == acquiretest.Legacy // these have been seen to read it
			t.Run(fmt.Sprint(f.protocol, " ", gives), func(t *testing.T) {
				asked := 0
				p := &phone{Protocol: f.protocol, HWCode: f.hwCode, RPMB: gives,
					Parts: append(small(), flash.Part{Region: flash.EMMCRPMB, Image: bytes.NewReader(imgtest.Noise("rpmb", 4<<20))})}
				p.Trace = func(out bool, place string, b []byte) {
					if !out && (place == "xflash.read" || place == "legacy.host" || place == "xml.command" && bytes.Contains(b, []byte("READ-FLASH"))) {
						asked++
					}
				}
				onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
					if err != nil {
						t.Fatal(err)
					}
					n, err := got.Image(flash.EMMCRPMB).ReadAt(make([]byte, 4<<20), 0)
					if gives != (err == nil) || gives != (n == 4<<20) || !gives && !errors.As(err, new(*da.StatusError)) || asked != 1 {
						t.Errorf("%d bytes, %v, after %d requests", n, err, asked)
					}
					same(t, got.Image(flash.EMMCUser), p.Parts[0].Image, p.Parts[0].Image.Size())
				})
			})
		}
	}
}

// K: whatever protocol it is read by, a chip has one identity.
func TestOneIdentity(t *testing.T) {
	var seen [][]byte
	for _, f := range families {
		onPhone(t, &phone{Protocol: f.protocol, HWCode: f.hwCode, Parts: small()}, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, slices.Clone(got.CID))
		})
	}
	for _, id := range seen {
		if len(id) != 16 || !bytes.Equal(id, seen[0]) {
			t.Errorf("identities %x", seen)
		}
	}
}

// L: the second stage is not asked what only the first knows.
func TestFirstStageOnly(t *testing.T) {
	second := false
	p := &phone{Parts: small(), Trace: func(out bool, place string, b []byte) {
		second = second || place == "xflash.stage2"
		if !out && second && place == "xflash.control" && (bytes.Equal(b, []byte{3, 0, 2, 0}) || bytes.Equal(b, []byte{10, 0, 4, 0})) {
			t.Errorf("the second stage is asked % x", b)
		}
	}}
	onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
		if err != nil || !second {
			t.Fatal(err)
		}
	})
}

// A caller that asks for a range exactly has nothing else asked of the phone, before or after.
func TestExact(t *testing.T) {
	for _, f := range families {
		t.Run(string(f.protocol), func(t *testing.T) {
			read := int64(0)
			p := &phone{Protocol: f.protocol, HWCode: f.hwCode, Parts: small()}
			p.Trace = func(out bool, place string, b []byte) {
				if place == "data" {
					read += int64(len(b))
				}
			}
			onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
				if err != nil {
					t.Fatal(err)
				}
				img := got.Image(flash.EMMCUser).(interface {
					ReadExactAt([]byte, int64) (int, error)
				})
				want, b := whole(t, p.Parts[0].Image), make([]byte, 4096)
				for _, off := range []int64{0, 4096, 8192, 1 << 20, 512} { // straight on, a jump, back
					if n, err := img.ReadExactAt(b, off); n != len(b) || err != nil || !bytes.Equal(b, want[off:off+4096]) {
						t.Errorf("0x%x: %d bytes, %v", off, n, err)
					}
				}
				time.Sleep(time.Minute)
				if read > 5*4096 {
					t.Errorf("%d bytes were read for %d", read, 5*4096)
				}
			})
		})
	}
}

// An agent that tries a bad range for minutes without a word is waited for.
func TestPatience(t *testing.T) {
	for _, f := range families {
		t.Run(string(f.protocol), func(t *testing.T) {
			p := &phone{Protocol: f.protocol, HWCode: f.hwCode, Parts: small()[1:2], Latency: 4 * time.Minute}
			onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
				if err != nil {
					t.Fatal(err)
				}
				same(t, got.Image(flash.EMMCBoot1), p.Parts[0].Image, 256<<10)
			})
		})
	}
}
