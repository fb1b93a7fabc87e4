package da_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// big is a phone with n bytes of user area and nothing else.
func big(n int) []flash.Part {
	return []flash.Part{{Region: flash.EMMCUser, Image: bytes.NewReader(imgtest.Noise("user", n))}}
}

// An XFlash agent may tell a range that it cannot read once, or the second time late: the
// session stays in step, and an agent that does so is not waited for each time.
func TestSecondStatus(t *testing.T) {
	for name, faults := range map[string][]fault{
		"never": {{Place: "data.end.header", Do: acquiretest.Drop}, {Place: "data.end", Do: acquiretest.Drop}},
		"late":  {{Place: "data.end.header", Nth: 1, Do: acquiretest.Stall, For: 6 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			bad := flash.Extent{Offset: 4096, Length: 512}
			p := &phone{Parts: big(4 << 20), Bad: map[flash.Region][]flash.Extent{flash.EMMCUser: {bad}}, Faults: faults}
			onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
				if err != nil {
					t.Fatal(err)
				}
				img, want, start := got.Image(flash.EMMCUser), whole(t, p.Parts[0].Image), time.Now()
				for i := range 4 {
					if _, err := img.ReadAt(make([]byte, 512), bad.Offset); !errors.As(err, new(*da.StatusError)) {
						t.Fatalf("the bad place: %v", err)
					}
					if name == "never" { // nor does a status follow what could be read
						continue
					}
					time.Sleep(3 * time.Second)
					b, off := make([]byte, 512), int64(1<<20+i<<16)
					if _, err := img.ReadAt(b, off); err != nil || !bytes.Equal(b, want[off:off+512]) {
						t.Fatalf("0x%x is good: %v", off, err)
					}
				}
				if d := time.Since(start); d > 20*time.Second {
					t.Errorf("%v were waited", d)
				}
			})
		})
	}
}

// A line that is lost is told of at once: no window that is under way is sent to it.
func TestLostIsToldAtOnce(t *testing.T) {
	for _, f := range families {
		t.Run(string(f.protocol), func(t *testing.T) {
			packet := map[bool]int{true: 12, false: 150}[f.protocol == acquiretest.Legacy] // of 1 MiB, or 64 KiB
			p := &phone{Protocol: f.protocol, HWCode: f.hwCode, Parts: big(40 << 20),
				Faults: []fault{{Place: "data", Nth: packet, Byte: 100, Do: acquiretest.Stall, For: 24 * time.Hour}}}
			onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
				if err != nil {
					t.Fatal(err)
				}
				img, b := got.Image(flash.EMMCUser), make([]byte, 1<<20)
				start := time.Now()
				for off := int64(0); err == nil; off += 1 << 20 {
					_, err = img.ReadAt(b, off)
				}
				if d := time.Since(start); errors.As(err, new(*da.StatusError)) || d > time.Minute {
					t.Errorf("after %v: %v", d, err)
				}
			})
		})
	}
}

// A large range that is asked for exactly is asked for once.
func TestExactIsOneRequest(t *testing.T) {
	for _, f := range families {
		read := 0
		p := &phone{Protocol: f.protocol, HWCode: f.hwCode, Parts: big(8 << 20), Trace: func(out bool, place string, b []byte) {
			if place == "data" {
				read += len(b)
			}
		}}
		onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
			if err != nil {
				t.Fatal(err)
			}
			img := got.Image(flash.EMMCUser).(interface {
				ReadExactAt([]byte, int64) (int, error)
			})
			read = 0 // reports are data, too
			b := make([]byte, 4<<20)
			if _, err := img.ReadExactAt(b, 1<<20); err != nil || !bytes.Equal(b, whole(t, p.Parts[0].Image)[1<<20:5<<20]) {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if read != len(b) {
				t.Errorf("%s: %d bytes were read for %d", f.protocol, read, len(b))
			}
		})
	}
}

// The file says which protocol a chip speaks: XML agents exist for chips that had XFlash
// ones, under either of the chip's codes.
func TestFileDecides(t *testing.T) {
	for _, code := range []uint16{0x6877, 0x959} {
		file := acquiretest.Container("OEM MTK_DA_v6.3.2", acquiretest.Agent{Code: code, HWVersion: 0xca00, Protocol: acquiretest.XML})
		p := &phone{Protocol: acquiretest.XML, HWCode: 0x959, Parts: small()}
		synctest.Test(t, func(t *testing.T) {
			p.Plug()
			defer p.Unplug()
			got, err := connectWith(t, p, da.Options{}, file)
			if err != nil {
				t.Fatalf("0x%x: %v", code, err)
			}
			got.Close(da.Off)
		})
	}
}

// A phone that refuses to start Android is not said to.
func TestRebootRefused(t *testing.T) {
	accepted := 0
	for _, refuse := range []bool{false, true} {
		p := &phone{Protocol: acquiretest.XML, HWCode: 0x1208, Parts: small()}
		if refuse { // what is accepted last is REBOOT
			const text = "ERR!UNSUPPORTED\x00"
			p.Faults = []fault{{Place: "xml.accept", Nth: accepted, Do: acquiretest.Drop},
				{Place: "xml.accept.header", Nth: accepted, Do: acquiretest.Replace, Bytes: append(binary.LittleEndian.AppendUint32([]byte("\xef\xee\xee\xfe\x01\x00\x00\x00"), uint32(len(text))), text...)}}
		}
		p.Trace = func(out bool, place string, _ []byte) {
			if out && place == "xml.accept" && !refuse {
				accepted++
			}
		}
		synctest.Test(t, func(t *testing.T) {
			p.Plug()
			defer p.Unplug()
			got, err := connect(t, p, da.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := got.Close(da.Reboot); refuse == (err == nil) || refuse == (got.After(da.Reboot) != "") {
				t.Errorf("%s", fmt.Sprint(refuse, err, got.After(da.Reboot)))
			}
		})
	}
}
