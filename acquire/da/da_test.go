package da_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

type (
	phone = acquiretest.Phone
	fault = acquiretest.Fault
)

// Chips of the three families.
var families = []struct {
	protocol     acquiretest.Protocol
	hwCode, code uint16
	id           string
}{
	{acquiretest.XFlash, 0x766, 0x6765, "MTK_AllInOne_DA_v3.3001.2020-07-08"},
	{acquiretest.XML, 0x1208, 0x1208, "MTK_DA_v6_2022-04-02 23:43:58"},
	{acquiretest.Legacy, 0x6582, 0x6582, "MTK_AllInOne_DA_v3.3001.2020-07-08"},
}

// agents returns a container for every chip used here.
func agents() []byte {
	var a []acquiretest.Agent
	for _, f := range families {
		a = append(a, acquiretest.Agent{Code: f.code, HWVersion: 0xca00, Protocol: f.protocol})
	}
	return acquiretest.Container(families[0].id, a...)
}

// connect goes from the port to a running agent, as a program would.
func connect(t testing.TB, p *phone, o da.Options) (*da.Phone, error) {
	t.Helper()
	return connectWith(t, p, o, agents())
}

func connectWith(t testing.TB, p *phone, o da.Options, file []byte) (*da.Phone, error) {
	t.Helper()
	line, _, err := port.Open(t.Context(), p, port.Info.IsPhone)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { line.Close() })
	s, err := brom.Connect(line)
	if err != nil {
		return nil, err
	}
	info, err := s.Identify()
	if err != nil {
		return nil, err
	}
	c, err := da.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return da.Start(t.Context(), s, info, c, o)
}

// onPhone plugs p in and runs do against its agent, on a virtual clock.
func onPhone(t *testing.T, p *phone, o da.Options, do func(*testing.T, *da.Phone, error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p.Plug()
		defer p.Unplug()
		got, err := connect(t, p, o)
		if got != nil {
			defer got.Close(da.Off)
		}
		do(t, got, err)
	})
}

// small is what most tests store: three regions of an eMMC.
func small() []flash.Part {
	part := func(r flash.Region, n int) flash.Part {
		return flash.Part{Region: r, Image: bytes.NewReader(imgtest.Noise(string(r), n))}
	}
	return []flash.Part{part(flash.EMMCUser, 3<<20+512), part(flash.EMMCBoot1, 256<<10), part(flash.EMMCBoot2, 512)}
}

