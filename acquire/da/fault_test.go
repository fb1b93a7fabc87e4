package da_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// refused is what no session may survive: starting a phone of each family.
func TestRefusals(t *testing.T) {
	for _, f := range families {
		for _, c := range []struct {
			name string
			phone
			o    da.Options
			want error
		}{
			{"unknown chip", phone{HWCode: 0xbeef}, da.Options{}, da.ErrUnknownChip},
			{"chip not in the file", phone{HWCode: 0x813}, da.Options{}, da.ErrNoAgent},
			{"phone older than the agent", phone{HWVersion: 0xc900}, da.Options{}, da.ErrNoAgent},
			{"SLA in the loader", phone{TargetConfig: uint32(brom.SLA)}, da.Options{}, brom.ErrSLA},
			{"SLA in the agent", phone{AgentSLA: true}, da.Options{}, brom.ErrSLA},
			{"signature refused", phone{TargetConfig: uint32(brom.DAA), Auth: []byte("auth")}, da.Options{}, brom.ErrSignature},
			{"BootROM, no settings", phone{BootROM: true}, da.Options{}, da.ErrNeedDRAM},
			{"BootROM, wrong settings", phone{BootROM: true, EMI: []byte("right")}, da.Options{DRAM: []byte("wrong"), DRAMVersion: 0x10}, da.ErrDRAM},
			{"no flash", phone{Parts: []flash.Part{}}, da.Options{}, da.ErrNoStorage},
		} {
			if c.phone.AgentSLA && f.protocol == acquiretest.Legacy {
				continue // legacy agents set no challenge
			}
			t.Run(fmt.Sprint(f.protocol, " ", c.name), func(t *testing.T) {
				p := c.phone
				if p.Protocol = f.protocol; p.HWCode == 0 {
					p.HWCode = f.hwCode
				}
				if p.Parts == nil {
					p.Parts = small()
				}
				onPhone(t, &p, c.o, func(t *testing.T, got *da.Phone, err error) {
					if !errors.Is(err, c.want) {
						t.Fatalf("got %v, want %v", err, c.want)
					}
					if got != nil || da.Advice(err).Text == "" {
						t.Errorf("phone %v, advice %q", got, da.Advice(err))
					}
				})
			})
		}
	}
}

// An agent whose second stage was changed is refused by its first.
func TestStagesThatDoNotBelong(t *testing.T) {
	for _, f := range families {
		if f.protocol == acquiretest.Legacy {
			continue // its first stage says so in no way that is known
		}
		t.Run(string(f.protocol), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &phone{Protocol: f.protocol, HWCode: f.hwCode, Parts: small()}
				p.Plug()
				defer p.Unplug()
				file := agents()
				c, err := da.Read(bytes.NewReader(file))
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range c.Entries {
					file[e.Regions[2].Offset] ^= 1
				}
				_, err = connectWith(t, p, da.Options{}, file)
				if !errors.Is(err, da.ErrMismatch) || da.Advice(err).Text == "" {
					t.Error(err)
				}
			})
		})
	}
}

// places returns what a phone of family f sends while it is started and its small user
// area read, in the order of first sending.
func places(t *testing.T, f acquiretest.Protocol, hw uint16) []string {
	t.Helper()
	var out []string
	seen := map[string]bool{}
	p := &phone{Protocol: f, HWCode: hw, Parts: small(), Packet: 1 << 20, Trace: func(sent bool, place string, _ []byte) {
		if sent && !seen[place] {
			seen[place] = true
			out = append(out, place)
		}
	}}
	onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
		if err != nil {
			t.Fatal(err)
		}
		whole(t, got.Image(flash.EMMCUser))
	})
	return out
}

// known reports whether err is of a kind a caller can act on.
func known(err error) bool {
	for _, k := range []error{port.ErrGone, port.ErrTimeout, da.ErrProtocol, da.ErrNoStorage, da.ErrSum, da.ErrMismatch,
		da.ErrNeedDRAM, da.ErrUnknownChip, da.ErrNoAgent, brom.ErrNoAnswer, brom.ErrSLA, brom.ErrChecksum} {
		if errors.Is(err, k) {
			return true
		}
	}
	var status *da.StatusError
	var loader *brom.Error
	return errors.As(err, &status) || errors.As(err, &loader)
}

// Whatever goes wrong with whatever the phone sends: either all bytes are right in the
// end, or there is an error of a kind callers know. Never short data and no error, and
// never wrong data where anything could have told.
func TestEveryFaultAtEveryPlace(t *testing.T) {
	faults := []fault{
		{Do: acquiretest.Disconnect},
		{Do: acquiretest.Disconnect, Byte: 1},
		{Do: acquiretest.Drop, N: 1},
		{Do: acquiretest.Drop},
		{Do: acquiretest.Repeat, N: 3},
		{Do: acquiretest.Flip},
		{Do: acquiretest.Flip, Byte: 3},
		{Do: acquiretest.Insert, Bytes: []byte("AT\r")},
		{Do: acquiretest.Fill, N: 0},
		{Do: acquiretest.Fill, N: 0xff},
		{Do: acquiretest.Fill, N: 0x7f},
		{Do: acquiretest.Stall, For: time.Minute},
		{Do: acquiretest.Stall, For: time.Second},
		{Do: acquiretest.Trickle, For: 20 * time.Millisecond},
	}
	for _, f := range families {
		all := places(t, f.protocol, f.hwCode)
		if len(all) < 15 {
			t.Fatalf("only %d places: %q", len(all), all)
		}
		for _, place := range all {
			for _, fl := range faults {
				fl.Place = place
				fl.Nth = 1
				name := fmt.Sprintf("%s %s action %d byte %d n %d %v", f.protocol, place, fl.Do, fl.Byte, fl.N, fl.For)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					strike(t, f.protocol, f.hwCode, fl)
				})
			}
		}
	}
}