func whole(t testing.TB, img flash.Image) []byte {
	t.Helper()
	b, err := flash.ReadFull(img, 0, int(img.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every family, both kinds of handshake, preloader and BootROM: the same bytes.
func TestReadAllWays(t *testing.T) {
	for _, f := range families {
		for _, v := range []struct {
			name string
			phone
		}{
			{"swallow first", phone{}},
			{"echo first", phone{EchoFirst: true}},
			{"BootROM", phone{BootROM: true, EMI: []byte("settings"), Watchdog: 5 * time.Second}},
			{"old preloader", phone{LoaderVersion: 1}},
			{"odd packets", phone{Packet: 65536 + 512}},
			{"small packets", phone{Packet: 512}},
			{"large packets", phone{Packet: 4 << 20}},
			{"logs between", phone{Logs: true}},
			{"status of two bytes, wide RAM report", phone{StatusWidth: 2, WideRAM: true}},
			{"one byte at a time", phone{Fragment: 1, Parts: small()[1:]}},
			{"as a tty gives it", phone{Fragment: 4095}},
			{"slow flash", phone{Latency: 2 * time.Second}},
			{"slow start", phone{SyncDelay: 2 * time.Second, Progress: 100}},
			{"XML of another hand", phone{OddXML: true, AskSize: true}},
			{"NAND report of the other form", phone{NAND32: true}},
		} {
			t.Run(fmt.Sprint(f.protocol, " ", v.name), func(t *testing.T) {
				p := v.phone
				p.Protocol, p.HWCode = f.protocol, f.hwCode
				if p.Parts == nil {
					p.Parts = small()
				}
				onPhone(t, &p, da.Options{DRAM: p.EMI, DRAMVersion: 0x10}, func(t *testing.T, got *da.Phone, err error) {
					if err != nil {
						t.Fatal(err)
					}
					if len(got.Regions) != len(p.Parts) || got.Storage != flash.EMMC || len(got.CID) != 16 {
						t.Fatalf("regions %v of %s, cid %x", got.Regions, got.Storage, got.CID)
					}
					for _, part := range p.Parts {
						img := got.Image(part.Region)
						if img == nil {
							t.Fatalf("no %s", part.Region)
						}
						if !bytes.Equal(whole(t, img), whole(t, part.Image)) {
							t.Errorf("%s differs", part.Region)
						}
					}
				})
			})
		}
	}
}

// Each version of memory settings goes over the line in a form of its own. What the phone
// wants is what that form makes of the settings.
func TestLegacyDRAM(t *testing.T) {
	settings := imgtest.Noise("settings", 0xbc)
	for version, form := range map[uint32][]byte{
		0: settings[:0xb0], 0x0a: settings, 0x0b: settings, 0x0c: append([]byte{0, 0, 1, 0}, settings[4:]...),
		0x0d: append([]byte{0, 0, 1, 0}, settings[4:]...), 0x0f: settings, 0x10: settings, 0x15: settings, 0x7f: nil,
	} {
		t.Run(fmt.Sprintf("version 0x%x", version), func(t *testing.T) {
			p := &phone{Protocol: acquiretest.Legacy, HWCode: 0x6582, BootROM: true, EMI: form, Parts: small()[1:]}
			onPhone(t, p, da.Options{DRAM: settings, DRAMVersion: version}, func(t *testing.T, got *da.Phone, err error) {
				if form == nil {
					if !errors.Is(err, da.ErrUnsupported) {
						t.Errorf("unknown version: %v", err)
					}
				} else if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A region of the phone is an Image like any other.
func TestImage(t *testing.T) {
	for _, f := range families {
		t.Run(string(f.protocol), func(t *testing.T) {
			p := &phone{Protocol: f.protocol, HWCode: f.hwCode, Parts: small()[1:2], Packet: 16 << 10}
			onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
				if err != nil {
					t.Fatal(err)
				}
				flashtest.TestImage(t, got.Image(flash.EMMCBoot1), whole(t, p.Parts[0].Image))
			})
		})
	}
}

// Whole phones of our own making, eMMC and UFS.
func TestMadePhones(t *testing.T) {
	for _, f := range families {
		for _, made := range []*imgtest.Phone{imgtest.MT6765(), imgtest.MT6893()} {
			if f.protocol == acquiretest.Legacy && made.Storage == flash.UFS {
				continue // no legacy agent knows UFS
			}
			t.Run(fmt.Sprint(f.protocol, " ", made.Chip), func(t *testing.T) {
				p := &phone{Protocol: f.protocol, HWCode: f.hwCode, Storage: made.Storage, Parts: made.Device().Parts}
				onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
					if err != nil {
						t.Fatal(err)
					}
					for _, part := range made.Device().Parts {
						same(t, got.Image(part.Region), part.Image, min(part.Image.Size(), 24<<20))
					}
				})
			})
		}
	}
}

// same compares the first n bytes of two images in the pieces a copier would use.
func same(t *testing.T, got, want flash.Image, n int64) {
	t.Helper()
	if got == nil || got.Size() != want.Size() {
		t.Fatalf("size %v, want %d", got, want.Size())
	}
	a, b := make([]byte, 1<<20), make([]byte, 1<<20)
	for off := int64(0); off < n; off += int64(len(a)) {
		m := min(int64(len(a)), n-off)
		if _, err := got.ReadAt(a[:m], off); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if _, err := want.ReadAt(b[:m], off); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if !bytes.Equal(a[:m], b[:m]) {
			t.Fatalf("differs within 0x%x+0x%x", off, m)
		}
	}
}

// Reading straight on keeps the phone busy: with a second of latency a packet, reading
// and handling overlap.
func TestReadAhead(t *testing.T) {
	p := &phone{Parts: []flash.Part{{Region: flash.EMMCUser, Image: imgtest.NewSparse(64 << 20)}}, Packet: 1 << 20, Latency: time.Second}
	onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
		if err != nil {
			t.Fatal(err)
		}
		img, buf, start := got.Image(flash.EMMCUser), make([]byte, 1<<20), time.Now()
		for off := int64(0); off < img.Size(); off += int64(len(buf)) {
			if _, err := img.ReadAt(buf, off); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // hashing, writing
		}
		if d := time.Since(start); d > 68*time.Second {
			t.Errorf("64 packets of a second each took %v: the phone was idle", d)
		}
	})
}

// A range that cannot be read is an error there, and only there: what can be read of
// the region can be read.
func TestBadPlace(t *testing.T) {
	for _, f := range families {
		t.Run(string(f.protocol), func(t *testing.T) {
			bad := flash.Extent{Offset: 1<<20 + 512, Length: 1024}
			p := &phone{Protocol: f.protocol, HWCode: f.hwCode, Parts: small(), Packet: 64 << 10,
				Bad: map[flash.Region][]flash.Extent{flash.EMMCUser: {bad}}}
			onPhone(t, p, da.Options{}, func(t *testing.T, got *da.Phone, err error) {
				if err != nil {
					t.Fatal(err)
				}
				img, want := got.Image(flash.EMMCUser), whole(t, p.Parts[0].Image)
				var status *da.StatusError
				if n, err := img.ReadAt(make([]byte, 2<<20), 0); !errors.As(err, &status) || n > int(bad.Offset) {
					t.Errorf("across the place: %d, %v", n, err)
				}
				buf := make([]byte, 512)
				for off := int64(1<<20 - 1024); off < 1<<20+4096; off += 512 {
					_, err := img.ReadAt(buf, off)
					switch touched := bad.Overlaps(flash.Extent{Offset: off, Length: 512}); {
					case touched && !errors.As(err, &status):
						t.Errorf("0x%x: %v", off, err)
					case !touched && (err != nil || !bytes.Equal(buf, want[off:off+512])):
						t.Errorf("0x%x is good: %v", off, err)
					}
				}
			})
		})
	}
}

// After the speed switch the same session continues, on another port.
func TestSpeedSwitch(t *testing.T) {
	for _, f := range families {
		if f.protocol == acquiretest.XML {
			continue // it has no switch that is known
		}
		t.Run(string(f.protocol), func(t *testing.T) {
			p := &phone{Protocol: f.protocol, HWCode: f.hwCode, BootROM: true, Parts: small()}
			synctest.Test(t, func(t *testing.T) {
				p.Plug()
				defer p.Unplug()
				var second port.Info
				o := da.Options{DRAM: []byte("settings"), DRAMVersion: 0x10}
				o.Reconnect = func(ctx context.Context) (l *port.Line, err error) {
					l, second, err = port.Reopen(ctx, p, port.Info{Name: "sim0"}, port.Info.IsPhone)
					return l, err
				}
				got, err := connect(t, p, o)
				if err != nil {
					t.Fatal(err)
				}
				if second.PID != 0x2001 {
					t.Errorf("second port %v", second)
				}
				same(t, got.Image(flash.EMMCUser), p.Parts[0].Image, p.Parts[0].Image.Size())
				if err := got.Close(da.Reboot); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