// struck is what the phones of strike store.
var struck = imgtest.Noise("user", 128<<10)

// strike reads a phone with one fault.
func strike(t *testing.T, protocol acquiretest.Protocol, hw uint16, fl fault) {
	p := &phone{Protocol: protocol, HWCode: hw, Packet: 32 << 10, Parts: []flash.Part{
		{Region: flash.EMMCUser, Image: bytes.NewReader(struck)}}, Faults: []fault{fl}}
	if fl.Do == acquiretest.Trickle && fl.Place == "data" {
		p.Packet, p.Parts = 1<<10, []flash.Part{{Region: flash.EMMCUser, Image: bytes.NewReader(make([]byte, 4<<10))}}
	}
	synctest.Test(t, func(t *testing.T) {
		p.Plug()
		defer p.Unplug()
		phone, err := connect(t, p, da.Options{})
		if err != nil {
			if !known(err) {
				t.Errorf("start: %v", err)
			}
			return
		}
		defer phone.Close(da.Off)
		img := phone.Image(flash.EMMCUser)
		if img == nil {
			return // another size is told for it: what is not there cannot be short
		}
		want := whole(t, p.Parts[0].Image)
		got := make([]byte, img.Size()%(1<<40))
		if img.Size() > 1<<30 {
			got = got[:len(want)+512]
		}
		n, err := img.ReadAt(got, 0)
		if n < len(got) && err == nil {
			t.Fatalf("%d of %d bytes, no error", n, len(got))
		}
		if err != nil && !known(err) {
			t.Errorf("read: %v", err)
		}
		if fl.Place == "data" && tells(protocol, fl) {
			return // changed on the way, with nothing on the wire to tell
		}
		if m := min(n, len(want)); !bytes.Equal(got[:m], want[:m]) {
			t.Error("wrong bytes, no error")
		}
	})
}

// tells reports whether f changes data bytes in a way the protocol cannot show: XFlash
// and XML carry no sums, so only reading twice finds it.
func tells(protocol acquiretest.Protocol, f fault) bool {
	changes := f.Do == acquiretest.Flip || f.Do == acquiretest.Fill || f.Do == acquiretest.Insert ||
		f.Do == acquiretest.Repeat || f.Do == acquiretest.Drop
	return protocol != acquiretest.Legacy && changes
}

// A legacy sum that does not fit has the packet sent again; the reader sees right bytes
// or ErrSum.
func TestLegacySum(t *testing.T) {
	for _, c := range []struct {
		name string
		fault
		want error
	}{
		{"sum wrong once", fault{Place: "data.sum", Nth: 2, Do: acquiretest.Flip}, nil},
		{"data wrong once", fault{Place: "data", Nth: 3, Byte: 1000, Do: acquiretest.Flip}, nil},
		{"always wrong", fault{Place: "data.sum", Do: acquiretest.Flip}, da.ErrSum},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &phone{Protocol: acquiretest.Legacy, HWCode: 0x6582, Parts: small(), Faults: []fault{c.fault}}
			onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
				if err != nil {
					t.Fatal(err)
				}
				want := whole(t, p.Parts[0].Image)
				b := make([]byte, len(want))
				_, err = got.Image(flash.EMMCUser).ReadAt(b, 0)
				if !errors.Is(err, c.want) || err == nil && !bytes.Equal(b, want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
			})
		})
	}
}

// Data that are wrong under a right sum, or without one, are seen by nobody but a second
// reading: the phone does send other bytes then.
func TestSilentChange(t *testing.T) {
	p := &phone{Parts: small(), Faults: []fault{{Place: "data", Nth: 1, Byte: 99, Do: acquiretest.Flip}}}
	onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
		if err != nil {
			t.Fatal(err)
		}
		want := whole(t, p.Parts[0].Image)
		img := got.Image(flash.EMMCUser)
		first := whole(t, img)
		got.Forget()
		second := whole(t, img)
		if bytes.Equal(first, want) || !bytes.Equal(second, want) {
			t.Errorf("first reading right: %v, second: %v", bytes.Equal(first, want), bytes.Equal(second, want))
		}
	})
}

// After the cable was out, the phone comes back and the same region is read from where
// it stopped.
func TestComesBack(t *testing.T) {
	for _, f := range families {
		t.Run(string(f.protocol), func(t *testing.T) {
			p := &phone{Protocol: f.protocol, HWCode: f.hwCode, Parts: small(), Packet: 256 << 10, Replug: 2 * time.Second,
				Faults: []fault{{Place: "data", Nth: 3, Byte: 100, Do: acquiretest.Disconnect}}}
			synctest.Test(t, func(t *testing.T) {
				p.Plug()
				defer p.Unplug()
				want := whole(t, p.Parts[0].Image)
				var b []byte
				for range 2 {
					got, err := connect(t, p, da.Options{})
					if err != nil {
						t.Fatal(err)
					}
					rest := make([]byte, len(want)-len(b))
					n, err := got.Image(flash.EMMCUser).ReadAt(rest, int64(len(b)))
					b = append(b, rest[:n]...)
					if err != nil && !errors.Is(err, port.ErrGone) {
						t.Fatal(err)
					}
					got.Close(da.Off)
				}
				if !bytes.Equal(b, want) || p.Lives() != 2 {
					t.Errorf("%d of %d bytes in %d lives", len(b), len(want), p.Lives())
				}
			})
		})
	}
}
